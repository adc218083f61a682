import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { SYNC_DEFAULTS } from '#tacet/sync/options.js';
import type { SyncOutcome } from '#tacet/sync/outcome.js';
import { failure, type ScheduleOptions, SyncScheduler } from '#tacet/sync/schedule.js';
import { VirtualClock } from './clock.ts';
import { MORNING_MS, NOVEMBER_22, numbersUpTo, Place, textOf } from './fixture.ts';

const MINUTE_MS = 60_000;

/** What a scheduler did: when each sync began, by the clock on the wall in Brussels. */
interface Night {
  readonly times: string[];
  readonly clock: VirtualClock;
  readonly scheduler: SyncScheduler;
}

function wallTime(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE', { timeZone: 'Europe/Brussels' });
}

function outcomeOf(result: SyncOutcome['result'], snapshotDate: string | null): SyncOutcome {
  return { ...failure(new Error('none'), 0, 0), result, snapshotDate };
}

/** Runs a scheduler over a store that is not there until `count` syncs have ended. */
async function run(
  startMs: number,
  count: number,
  {
    options,
    outcome,
  }: { options?: Partial<ScheduleOptions>; outcome: (index: number) => SyncOutcome },
): Promise<Night> {
  const clock = new VirtualClock(startMs);
  const times: string[] = [];
  let ended = 0;
  const scheduler = new SyncScheduler(
    { ...SYNC_DEFAULTS, store: '/nowhere', from: 'file:///nowhere', ...options },
    {
      nowMs: clock.nowMs,
      setTimer: clock.setTimer,
      random: () => 0,
      sync: async () => {
        times.push(wallTime(clock.nowMs()));
        return outcome(times.length - 1);
      },
      onOutcome: () => void ended++,
    },
  );
  await scheduler.start();
  while (ended < count) {
    await clock.step();
    clock.fire();
    await new Promise(setImmediate);
  }
  return { times, clock, scheduler };
}

describe('a schedule', () => {
  it('comes at the same hour in Brussels, both changes of the clock too', async () => {
    const outcome = (): SyncOutcome => outcomeOf('switched', null);
    const spring = await run(Date.UTC(2026, 2, 27, 12), 4, { outcome });
    expect(spring.times).toEqual([
      '2026-03-27 13:00:00',
      '2026-03-28 01:30:00',
      '2026-03-29 01:30:00',
      '2026-03-30 01:30:00',
    ]);
    // Where the clock is put back, 02:30 comes twice and 02:00 to 03:00 once in spring not at all.
    const options = { schedule: '30 2 * * *' };
    const autumn = await run(Date.UTC(2026, 9, 24, 12), 3, { outcome, options });
    expect(autumn.times.slice(1)).toEqual(['2026-10-25 02:30:00', '2026-10-26 02:30:00']);
    const gap = await run(Date.UTC(2026, 2, 28, 12), 3, { outcome, options });
    expect(gap.times.slice(1)).toEqual(['2026-03-29 03:00:00', '2026-03-30 02:30:00']);
  });

  it('tries again after 1, 2, 4 ... and at most 30 minutes, and then the next night', async () => {
    const { times } = await run(Date.UTC(2026, 10, 22, 23, 30), 11, {
      outcome: (index) => outcomeOf(index < 8 ? 'failed' : 'switched', null),
    });
    expect(times.map((time) => time.slice(8, 16))).toEqual([
      '23 00:30',
      '23 00:31',
      '23 00:33',
      '23 00:37',
      '23 00:45',
      '23 01:01',
      // The night is sooner than half an hour later.
      '23 01:30',
      '23 02:00',
      '23 02:30',
      '24 01:30',
      '25 01:30',
    ]);
  });

  it('asks for a refused file, or one not built anew, no more than twice an hour', async () => {
    for (const [result, date] of [
      ['refused', '2026-11-22'],
      ['unchanged', '2026-11-21'],
    ] as const) {
      const { times } = await run(Date.UTC(2026, 10, 23, 9), 3, {
        outcome: () => outcomeOf(result, date),
      });
      expect(times.map((time) => time.slice(11, 16))).toEqual(['10:00', '10:30', '11:00']);
    }
  });

  it('leaves a file alone that is the newest there can be', async () => {
    const { times } = await run(Date.UTC(2026, 10, 23, 9), 2, {
      outcome: () => outcomeOf('unchanged', '2026-11-22'),
    });
    expect(times).toEqual(['2026-11-23 10:00:00', '2026-11-24 01:30:00']);
  });

  it('goes on after a sync that throws', async () => {
    const { times } = await run(Date.UTC(2026, 10, 23, 9), 2, {
      outcome: () => {
        throw new Error('a defect');
      },
    });
    expect(times).toEqual(['2026-11-23 10:00:00', '2026-11-23 10:01:00']);
  });

  it.each(['', '61 * * * *', '* * * * * *', '0 0 30 2 *', 'never'])('refuses %j', (schedule) => {
    const options = { ...SYNC_DEFAULTS, store: '/s', from: 'file:///f', schedule };
    expect(() => new SyncScheduler(options, { onOutcome: () => undefined })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION' }),
    );
  });
});

describe('on start', () => {
  it.each([
    ['19 h old', 19, 'waits for the night', '2026-11-24 01:30:00'],
    ['21 h old', 21, 'syncs at once', '2026-11-24 07:00:00'],
  ])('with a version that is %s it %s', async (_, hours, __, time) => {
    const place = new Place();
    await place.sync(textOf(numbersUpTo(NOVEMBER_22, 10)));
    const clock = new VirtualClock(MORNING_MS + hours * 60 * MINUTE_MS);
    const scheduler = new SyncScheduler(place.options(), {
      nowMs: clock.nowMs,
      setTimer: clock.setTimer,
      random: () => 0,
      onOutcome: () => undefined,
    });
    await scheduler.start();
    const expected = hours === 19 ? Date.UTC(2026, 10, 25, 0, 30) : clock.nowMs();
    expect(wallTime(scheduler.nextMs ?? 0)).toBe(hours === 19 ? wallTime(expected) : time);
    await scheduler.stop();
    expect(clock.waits).toBe(false);
    place.remove();
  });

  it('draws how much later than the schedule it comes', async () => {
    const place = new Place();
    await place.sync(textOf(numbersUpTo(NOVEMBER_22, 10)));
    const clock = new VirtualClock(MORNING_MS);
    const scheduler = new SyncScheduler(
      { ...place.options(), jitterMs: 60 * MINUTE_MS },
      { nowMs: clock.nowMs, setTimer: clock.setTimer, random: () => 0.25, onOutcome: () => {} },
    );
    await scheduler.start();
    expect(wallTime(scheduler.nextMs ?? 0)).toBe('2026-11-24 01:45:00');
    await scheduler.stop();
    place.remove();
  });
});

describe('stopping', () => {
  it('cancels a sync under way, waits for it, and tells nobody', async () => {
    const clock = new VirtualClock(MORNING_MS);
    const outcomes: SyncOutcome[] = [];
    let cleaned = false;
    const scheduler = new SyncScheduler(
      { ...SYNC_DEFAULTS, store: '/nowhere', from: 'file:///nowhere' },
      {
        nowMs: clock.nowMs,
        setTimer: clock.setTimer,
        onOutcome: (outcome) => outcomes.push(outcome),
        sync: (_, signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              cleaned = true;
              reject(new Error('cancelled'));
            });
          }),
      },
    );
    await scheduler.start();
    clock.fire();
    expect(scheduler.nextMs).toBeNull();
    await scheduler.stop();
    expect(cleaned).toBe(true);
    expect(outcomes).toEqual([]);
    expect(clock.waits).toBe(false);
    await scheduler.stop();
  });

  it('ends the process of a real sync, which leaves no lock and nothing half', async () => {
    const place = new Place();
    place.write('list.txt', textOf(numbersUpTo(NOVEMBER_22, 10)));
    // An hour to wait for the file to be stable: the sync is under way until it is cancelled.
    const from = `dir://${place.path}/list*`;
    const options = place.options({ from, stableForMs: 3_600_000 });
    const scheduler = new SyncScheduler(options, { onOutcome: () => undefined });
    await scheduler.start();
    const store = await ListStore.open(place.store, { create: true });
    const isLocked = async (): Promise<boolean> => existsSync(store.file('incoming/lock'));
    const deadline = Date.now() + 20_000;
    while (!(await isLocked())) {
      if (Date.now() > deadline) throw new Error('the sync did not begin');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await scheduler.stop();
    expect(await isLocked()).toBe(false);
    expect(readdirSync(store.file('incoming/tmp'))).toEqual([]);
    expect(await store.currentName()).toBeUndefined();
    place.remove();
  });
});
