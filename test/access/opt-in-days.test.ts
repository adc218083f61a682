import { describe, expect, it } from 'vitest';
import { OptInDays } from '#tacet/access/limits/opt-in-days.js';
import { Random } from '#tacet/sample/random.js';

const TODAY = 20_784;
const BLOCKED = 2;
const CALLABLE = 1;
const OPT_IN = 3;

const options = { daysMax: 8, windowDays: 7, key: Uint8Array.from({ length: 16 }, (_, i) => i) };

/** Rows of one batch: a number, the day of its opt-in, its verdict. */
function asked(...rows: readonly (readonly [key: number, day: number, verdict: number])[]) {
  const count = rows.length;
  // Keys and days may lie at any address.
  const [keys, optIns, verdicts] = [1, 3 + count * 8, 3 + count * 12];
  const memory = new ArrayBuffer(verdicts + count);
  const view = new DataView(memory);
  for (const [index, [key, day, verdict]] of rows.entries()) {
    view.setBigUint64(keys + 8 * index, BigInt(key), true);
    view.setUint32(optIns + 4 * index, day, true);
    view.setUint8(verdicts + index, verdict);
  }
  return { memory, keys, optIns, verdicts, count };
}

/** Halves the days of a registration; how many questions it took until that was found out. */
function bisect(days: OptInDays, key: number, registered: number): number | undefined {
  let [from, to] = [TODAY - 4_096, TODAY];
  for (let questions = 1; from < to; questions++) {
    const day = Math.ceil((from + to) / 2);
    const verdict = day > registered ? OPT_IN : BLOCKED;
    if (days.observe(asked([key, day, verdict]), TODAY)) return questions;
    if (verdict === OPT_IN) to = day - 1;
    else from = day;
  }
  return undefined;
}

describe('opt-in days of one number', () => {
  it('that halve the days of its registration are found out before they tell it', () => {
    const random = new Random(1, 1);
    let escaped = 0;
    for (let number = 0; number < 1_000; number++) {
      const days = new OptInDays({ ...options, key: Uint8Array.from(words(random)) });
      const questions = bisect(days, 32_475_000_000 + number, TODAY - random.below(4_000));
      if (questions === undefined) escaped++;
      else expect(questions).toBeGreaterThan(8);
    }
    // Two days share a bit of 64: twelve questions fill fewer than nine bits once in a while.
    expect(escaped).toBeLessThan(10);
  });

  it('are found out between the questions of an ordinary base', () => {
    const days = new OptInDays(options);
    const random = new Random(2, 1);
    let found = false;
    for (let round = 0; round < 12; round++) {
      const base = Array.from({ length: 1_000 }, () => {
        const key = 32_470_000_000 + random.below(9_999_999);
        return [key, TODAY - (key % 900), random.below(10) === 0 ? BLOCKED : CALLABLE] as const;
      });
      const target = [32_475_123_456, TODAY - 300 * round, BLOCKED] as const;
      found ||= days.observe(asked(...base, target), TODAY);
    }
    expect(found).toBe(true);
  });

  it('of a base asked every day, some opted in again, stop nobody', () => {
    const days = new OptInDays(options);
    for (let day = 0; day < 30; day++) {
      const rows = Array.from({ length: 20_000 }, (_, index) => {
        const renewed = index % 50 === 0 ? Math.floor(day / 5) : 0;
        return [32_460_000_000 + index * 31, TODAY - 500 + (index % 400) + renewed, 2] as const;
      });
      expect(days.observe(asked(...rows), TODAY + day), `day ${day}`).toBe(false);
    }
  });

  it('of a number that is not listed, or asked without one, count for nothing', () => {
    const days = new OptInDays(options);
    for (let day = 1; day < 100; day++) {
      expect(days.observe(asked([32_475_123_456, day, CALLABLE]), TODAY)).toBe(false);
      expect(days.observe(asked([32_475_123_456, 0, BLOCKED]), TODAY)).toBe(false);
    }
  });

  it('are counted within the window only', () => {
    const days = new OptInDays(options);
    for (let week = 0; week < 100; week++) {
      const row = [32_475_123_456, TODAY - 4_000 + 40 * week, BLOCKED] as const;
      expect(days.observe(asked(row), TODAY + 7 * week)).toBe(false);
    }
  });

  it('are forgotten with a release', () => {
    const days = new OptInDays(options);
    expect(bisect(days, 32_475_123_456, TODAY - 1_000)).toBeGreaterThan(8);
    days.forget();
    expect(days.observe(asked([32_475_123_456, TODAY - 7, BLOCKED]), TODAY)).toBe(false);
  });
});

function words(random: Random): number[] {
  return Array.from({ length: 16 }, () => random.below(256));
}
