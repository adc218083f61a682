/** A median and the interval that holds the true one with at least 95 %. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The median of `values` and its interval by order statistics, which assumes nothing about how they
 * are distributed: of 9 values the 2nd to the 8th. Below 6 values no interval reaches 95 %:
 * smallest to largest.
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = Math.floor((count - 1) / 2);
  const skip = skippedAtEachEnd(count);
  return {
    median: (at(middle) + at(count - 1 - middle)) / 2,
    low: at(skip),
    high: at(count - 1 - skip),
  };
}

/**
 * The interval from the k-th smallest to the k-th largest misses the median with probability
 * 2 P(Binomial(count, 1/2) < k): the greatest k with at most 5 %, less one.
 */
function skippedAtEachEnd(count: number): number {
  let k = 0;
  let term = 0.5 ** count; // P(Binomial = k)
  for (let below = term; below <= 0.025; below += term) {
    k++;
    term *= (count - k + 1) / k;
  }
  return Math.max(k - 1, 0);
}

/** Two measurements of the same thing, in turns. */
interface Pairs {
  readonly before: Estimate;
  readonly after: Estimate;
  /** After against before, pair by pair. */
  readonly ratio: Estimate;
}

/** Measures two ways in alternating pairs: neither is always the first. */
export async function inPairs(
  pairs: number,
  before: () => Promise<number>,
  after: () => Promise<number>,
): Promise<Pairs> {
  const found = { before: [] as number[], after: [] as number[] };
  for (let pair = 0; pair < pairs; pair++) {
    const both = [
      async () => found.before.push(await before()),
      async () => found.after.push(await after()),
    ];
    for (const one of pair % 2 === 0 ? both : both.reverse()) await one();
  }
  const ratios = found.after.map((cost, pair) => cost / (found.before[pair] ?? Number.NaN));
  return {
    before: estimate(found.before),
    after: estimate(found.after),
    ratio: estimate(ratios),
  };
}
