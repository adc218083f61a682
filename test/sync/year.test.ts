import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { brusselsMidnightMs } from '#tacet/calendar/brussels.js';
import { epochDayOf, formatIsoDay } from '#tacet/calendar/day.js';
import { ListStore } from '#tacet/store/store.js';
import { acceptQuarantined } from '#tacet/sync/accept.js';
import { SYNC_DEFAULTS, type SyncOptions } from '#tacet/sync/options.js';
import type { SyncOutcome } from '#tacet/sync/outcome.js';
import { SyncScheduler } from '#tacet/sync/schedule.js';
import { syncOnce } from '#tacet/sync/sync.js';
import { assertFresh } from '#tacet/verdict/freshness.js';
import { randomOf } from '../source/fixture.ts';
import { memoryInUse } from './memory.ts';

/*
 * A year in one run: 2026-01-01 to 2026-12-31, a list of 3,000 numbers, which is the Belgian one
 * divided by 500. The clock and its timers are the test's; files, store and engine are real.
 */

const SEED = 20_260_101;
const NUMBERS = 3_000;
const HOUR_MS = 3_600_000;
// In memory where there is such a place: a year waits for the disk some 4,000 times.
const memoryFolder = '/dev/shm';
const folder = mkdtempSync(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'tacet-year-'));
const store = join(folder, 'store');
const source = join(folder, 'dncm.txt');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dayOf = (month: number, day: number): number => epochDayOf(2026, month, day);
const FIRST = dayOf(1, 1);
const LAST = dayOf(12, 31);

/** Where the file comes from: numbers by their last digits, each with its day. */
class Upstream {
  readonly #random = randomOf(SEED);
  #entries = new Map<number, number>();

  constructor(lastDay: number) {
    while (this.#entries.size < NUMBERS) this.#register(lastDay - this.#random(3_000));
  }

  #register(day: number): void {
    this.#entries.set(this.#random(9_000_000), day);
  }

  /** A day like any other: a few come, a few go. */
  churn(day: number): void {
    for (let count = 0; count < 4; count++) this.#register(day);
    this.#remove(2);
  }

  /** The operators' monthly purge: 6 % of the numbers go. */
  purge(): void {
    this.#remove(Math.floor(this.#entries.size * 0.06));
  }

  #remove(count: number): void {
    const keys = [...this.#entries.keys()];
    for (let removed = 0; removed < count; ) {
      if (this.#entries.delete(keys[this.#random(keys.length)] ?? 0)) removed++;
    }
    // Its own size is kept: what a purge took comes back over the month.
  }

  refill(day: number): void {
    for (let count = 0; count < 6; count++) if (this.#entries.size < NUMBERS) this.#register(day);
  }

  /** May 2021: half of the list again within two days. */
  burst(day: number): void {
    for (let count = 0; count < NUMBERS / 2; count++) this.#register(day);
  }

  /** So that a day can be taken back. */
  save(): () => void {
    const saved = new Map(this.#entries);
    return () => {
      this.#entries = saved;
    };
  }

  text(separator = ';'): string {
    const lines = [...this.#entries].map(
      ([digits, day]) =>
        `0475${String(digits).padStart(7, '0').slice(-6)}${separator}${formatIsoDay(day)}\n`,
    );
    return lines.join('');
  }
}

/** Timers that go off when the test says so. */
class Clock {
  nowMs: number;
  #timer: { callback: () => void; atMs: number } | undefined;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  readonly setTimer = (callback: () => void, ms: number): (() => void) => {
    const timer = { callback, atMs: this.nowMs + ms };
    this.#timer = timer;
    return () => {
      if (this.#timer === timer) this.#timer = undefined;
    };
  };

  /** Lets everything happen that happens before `toMs`; `settled` waits for a sync under way. */
  async runTo(toMs: number, settled: () => Promise<void>): Promise<void> {
    for (;;) {
      await settled();
      const timer = this.#timer;
      if (timer === undefined) throw new Error('the scheduler waits for nothing');
      if (timer.atMs >= toMs) break;
      this.#timer = undefined;
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      timer.callback();
    }
    this.nowMs = toMs;
  }
}

const wallClock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Brussels',
  dateStyle: 'short',
  timeStyle: 'short',
});

it('takes the decision that is asked of it on every day of a year', async () => {
  console.log(`seed ${SEED}`);
  const options: SyncOptions = {
    ...SYNC_DEFAULTS,
    store,
    from: `file://${source}`,
    // Compressing takes as long as all the rest; other tests look at it.
    plainVersions: 1_000,
    keepDays: 30,
    keepQuarantined: 3,
  };
  const upstream = new Upstream(FIRST - 2);
  const clock = new Clock(brusselsMidnightMs(FIRST) + 12 * HOUR_MS);
  writeFileSync(source, upstream.text());
  const first = await syncOnce({ ...options, confirmLayout: true }, { nowMs: () => clock.nowMs });
  expect(first).toMatchObject({ result: 'switched', entries: expect.any(Number) });
  // The bounds of a list of 1.5 M, divided by 500; a small sample, for the time it takes.
  writeFileSync(
    join(store, 'guard.json'),
    JSON.stringify({ added_per_day_max: 40, sample_lines: 20, entries_min: 1_000 }),
  );
  const opened = await ListStore.open(store);

  const outcomes: { outcome: SyncOutcome; at: string }[] = [];
  let underWay: Promise<unknown> = Promise.resolve();
  const scheduler = new SyncScheduler(
    { ...options, jitterMs: 0 },
    {
      nowMs: () => clock.nowMs,
      setTimer: clock.setTimer,
      random: () => 0,
      sync: (asked, signal) => {
        const sync = syncOnce(asked, { nowMs: () => clock.nowMs, signal, seed: SEED });
        underWay = sync.catch(() => undefined);
        return sync;
      },
      onOutcome: (outcome) => outcomes.push({ outcome, at: wallClock.format(clock.nowMs) }),
    },
  );
  const settled = async (): Promise<void> => {
    await underWay;
    // The scheduler goes on in the turns after the sync.
    await new Promise((resolve) => setImmediate(resolve));
  };
  await scheduler.start();

  /** One day: what was built at its end is there at midnight, and the next morning comes. */
  const dayWith = async (day: number, text: string | null): Promise<typeof outcomes> => {
    // Until then the file of the day before is there, and is fetched again if it was refused.
    await clock.runTo(brusselsMidnightMs(day + 1), settled);
    if (text === null) rmSync(source, { force: true });
    else writeFileSync(source, text);
    outcomes.length = 0;
    await clock.runTo(brusselsMidnightMs(day + 1) + 12 * HOUR_MS, settled);
    return [...outcomes];
  };
  const memory: number[] = [];
  const resultsOf = (seen: typeof outcomes): string[] => [
    ...new Set(seen.map(({ outcome }) => outcome.result)),
  ];
  const rulesOf = (seen: typeof outcomes): string[] =>
    seen[0]?.outcome.refusals.map(({ rule }) => rule) ?? [];
  const isFresh = async (): Promise<boolean> => {
    const serving = await opened.current();
    const snapshotDay = Date.parse(serving?.snapshotDate ?? '') / 86_400_000;
    try {
      assertFresh([{ name: 'dncm', snapshotDay }], clock.nowMs);
      return true;
    } catch {
      return false;
    }
  };

  let wasBad = false;
  for (let day = FIRST; day <= LAST; day++) {
    const date = formatIsoDay(day);
    const serving = await opened.currentName();
    upstream.churn(day);
    upstream.refill(day);
    if (date.endsWith('-05')) upstream.purge();
    if (date === '2026-03-18') {
      const seen = await dayWith(day, upstream.text().slice(0, 30_005));
      expect(resultsOf(seen), date).toEqual(['refused']);
      expect(seen[0]?.outcome.refusals[0], date).toMatchObject({ acceptable: false });
      expect(await opened.currentName()).toBe(serving);
      wasBad = true;
      continue;
    }
    if (date === '2026-04-10') {
      // Whole lines are missing, a third of them: only the bounds can tell.
      const lines = upstream.text().match(/.+\n/g) ?? [];
      const seen = await dayWith(day, lines.filter((_, index) => index % 3 > 0).join(''));
      expect(resultsOf(seen), date).toEqual(['refused']);
      expect(rulesOf(seen), date).toEqual(['removed']);
      expect(await opened.currentName()).toBe(serving);
      wasBad = true;
      continue;
    }
    if (date === '2026-05-11' || date === '2026-05-12') {
      const takeBack = upstream.save();
      upstream.burst(day);
      const seen = await dayWith(day, upstream.text());
      expect(resultsOf(seen), date).toEqual(['refused']);
      expect(rulesOf(seen), date).toEqual(['added']);
      expect(await opened.currentName()).toBe(serving);
      takeBack();
      wasBad = true;
      continue;
    }
    if (date === '2026-06-15') {
      const seen = await dayWith(day, upstream.text(','));
      expect(resultsOf(seen), date).toEqual(['refused']);
      expect(rulesOf(seen), date).toEqual(['format']);
      expect(await opened.currentName()).toBe(serving);
      wasBad = true;
      continue;
    }
    if (date >= '2026-08-03' && date <= '2026-08-08') {
      const seen = await dayWith(day, null);
      expect(resultsOf(seen), date).toEqual(['failed']);
      // Asked again all night and morning, half an hour apart at most.
      expect(seen.length, date).toBeGreaterThan(20);
      expect(await opened.currentName()).toBe(serving);
      // The list of 2 August may be consulted until the 8th begins.
      expect(await isFresh(), date).toBe(date < '2026-08-07');
      wasBad = true;
      continue;
    }
    if (date === '2026-10-02') {
      // More numbers than any day brings, and right all the same: a person lets it through.
      for (let extra = 0; extra < 40; extra++) upstream.refill(day);
      for (let extra = 0; extra < 20; extra++) upstream.churn(day);
      const seen = await dayWith(day, upstream.text());
      expect(rulesOf(seen), date).toEqual(['added']);
      const name = seen[0]?.outcome.quarantined ?? '';
      const decider = { by: 'A. Person', reason: 'a transfer, confirmed by DNCM' };
      const accepted = await acceptQuarantined(opened, name, decider, {
        nowMs: () => clock.nowMs,
      });
      expect(accepted.accepted).toMatchObject({ by: 'A. Person', refusals: ['added'] });
      expect(await opened.currentName()).toBe(accepted.name);
      wasBad = false;
      continue;
    }
    const seen = await dayWith(day, upstream.text());
    // Where the night before was bad it is taken within half an hour of midnight, not at 01:30.
    const results = wasBad ? ['switched', 'unchanged'] : ['switched'];
    expect(resultsOf(seen), `${date}: ${seen[0]?.outcome.message}`).toEqual(results);
    const at = seen[0]?.at ?? '';
    if (wasBad) expect(at <= `${formatIsoDay(day + 1)} 00:30`, at).toBe(true);
    else expect(at).toBe(`${formatIsoDay(day + 1)} 01:30`);
    wasBad = false;
    expect(seen[0]?.outcome.snapshotDate).toBe(date);
    expect(await isFresh(), date).toBe(true);
    if (date.endsWith('-28')) memory.push(await memoryInUse());
  }
  await scheduler.stop();

  const versions = await opened.history();
  expect(versions[0]?.snapshotDate).toBe('2026-12-31');
  expect(versions.at(-1)?.snapshotDate).toBe('2026-12-03');
  expect(readdirSync(join(store, 'quarantine'))).toHaveLength(3);
  expect(readdirSync(join(store, 'tmp'))).toEqual([]);
  expect(statSync(join(store, 'log.jsonl')).size).toBeLessThan(1_000_000);
  console.log(`memory in MB, month by month: ${memory.map((bytes) => Math.round(bytes / 1e6))}`);
  // Every month is like every other: no list, map or kernel memory is kept.
  expect(Math.max(...memory.slice(6))).toBeLessThan(Math.max(...memory.slice(0, 6)) * 1.05);
}, 600_000);
