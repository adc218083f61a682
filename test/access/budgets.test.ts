import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Budgets } from '#tacet/access/limits/budgets.js';
import { ClientLimits } from '#tacet/access/limits/client-limits.js';
import { brusselsMidnightMs } from '#tacet/calendar/brussels.js';
import { epochDayOf } from '#tacet/calendar/day.js';
import type { State } from '#tacet/state/state.js';
import { Folder } from '../cli/commands.ts';
import { client, NOON_MS, Opened } from './fixture.ts';

const folder = new Folder();
const opened = new Opened(folder);
afterEach(() => opened.close());
afterAll(() => folder.remove());

interface Given {
  readonly numbers?: number;
  readonly checks?: number;
  readonly share?: { part: number; of: number };
  readonly leaseNumbersMax?: number;
}

/** A clock that a test moves. */
class Clock {
  nowMs: number;
  constructor(nowMs = NOON_MS) {
    this.nowMs = nowMs;
  }
}

/** Budgets of one client, `dialler`. */
function budgetsOf(state: State, clock: Clock, given: Given): Budgets {
  const { share = { part: 1, of: 1 }, leaseNumbersMax = 1_000_000 } = given;
  const budgets = new Budgets(state, { share, leaseNumbersMax, nowMs: () => clock.nowMs });
  budgets.update([client('dialler', given)]);
  return opened.add(budgets);
}

/** Takes one after another until it is refused; how many that were, and the refusal. */
async function takeAll(budgets: Budgets, amounts: { numbers?: number; checks?: number }) {
  const each = { numbers: 0, checks: 0, ...amounts };
  for (let taken = 0; ; taken++) {
    try {
      await budgets.takeOrWait('dialler', each);
    } catch (error) {
      return { taken, error };
    }
    expect(taken).toBeLessThan(100_000);
  }
}

describe('numbers a day', () => {
  it('are given to the last one, and then refused with when to come again', async () => {
    const budgets = budgetsOf(await opened.state(), new Clock(), { numbers: 1_000 });
    const { taken, error } = await takeAll(budgets, { numbers: 7 });
    expect(taken).toBe(142);
    expect(error).toMatchObject({
      code: 'ERR_LIMIT',
      message:
        'the budget of 1000 numbers a day does not cover this any more. ' +
        'Try again at 2026-11-28 00:00 Brussels time',
      detail: {
        facts: { limit: 'numbers-per-day', max: '1000', retry_after_ms: String(12 * 3_600_000) },
      },
    });
    // What is left still serves who asks less.
    expect(await takeAll(budgets, { numbers: 1 })).toMatchObject({ taken: 6 });
  });

  it('are taken by many calls at once, in their order, and never beyond the budget', async () => {
    const budgets = budgetsOf(await opened.state(), new Clock(), { numbers: 10_000 });
    const order: number[] = [];
    const calls = Array.from({ length: 150 }, async (_, index) => {
      await budgets.takeOrWait('dialler', { numbers: 100, checks: 0 });
      order.push(index);
    });
    const ended = await Promise.allSettled(calls);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('that no day could cover are refused at once', async () => {
    const budgets = budgetsOf(await opened.state(), new Clock(), { numbers: 100 });
    expect(() => budgets.takeOrWait('dialler', { numbers: 101, checks: 0 })).toThrow(
      'more than the budget of 100 numbers a day at once',
    );
  });

  it('are still spent after a clean restart, and what was leased is not lost', async () => {
    const place = folder.file('restarted');
    const clock = new Clock();
    for (const expected of [300, 300, 300, 100]) {
      const state = await opened.state(place);
      const budgets = budgetsOf(state, clock, { numbers: 1_000 });
      let taken = 0;
      for (; taken < 300; taken++) {
        try {
          await budgets.takeOrWait('dialler', { numbers: 1, checks: 0 });
        } catch {
          break;
        }
      }
      expect(taken).toBe(expected);
      await opened.close();
    }
  });

  it('are divided by servers with a state of their own', async () => {
    const shares = [1, 2].map(async (server) => {
      const state = await opened.state(folder.file(`divided-${server}`));
      return budgetsOf(state, new Clock(), { numbers: 1_001, share: { part: server, of: 3 } });
    });
    const taken = (await Promise.all(shares)).map((each) => takeAll(each, { numbers: 1 }));
    expect((await Promise.all(taken)).map((each) => each.taken)).toEqual([333, 667]);
  });

  it.each([
    ['the clock goes forward', epochDayOf(2026, 3, 29), 23],
    ['the clock goes back', epochDayOf(2026, 10, 25), 25],
    ['nothing happens', epochDayOf(2026, 11, 27), 24],
  ])('are whole again at midnight in Brussels, on a day when %s', async (_, day, hours) => {
    const clock = new Clock(brusselsMidnightMs(day));
    const budgets = budgetsOf(await opened.state(), clock, { numbers: 160 });
    expect((await takeAll(budgets, { numbers: 1 })).taken).toBe(160);
    clock.nowMs += hours * 3_600_000 - 1;
    const { taken, error } = await takeAll(budgets, { numbers: 1 });
    expect(taken).toBe(0);
    expect(error).toMatchObject({ detail: { facts: { retry_after_ms: '1' } } });
    clock.nowMs += 1;
    expect((await takeAll(budgets, { numbers: 1 })).taken).toBe(160);
  });

  it('left of a lease at midnight are worth nothing on the new day', async () => {
    const clock = new Clock(brusselsMidnightMs(epochDayOf(2026, 11, 28)) - 1);
    const budgets = budgetsOf(await opened.state(), clock, { numbers: 160 });
    await budgets.takeOrWait('dialler', { numbers: 1, checks: 0 });
    clock.nowMs += 1;
    expect((await takeAll(budgets, { numbers: 1 })).taken).toBe(160);
  });

  it('count on when the budget changes', async () => {
    const clock = new Clock();
    const budgets = budgetsOf(await opened.state(), clock, { numbers: 100 });
    await takeAll(budgets, { numbers: 1 });
    budgets.update([client('dialler', { numbers: 150 })]);
    expect((await takeAll(budgets, { numbers: 1 })).taken).toBe(50);
    budgets.update([client('dialler', { numbers: 50 })]);
    expect((await takeAll(budgets, { numbers: 1 })).taken).toBe(0);
  });
});

describe('checks a minute', () => {
  it('are a minute at once, then as many as flow in', async () => {
    const clock = new Clock();
    const budgets = budgetsOf(await opened.state(), clock, { checks: 60 });
    const { taken, error } = await takeAll(budgets, { checks: 1 });
    expect(taken).toBe(60);
    expect(error).toMatchObject({
      code: 'ERR_LIMIT',
      detail: { facts: { limit: 'checks-per-minute', max: '60', retry_after_ms: '1000' } },
    });
    clock.nowMs += 10_500;
    expect((await takeAll(budgets, { checks: 1 })).taken).toBe(10);
    clock.nowMs += 3_600_000;
    expect((await takeAll(budgets, { checks: 1 })).taken).toBe(60);
  });

  it.each([20, 60, 1_000])('of %i an idle client does not save up beyond a minute', async (max) => {
    const clock = new Clock();
    const budgets = budgetsOf(await opened.state(), clock, { checks: max });
    let taken = 0;
    // A check now and then keeps a lease in memory while the bucket fills behind it.
    for (let step = 0; step < 40; step++) {
      await budgets.takeOrWait('dialler', { numbers: 0, checks: 1 });
      taken++;
      clock.nowMs += 7_000;
    }
    taken += (await takeAll(budgets, { checks: 1 })).taken;
    expect(taken).toBeLessThanOrEqual(max + 40);
  });

  it('go on at once where a clock that was an hour ahead is set back', async () => {
    const clock = new Clock();
    const budgets = budgetsOf(await opened.state(), clock, { checks: 60 });
    clock.nowMs += 3_600_000;
    expect((await takeAll(budgets, { checks: 1 })).taken).toBe(60);
    clock.nowMs -= 3_600_000;
    expect((await takeAll(budgets, { checks: 1 })).taken).toBe(0);
    clock.nowMs += 10_000;
    expect((await takeAll(budgets, { checks: 1 })).taken).toBe(10);
  });

  it('that no minute could cover are refused at once', async () => {
    const budgets = budgetsOf(await opened.state(), new Clock(), { checks: 3 });
    expect(() => budgets.takeOrWait('dialler', { numbers: 0, checks: 4 })).toThrow(
      'more than the budget of 3 checks a minute at once',
    );
  });

  it('are the only ones spent where the numbers are refused, and the other way round', async () => {
    const clock = new Clock();
    const budgets = budgetsOf(await opened.state(), clock, { numbers: 10, checks: 60 });
    const tooMany = async () => budgets.takeOrWait('dialler', { numbers: 11, checks: 1 });
    for (let call = 0; call < 100; call++) await expect(tooMany()).rejects.toThrow('10 numbers');
    expect((await takeAll(budgets, { checks: 1 })).taken).toBe(60);
    expect((await takeAll(budgets, { numbers: 1 })).taken).toBe(10);
  });
});

describe('a client without budgets', () => {
  it('takes what it likes, and nothing is asked of the state', async () => {
    let commits = 0;
    const observer = { committed: () => commits++, failed: () => undefined };
    const state = await opened.state(undefined, { observer });
    const budgets = new Budgets(state, {
      ...{ share: { part: 1, of: 1 }, leaseNumbersMax: 10, nowMs: () => NOON_MS },
    });
    budgets.update([client('dialler')]);
    commits = 0;
    expect(budgets.takeOrWait('dialler', { numbers: 1e9, checks: 1 })).toBeUndefined();
    expect(budgets.takeOrWait('stranger', { numbers: 1e9, checks: 1 })).toBeUndefined();
    expect(commits).toBe(0);
  });
});

describe('a state that cannot be written', () => {
  it('lets the lease be used up, then nothing more', async () => {
    const state = await opened.state();
    const clock = new Clock();
    const budgets = budgetsOf(state, clock, { numbers: 160 });
    await budgets.takeOrWait('dialler', { numbers: 1, checks: 0 });
    await state.close();
    const { taken, error } = await takeAll(budgets, { numbers: 1 });
    expect(taken).toBeLessThanOrEqual(20);
    expect(error).toMatchObject({ code: 'ERR_STATE_UNAVAILABLE' });
    clock.nowMs += 10_000;
    const again = async () => budgets.takeOrWait('dialler', { numbers: 1, checks: 0 });
    await expect(again()).rejects.toThrow('cannot be kept');
  });

  it('gives nothing after the budgets were closed', async () => {
    const budgets = budgetsOf(await opened.state(), new Clock(), { numbers: 160 });
    await budgets.close();
    expect(() => budgets.takeOrWait('stranger', { numbers: 1, checks: 0 })).toThrow(
      'cannot be kept',
    );
  });
});

it('budgets without a state are refused', () => {
  ClientLimits.refuseUnkept([client('crm')]);
  expect(() =>
    ClientLimits.refuseUnkept([client('crm'), client('dialler', { checks: 1 })]),
  ).toThrow('the client dialler has a budget, and there is no --state to keep it in');
});
