import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openState, type State, type StateOptions } from '#tacet/state/state.js';

/** A database to test with. */
export interface Place {
  readonly location: string;
  readonly options?: StateOptions;
  /** Runs a statement behind the back of Tacet. */
  execute(sql: string): Promise<void>;
}

const MINUTE_MS = 60_000;
const DAY = 20_000;
const entry = (subject: string, more: { by?: string; reason?: string; atMs?: number } = {}) => ({
  id: randomUUID(),
  ...{ atMs: 1_000, by: 'tacet', reason: 'walks' },
  ...more,
  subject,
});

/** What every driver has to do; `place` gives an empty database. */
export function stateSuite(place: () => Promise<Place>): void {
  const opened: State[] = [];
  async function open({ location, options }: Place, more: StateOptions = {}): Promise<State> {
    const state = await openState(location, { serve: true, ...options, ...more });
    opened.push(state);
    return state;
  }
  afterEach(async () => {
    for (const state of opened.splice(0)) await state.close();
  });

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

    it('takes back what was not used, up to its size', async () => {
      const state = await open(await place());
      const nowMs = 1_800_000_000_000;
      await state.run('leaseChecks', { ...ask, nowMs });
      const given = { ...ask, want: -100, nowMs };
      expect(await state.run('leaseChecks', given)).toMatchObject({ level: 60 });
    });
  });

  describe('who was stopped', () => {
    it('stays so, for the first reason, until it is released, by whom and why', async () => {
      const where = await place();
      const before = await open(where);
      await before.run('stop', entry('dialler', { reason: 'walks', atMs: 1 }));
      await before.run('stop', entry('dialler', { reason: 'again', atMs: 2 }));
      await before.close();
      const state = await open(where);
      expect(await state.run('stops')).toEqual([{ subject: 'dialler', reason: 'walks', atMs: 1 }]);
      await state.run('release', entry('dialler', { by: 'An', reason: 'new base', atMs: 3 }));
      expect(await state.run('stops')).toEqual([]);
      const trail = await state.run('auditTrail', { max: 10 });
      expect(trail).toMatchObject([
        { event: 'release', subject: 'dialler', by: 'An', reason: 'new base', atMs: 3 },
        { event: 'stop', subject: 'dialler', by: 'tacet', reason: 'walks', atMs: 1 },
      ]);
    });

    it('begins anew once it is released', async () => {
      const state = await open(await place());
      const answers = { client: 'dialler', day: DAY, numbers: 10, blocked: 9 };
      await state.run('addAnswers', answers);
      const bytes = Uint8Array.of(0, 255, 39, 92);
      const seen = { subject: 'dialler', name: 'coverage/a', atMs: 1, bytes };
      await state.run('saveSighting', seen);
      await state.run('stop', entry('dialler'));
      await state.run('release', entry('dialler', { by: 'An' }));
      expect(await state.run('sightings', { subject: 'dialler', prefix: '' })).toEqual([]);
      expect(await state.run('addAnswers', answers)).toEqual({ numbers: 10, blocked: 9 });
    });

    it('is named to who asks for another, and nothing else of the group is lost', async () => {
      const state = await open(await place());
      const [stopped, refused, counted] = await Promise.allSettled([
        state.run('stop', entry('party:acme')),
        state.run('release', entry('dialler')),
        state.run('addAnswers', { client: 'crm', day: DAY, numbers: 3, blocked: 1 }),
      ]);
      expect(stopped.status).toBe('fulfilled');
      expect(refused).toMatchObject({
        reason: { code: 'ERR_USAGE', message: 'dialler: not stopped. These are: party:acme' },
      });
      expect(counted).toMatchObject({ value: { numbers: 3, blocked: 1 } });
    });
  });

  describe('what a watcher has seen', () => {
    it('comes back byte for byte, by the beginning of its name', async () => {
      const state = await open(await place());
      const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
      const save = (name: string, what: Uint8Array, subject = 'party:acme') =>
        state.run('saveSighting', { subject, name, atMs: 5, bytes: what });
      await save('coverage/b', bytes);
      await save('coverage/a', Uint8Array.of(1));
      await save('coverage/a', Uint8Array.of(2));
      await save('coverage', Uint8Array.of(3), 'party:other');
      await save('c%', Uint8Array.of(4));
      const found = await state.run('sightings', { subject: 'party:acme', prefix: 'coverage/' });
      expect(found.map(({ name }) => name)).toEqual(['coverage/a', 'coverage/b']);
      expect(found[0]?.bytes).toEqual(Uint8Array.of(2));
      expect(Buffer.from(found[1]?.bytes ?? []).equals(bytes)).toBe(true);
      const odd = await state.run('sightings', { subject: 'party:acme', prefix: 'c%' });
      expect(odd.map(({ name }) => name)).toEqual(['c%']);
    });
  });

  describe('the state', () => {
    it('of a newer Tacet is refused, and left as it is', async () => {
      const where = await place();
      await (await open(where)).close();
      await where.execute('INSERT INTO schema_versions (version, at_ms) VALUES (999, 0)');
      await expect(open(where)).rejects.toMatchObject({
        code: 'ERR_STATE',
        message: expect.stringContaining('a newer Tacet has written this state'),
      });
      await where.execute('DELETE FROM schema_versions WHERE version = 999');
      await open(where);
    });

    it('forgets old days, and only those', async () => {
      const state = await open(await place());
      const ask = { client: 'dialler', max: 10, want: 4 };
      for (const day of [DAY, DAY + 1]) await state.run('leaseNumbers', { ...ask, day });
      await state.run('forgetDays', { before: DAY + 1 });
      const left = [DAY, DAY + 1].map((day) => state.run('leaseNumbers', { ...ask, day, want: 0 }));
      expect((await Promise.all(left)).map((granted) => granted.left)).toEqual([10, 6]);
    });

    it('puts what comes at the same time into one commit', async () => {
      let commits = 0;
      const observer = { committed: () => commits++, failed: () => undefined };
      const state = await open(await place(), { observer, groupMs: 20 });
      commits = 0;
      const answers = { client: 'dialler', day: DAY, numbers: 1, blocked: 0 };
      await Promise.all(Array.from({ length: 100 }, () => state.run('addAnswers', answers)));
      expect(commits).toBeLessThan(5);
    });

    it('answers nothing after it was closed', async () => {
      const state = await open(await place());
      await state.close();
      await expect(state.run('stops')).rejects.toMatchObject({ code: 'ERR_STATE' });
    });
  });
}
