import { describe, expect, it } from 'vitest';
import { judge, type SoakMinute, slopeOf } from '../../bench/soak-verdict.ts';

/** A minute in which nothing was wrong. */
const GOOD: SoakMinute = {
  numbers: 1000,
  millionsPerSecond: 1,
  wrong: 0,
  failed: 0,
  failedScrapes: 0,
  unservedMs: 100,
  pssMib: 180,
  openFiles: 32,
  checkP99Ms: 2,
  faults: 10,
  restarts: 1,
  reloads: 1,
};

function isGood(minutes: SoakMinute[], { growth = 0, isAlive = true } = {}): boolean {
  const points = minutes.map((_, minute) => ({ minute, pssMib: 180 + growth * minute }));
  return judge(minutes, points, { isAlive, print: () => undefined }).isGood;
}

describe('the slope of the memory', () => {
  it('is that of a line through its points', () => {
    const points = [3, 5, 9, 11].map((minute) => ({ minute, pssMib: 100 + 0.25 * minute }));
    expect(slopeOf(points)).toBeCloseTo(0.25, 10);
  });

  it('goes between points that are on no line', () => {
    const points = [0, 2, 1, 3].map((pssMib, minute) => ({ minute, pssMib }));
    expect(slopeOf(points)).toBeCloseTo(0.8, 10);
  });
});

describe('a soak', () => {
  const hour = Array.from({ length: 60 }, () => GOOD);

  it('is good if every minute is', () => {
    expect(isGood(hour)).toBe(true);
  });

  it.each([
    ['an answer was wrong', { wrong: 1 }],
    ['a good client waited for 2 s', { unservedMs: 2000 }],
    ['a scrape failed', { failedScrapes: 1 }],
    ['a file more was open', { openFiles: 33 }],
  ])('is bad if %s', (_, minute) => {
    expect(isGood([...hour.slice(1), { ...GOOD, ...minute }])).toBe(false);
  });

  it('is bad if the server has ended', () => {
    expect(isGood(hour, { isAlive: false })).toBe(false);
  });

  it('of an hour is bad if the memory grows by more than 1 MiB an hour', () => {
    expect(isGood(hour, { growth: 0.9 / 60 })).toBe(true);
    expect(isGood(hour, { growth: 1.1 / 60 })).toBe(false);
  });
});
