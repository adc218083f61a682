import { beforeAll, expect, test } from 'vitest';
import { createRandom, writing } from './generate.ts';
import { ACCEPTED_NAMES, compare, createComparison } from './library.ts';

const HALF = 500_000;
const TIMEOUT_MS = 300_000;

/** Declares the tests of half a million generated writings. */
export function compareHalf(seed: number): void {
  const comparison = createComparison();
  beforeAll(() => {
    const random = createRandom(seed);
    for (let i = 0; i < HALF; i++) compare(writing(random), comparison);
  }, TIMEOUT_MS);

  test(`half a million writings of seed ${seed} are read alike, but for named differences`, () => {
    expect(comparison.failures.slice(0, 20)).toEqual([]);
    expect(comparison.compared).toBe(HALF);
  });

  test(`a quarter of the writings of seed ${seed} are callable`, () => {
    expect(comparison.callable).toBeGreaterThan(HALF / 4);
  });

  test.each(ACCEPTED_NAMES)(`seed ${seed} meets the difference: %s`, (name) => {
    expect(comparison.accepted.get(name) ?? 0).toBeGreaterThan(0);
  });
}
