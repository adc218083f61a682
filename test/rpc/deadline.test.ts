import { describe, expect, it } from 'vitest';
import { DeadlineWatch, readTimeout } from '#tacet/rpc/deadline.js';

describe('a grpc-timeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['500m', 500],
    ['1500u', 1.5],
    ['99999999n', 99.999999],
    ['0m', 0],
    ['10 S', 10_000],
    ['2147483S', 2_147_483_000],
    ['2147484S', Number.POSITIVE_INFINITY],
    ['99999999H', Number.POSITIVE_INFINITY],
  ])('of %j gives %d ms', (header, timeoutMs) => {
    expect(readTimeout(header)).toBeCloseTo(timeoutMs, 9);
  });

  it.each(['', '5', 'S', '-1S', '1.5S', '123456789m', '5s', '5S, 6S'])(
    'of %j is malformed',
    (header) => {
      expect(readTimeout(header)).toBeNaN();
    },
  );

  it('that is not there gives for ever', () => {
    expect(readTimeout(undefined)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the watch of deadlines', () => {
  it('ends calls in the order of their deadlines, and no call that was answered', async () => {
    const watch = new DeadlineWatch();
    const startMs = performance.now();
    const ended: number[] = [];
    await new Promise<void>((resolve) => {
      for (const afterMs of [120, 30, 60, 0, 90]) {
        const deadlineMs = startMs + afterMs;
        const expire = (): void => {
          expect(performance.now()).toBeGreaterThanOrEqual(deadlineMs);
          ended.push(afterMs);
          if (afterMs === 120) resolve();
        };
        const call = { deadlineMs, expire };
        watch.watch(call);
        if (afterMs === 60) watch.clear(call);
      }
    });
    expect([...ended].sort((a, b) => a - b)).toEqual([0, 30, 90, 120]);
  });
});
