import { expect, it } from 'vitest';
import { FAULTS } from '../../../bench/faults/catalogue.ts';
import { run } from '../../../bench/soak.ts';

/** `make soak` runs an hour of it. */

const MINUTES = 5;

it(
  'five minutes under half load, with faults drawn at random, go by without harm',
  async () => {
    const seed = Date.now() % 1_000_000;
    console.log(`seed ${seed}`);
    const { minutes, isAlive } = await run({
      minutes: MINUTES,
      entries: 100_000,
      faults: FAULTS,
      seed,
      print: (line) => console.log(line),
    });
    expect(isAlive).toBe(true);
    expect(minutes).toHaveLength(MINUTES);
    for (const { numbers, wrong, failedScrapes, unservedMs, faults } of minutes) {
      expect({ wrong, failedScrapes }).toEqual({ wrong: 0, failedScrapes: 0 });
      expect(numbers).toBeGreaterThan(1_000_000);
      expect(unservedMs).toBeLessThan(2000);
      expect(faults).toBeGreaterThan(5);
    }
    // The first minute opens what stays open. A client that was cut off may leave a connection
    // until keepalive finds it, so one minute may have more; what stays is a leak.
    const [, second, , ...last] = minutes.map(({ openFiles }) => openFiles);
    expect(Math.min(...last)).toBeLessThanOrEqual(second ?? 0);
  },
  (MINUTES + 2) * 60_000,
);
