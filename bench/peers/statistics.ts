/** A median and the interval that holds the true one with at least 95 %. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The median of `values` and its interval by order statistics, which assumes nothing about how they
 * are distributed: of 9 values the 2nd to the 8th. Below 6 values no interval reaches 95 %: smallest
 * to largest.
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

/** The most values that may be left out at each end: P(Binomial(count, 1/2) <= skip - 1) <= 2.5 %. */
function skippedAtEachEnd(count: number): number {
  let skip = 0;
  let term = 0.5 ** count;
  let below = term;
  while (below <= 0.025) {
    skip++;
    term *= (count - skip + 1) / skip;
    below += term;
  }
  return skip;
}
