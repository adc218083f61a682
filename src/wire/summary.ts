/** The counts of a `Summary`, from counts by verdict; index 0 does not count. */
export function summaryCounts(counts: Iterable<number>) {
  const [, callable = 0, blocked = 0, callableOptIn = 0, ...others] = counts;
  const [notCovered = 0, unreadable = 0, notApplicable = 0] = others;
  const numbers = callable + blocked + callableOptIn + notCovered + unreadable + notApplicable;
  return { numbers, callable, blocked, callableOptIn, notCovered, unreadable, notApplicable };
}
