import { describe, expect, it } from 'vitest';
import { type Contestant, hold } from '../../bench/peers/contest.ts';
import { estimate } from '../../bench/peers/statistics.ts';

describe('the interval of a median', () => {
  it('of 9 values is the 2nd to the 8th: 96 %', () => {
    expect(estimate([9, 1, 8, 2, 7, 3, 6, 4, 5])).toEqual({ median: 5, low: 2, high: 8 });
  });

  it('of 6 values is the smallest to the largest: 97 %', () => {
    expect(estimate([6, 5, 4, 3, 2, 1])).toEqual({ median: 3.5, low: 1, high: 6 });
  });

  it('of 20 values is the 6th to the 15th: 96 %', () => {
    const values = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(estimate(values)).toEqual({ median: 10.5, low: 6, high: 15 });
  });

  it('of few values leaves none out', () => {
    expect(estimate([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
    expect(estimate([4])).toEqual({ median: 4, low: 4, high: 4 });
  });
});

describe('a contest', () => {
  const order: string[] = [];
  /** Takes `seconds[round]` each time. */
  const taking = (name: string, seconds: readonly number[]): Contestant => ({
    name,
    run(round) {
      order.push(`${name}${round}`);
      return Promise.resolve({ millionsPerSecond: 1, seconds: seconds[round] ?? 0 });
    },
  });

  it('takes turns, does not count the first round, and divides within a round', async () => {
    const contest = {
      title: 'test',
      contestants: [taking('slow', [99, 4, 8, 12]), taking('fast', [1, 2, 2, 4])],
      ratios: [
        { what: 'ratio', metric: 'seconds', of: 'slow', by: 'fast' },
        { what: 'alone', metric: 'seconds', of: 'slow' },
      ],
    } as const;
    const { ratios } = await hold(contest, 3, () => {});
    const inTurn = ['slow0', 'fast0', 'slow1', 'fast1', 'slow2', 'fast2', 'slow3', 'fast3'];
    expect(order).toEqual(inTurn);
    expect(ratios.map((ratio) => ratio.estimate)).toEqual([
      { median: 3, low: 2, high: 4 },
      { median: 8, low: 4, high: 12 },
    ]);
  });

  it('refuses a ratio of somebody who does not take part', async () => {
    const ratios = [{ what: 'ratio', metric: 'seconds', of: 'slow', by: 'nobody' }] as const;
    const contest = { title: 'test', contestants: [taking('slow', [1, 1])], ratios };
    await expect(hold(contest, 1, () => {})).rejects.toThrow('no contestant is named nobody');
  });
});
