/** The counts of a `Summary`, from counts by verdict; index 0 does not count. */
export function summaryCounts(counts: Iterable<number>) {
  const [, callable = 0, blocked = 0, callableOptIn = 0, notCovered = 0, unreadable = 0] = counts;
  const numbers = callable + blocked + callableOptIn + notCovered + unreadable;
  return { numbers, callable, blocked, callableOptIn, notCovered, unreadable };
}
