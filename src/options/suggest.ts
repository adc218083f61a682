/** More wrong letters than this, and it is another word. */
const DISTANCE_MAX = 2;

/** What somebody may have meant who wrote `word`, for the end of an error; empty if nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const ranked = [...known]
    .map((candidate) => ({ candidate, distance: distanceOf(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.min(DISTANCE_MAX, candidate.length / 2))
    .sort((a, b) => a.distance - b.distance);
  const begun = [...known].filter((candidate) => word.length > 1 && candidate.startsWith(word));
  const meant = ranked[0]?.candidate ?? (begun.length === 1 ? begun[0] : undefined);
  return meant === undefined ? '' : `Did you mean ${meant}?`;
}

/** Letters to add, drop, change or swap with the next one: optimal string alignment. */
function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (up: number, left: number): number => rows[i - up]?.[j - left] ?? 0;
      const isSame = a[i - 1] === b[j - 1];
      const change = at(1, 1) + Number(!isSame);
      row[j] = Math.min(at(1, 0) + 1, (row[j - 1] ?? 0) + 1, change);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) row[j] = Math.min(row[j] ?? 0, at(2, 2) + 1);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
