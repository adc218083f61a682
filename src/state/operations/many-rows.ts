import type { Row, Statements, Value } from '../database.ts';

/**
 * Statements over many rows, a few hundred at a time: one at a time would cost a journey to the
 * database each. There are two texts of each statement, which are kept compiled.
 */
const ROWS_AT_ONCE = 250;

/** Runs a statement over rows of values; `sql` puts `places` after VALUES. */
export async function inRows(
  statements: Statements,
  rows: readonly (readonly Value[])[],
  sql: (places: string) => string,
): Promise<void> {
  for (const part of parts(rows)) {
    const width = part[0]?.length ?? 0;
    const places = part.map((_, row) => `(${marks(row * width, width)})`).join(', ');
    await statements.query(sql(places), ...part.flat());
  }
}

/** The rows of a statement with `IN (places)` for many keys, after other values. */
export async function selectIn(
  statements: Statements,
  sql: (places: string) => string,
  before: readonly Value[],
  keys: readonly Value[],
): Promise<Row[]> {
  const found: Row[] = [];
  for (const part of parts(keys)) {
    const text = sql(marks(before.length, part.length));
    found.push(...(await statements.query(text, ...before, ...part)));
  }
  return found;
}

/** Parts of {@link ROWS_AT_ONCE}; the rest one by one, so that there are but two sizes. */
function* parts<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  let at = 0;
  for (; at + ROWS_AT_ONCE <= items.length; at += ROWS_AT_ONCE) {
    yield items.slice(at, at + ROWS_AT_ONCE);
  }
  for (; at < items.length; at++) yield items.slice(at, at + 1);
}

function marks(after: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `$${after + index + 1}`).join(', ');
}
