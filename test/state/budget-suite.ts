import { describe, expect, it } from 'vitest';
import type { State } from '#tacet/state/state.js';
import type { Place } from './suite.ts';

const MINUTE_MS = 60_000;
const DAY = 20_000;

/** What every driver has to do for budgets; `open` gives a state that is closed after the test. */
export function budgetSuite(
  place: () => Promise<Place>,
  open: (where: Place) => Promise<State>,
): void {
  describe('numbers of a day', () => {
    it('are granted up to the budget, never beyond, however many ask at once', async () => {
      const state = await open(await place());
      const ask = { client: 'dialler', day: DAY, max: 1_000, want: 64 };
      const asked = Array.from({ length: 40 }, () => state.run('leaseNumbers', ask));
      const grants = await Promise.all(asked);
      expect(grants.reduce((sum, { granted }) => sum + granted, 0)).toBe(1_000);
      expect(grants.at(-1)).toEqual({ granted: 0, left: 0 });
    });

    it('are another budget on another day, and for another client', async () => {
      const state = await open(await place());
      const ask = { client: 'dialler', day: DAY, max: 10, want: 10 };
      expect(await state.run('leaseNumbers', ask)).toEqual({ granted: 10, left: 0 });
      const others = [
        { ...ask, day: DAY + 1 },
        { ...ask, client: 'crm' },
      ];
      for (const other of others) {
        expect(await state.run('leaseNumbers', other)).toEqual({ granted: 10, left: 0 });
      }
    });

    it('that were given back can be had again, once', async () => {
      const state = await open(await place());
      const ask = { client: 'dialler', day: DAY, max: 10, want: 10 };
      await state.run('leaseNumbers', ask);
      await state.run('returnNumbers', { client: 'dialler', day: DAY, count: 4 });
      expect(await state.run('leaseNumbers', ask)).toEqual({ granted: 4, left: 0 });
      await state.run('returnNumbers', { client: 'nobody', day: DAY, count: 4 });
      expect(await state.run('leaseNumbers', ask)).toEqual({ granted: 0, left: 0 });
    });

    it('are still spent after the state was closed and opened', async () => {
      const where = await place();
      const ask = { client: 'dialler', day: DAY, max: 10, want: 7 };
      const before = await open(where);
      await before.run('leaseNumbers', ask);
      await before.close();
      const after = await open(where);
      expect(await after.run('leaseNumbers', ask)).toEqual({ granted: 3, left: 0 });
    });

    it('of a budget that was lowered below what is spent are none', async () => {
      const state = await open(await place());
      const ask = { client: 'dialler', day: DAY, max: 10, want: 7 };
      await state.run('leaseNumbers', ask);
      const less = { ...ask, max: 5 };
      expect(await state.run('leaseNumbers', less)).toEqual({ granted: 0, left: 0 });
    });
  });

  describe('a bucket of checks', () => {
    const ask = { client: 'dialler', max: 60, want: 60 };

    it('is full at first, and fills with time, never beyond its size', async () => {
      const state = await open(await place());
      const at = (nowMs: number) => state.run('leaseChecks', { ...ask, nowMs });
      const start = 1_800_000_000_000;
      expect(await at(start)).toEqual({ granted: 60, level: 0, atMs: start });
      expect((await at(start + 10_500)).granted).toBe(10);
      expect((await at(start + 11_000)).granted).toBe(1);
      expect((await at(start + 3_600_000)).granted).toBe(60);
    });

    it('gains nothing from a clock that goes back', async () => {
      const state = await open(await place());
      const at = (nowMs: number) => state.run('leaseChecks', { ...ask, nowMs });
      const start = 1_800_000_000_000;
      await at(start);
      expect((await at(start - MINUTE_MS)).granted).toBe(0);
      expect((await at(start + 1_000)).granted).toBe(1);
    });

    it('goes on where a clock that was far ahead is set back, and gains nothing', async () => {
      const state = await open(await place());
      const at = (nowMs: number) => state.run('leaseChecks', { ...ask, nowMs });
      const start = 1_800_000_000_000;
      await at(start + 60 * MINUTE_MS);
      expect((await at(start)).granted).toBe(0);
      expect((await at(start + 1_000)).granted).toBe(1);
      expect((await at(start + 11_000)).granted).toBe(10);
    });

    it('takes back what was not used, up to its size', async () => {
      const state = await open(await place());
      const nowMs = 1_800_000_000_000;
      await state.run('leaseChecks', { ...ask, nowMs });
      const given = { ...ask, want: -100, nowMs };
      expect(await state.run('leaseChecks', given)).toMatchObject({ level: 60 });
    });
  });
}
