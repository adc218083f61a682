/** Cuts lines into columns, for both detection and reading. */
import type { FixedLayout } from './layout/layout.ts';

const SPACE = 0x20;
const QUOTE = 0x22;

/** A separator that no line contains: the whole line is one column. */
export const NO_SEPARATOR = -1;

/**
 * Cuts `bytes[start, end)` at a separator byte; a space stands for a run of spaces. With `quotes` a
 * column may be in double quotes, which its bounds exclude.
 *
 * Returns the number of columns and writes the start and end of each to `bounds`, as many as fit; a
 * result above `bounds.length / 2` means too many. Returns -1 if quotes do not match.
 */
export function splitLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  separator: number,
  quotes: boolean,
  bounds: Int32Array,
): number {
  let at = start;
  for (let count = 0; ; ) {
    if (2 * count >= bounds.length) return count + 1;
    if (quotes && at < end && bytes[at] === QUOTE) {
      const close = find(bytes, at + 1, end, QUOTE);
      if (close === end) return -1;
      bounds[2 * count] = at + 1;
      bounds[2 * count + 1] = close;
      at = close + 1;
    } else {
      bounds[2 * count] = at;
      at = find(bytes, at, end, separator);
      bounds[2 * count + 1] = at;
    }
    count++;
    if (at === end) return count;
    if (bytes[at] !== separator) return -1;
    at++;
    if (separator === SPACE) at = skipSpaces(bytes, at, end);
  }
}

/** Joins the column whose bounds begin at `at` with the next. */
export function joinColumns(bounds: Int32Array, at: number): void {
  bounds.copyWithin(at + 1, at + 3);
}

/**
 * Cuts a fixed-width line: bounds of the number, then of the date if there is one. Returns false if
 * a column lies beyond the line, or if there is anything but spaces outside the columns.
 */
export function cutLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  layout: FixedLayout,
  bounds: Int32Array,
): boolean {
  const { number, date } = layout;
  const numberFrom = start + number.offset;
  const numberTo = Math.min(end, numberFrom + number.bytes);
  const dateFrom = date === null ? end : start + date.offset;
  const dateTo = date === null ? end : Math.min(end, dateFrom + date.bytes);
  if (numberFrom > end || dateFrom > end) return false;
  bounds[0] = numberFrom;
  bounds[1] = numberTo;
  bounds[2] = dateFrom;
  bounds[3] = dateTo;
  for (let i = start; i < end; i++) {
    const inside = (i >= numberFrom && i < numberTo) || (i >= dateFrom && i < dateTo);
    if (!inside && bytes[i] !== SPACE) return false;
  }
  return true;
}

/** The first position from `start` that is not a space, `end` if there is none. */
export function skipSpaces(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === SPACE) at++;
  return at;
}

/** The position after the last non-space before `end`, `start` if there is none. */
export function dropSpaces(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] === SPACE) at--;
  return at;
}

function find(bytes: Uint8Array, start: number, end: number, wanted: number): number {
  let at = start;
  while (at < end && bytes[at] !== wanted) at++;
  return at;
}
