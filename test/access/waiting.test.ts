import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Budgets } from '#tacet/access/limits/budgets.js';
import { ClientLimits } from '#tacet/access/limits/client-limits.js';
import { epochDayOf } from '#tacet/calendar/day.js';
import type { State } from '#tacet/state/state.js';
import { Folder } from '../cli/commands.ts';
import { byName, client, LIMITS, NOON_MS, Opened } from './fixture.ts';

const folder = new Folder();
const opened = new Opened(folder);
afterEach(() => opened.close());
afterAll(() => folder.remove());

/** Budgets of one client, `dialler`, of so many numbers a day. */
function budgetsOf(state: State, numbers: number): Budgets {
  const share = { part: 1, of: 1 };
  const budgets = new Budgets(state, { share, leaseNumbersMax: 1_000, nowMs: () => NOON_MS });
  budgets.update([client('dialler', { numbers })]);
  return opened.add(budgets);
}

describe('a call that waits for a lease', () => {
  it('and ends meanwhile costs nothing', async () => {
    const budgets = budgetsOf(await opened.state(), 10);
    const gone = new AbortController();
    const waiting = budgets.takeOrWait('dialler', { numbers: 10, checks: 0 }, gone);
    const next = budgets.takeOrWait('dialler', { numbers: 10, checks: 0 });
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await next;
    const over = async () => budgets.takeOrWait('dialler', { numbers: 1, checks: 0 }, gone);
    await expect(over()).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });

  it.each([
    ['goes on with a budget that has changed', [client('dialler', { numbers: 20 })], 'ERR_LIMIT'],
    ['is free where the budget has gone', [client('dialler')], undefined],
  ])('%s, and no lease is lost', async (_, clients, code) => {
    const place = folder.file(`changed-${code}`);
    const state = await opened.state(place);
    const budgets = budgetsOf(state, 160);
    // A lease is under way for what there was.
    const waiting = budgets.takeOrWait('dialler', { numbers: 20, checks: 0 });
    const tooMany = budgets.takeOrWait('dialler', { numbers: 1, checks: 0 });
    budgets.update(clients);
    await waiting;
    if (code === undefined) await tooMany;
    else await expect(tooMany).rejects.toMatchObject({ code });
    await budgets.close();
    const { left } = await state.run('leaseNumbers', {
      ...{ client: 'dialler', day: epochDayOf(2026, 11, 27), max: 160, want: 0 },
    });
    expect(left).toBe(code === undefined ? 160 : 140);
  });

  it('is not answered once its party was stopped', async () => {
    const limits = opened.add(await ClientLimits.open(await opened.state(), LIMITS));
    const dialler = client('dialler', { numbers: 10 });
    limits.update(byName(dialler));
    const waiting = limits.takeOrWait(dialler, { numbers: 1, checks: 0 });
    limits.stops.stop('party:acme', 'it walks');
    await expect(waiting).rejects.toThrow('it walks');
    expect(() => limits.check(dialler, { numbers: 0, checks: 0 })).toThrow('it walks');
  });
});

describe('a question', () => {
  it('that nothing is left for is refused before it is looked up', async () => {
    const budgets = budgetsOf(await opened.state(), 10);
    const one = { numbers: 1, checks: 0 };
    budgets.check('dialler', one);
    await budgets.takeOrWait('dialler', { numbers: 10, checks: 0 });
    expect(() => budgets.check('dialler', one)).toThrow('the budget of 10 numbers a day');
    budgets.check('dialler', { numbers: 0, checks: 0 });
  });
});
