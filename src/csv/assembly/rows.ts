/**
 * `scanRows` and `lastRowEnd` in AssemblyScript, compiled to WebAssembly with 128-bit SIMD: where
 * the rows and cells of a block begin and end, 16 bytes at a time. The rules are those of
 * `src/csv/rows.ts`, against which the tests hold it. Nothing is allocated; bytes behind the end of
 * a block may be read but decide nothing.
 */

export { readKeys } from './keys';
export { partitionRows } from './partition';

const QUOTE: u8 = 0x22;
const LF: u8 = 0x0a;
const CR: u8 = 0x0d;

const ROWS_OK: i32 = 0;
const ROWS_TOO_LONG: i32 = 1;
const ROWS_OPEN_QUOTE: i32 = 2;

/** No end of a cell: its quote is still open. */
const OPEN: usize = 0;
/** No line end. */
const NONE: usize = 0;

// Fields of the result, i32 each.
const QUOTED_LINES: usize = 4;
const PROBLEM: usize = 8;

/**
 * Finds up to `rowsMax` whole rows of `[start, end)`, addresses as all that follow.
 *
 * @param separator no byte equals it where rows are one cell each
 * @param phoneColumn, optInColumn from 0; -1 = no such column
 * @param table six arrays of `rowsMax` i32 one behind the other: row ends, phone starts and ends,
 *   opt-in starts and ends, as offsets from `origin`, and how many columns a row has
 * @param result gets how many rows there are, the line ends in their quoted cells, and what is
 *   wrong with the row behind them
 */
export function scanRows(
  origin: usize,
  start: usize,
  end: usize,
  final: bool,
  separator: i32,
  phoneColumn: i32,
  optInColumn: i32,
  rowBytesMax: usize,
  rowsMax: usize,
  table: usize,
  result: usize,
): void {
  const stride = rowsMax << 2;
  let row: usize = 0;
  let rowStart = start;
  let quotedLines: i32 = 0;
  let problem = ROWS_OK;
  openWindow(start, separator);
  while (row < rowsMax && rowStart < end) {
    const place = table + (row << 2);
    const phone = place + stride;
    const optIn = phone + stride * 2;
    storeCell(phone, stride, 0, 0);
    storeCell(optIn, stride, 0, 0);
    let column: i32 = 0;
    let quoted = false;
    let at = rowStart;
    // Stays there if the row is not whole.
    let rowEnd = rowStart;
    for (;;) {
      const cellStart = at;
      if (at < end && load<u8>(at) === QUOTE) {
        quoted = true;
        at = behindQuoted(at, end);
      }
      if (at !== OPEN) at = endOfCell(at, end, separator);
      if (at === OPEN || (at === end && !final)) {
        problem = problemOf(end - rowStart > rowBytesMax, final);
        break;
      }
      const rowEnded = at === end || load<u8>(at) === LF;
      const cut = rowEnded && at > cellStart && load<u8>(at - 1) === CR;
      const cellEnd = at - <usize>cut - origin;
      if (column === phoneColumn) storeCell(phone, stride, cellStart - origin, cellEnd);
      if (column === optInColumn) storeCell(optIn, stride, cellStart - origin, cellEnd);
      column++;
      if (rowEnded) {
        rowEnd = min(at + 1, end);
        break;
      }
      at++;
    }
    if (rowEnd - rowStart > rowBytesMax) problem = ROWS_TOO_LONG;
    if (rowEnd === rowStart || problem !== ROWS_OK) break;
    if (quoted) quotedLines += countLines(rowStart, rowEnd - 1);
    store<i32>(place, <i32>(rowEnd - origin));
    store<i32>(place + stride * 5, column);
    row++;
    rowStart = rowEnd;
  }
  store<i32>(result, <i32>row);
  store<i32>(result + QUOTED_LINES, quotedLines);
  store<i32>(result + PROBLEM, problem);
}

/** What is wrong with the row that is not whole. */
function problemOf(isTooLong: bool, final: bool): i32 {
  if (isTooLong) return ROWS_TOO_LONG;
  return final ? ROWS_OPEN_QUOTE : ROWS_OK;
}

/** Where a cell begins and ends, in two arrays `stride` bytes apart. */
function storeCell(place: usize, stride: usize, start: usize, end: usize): void {
  store<i32>(place, <i32>start);
  store<i32>(place + stride, <i32>end);
}

/** Which of the 64 bytes from `window` on end a cell, one bit each. */
let window: usize = 0;
let ends: u64 = 0;

function openWindow(at: usize, separator: i32): void {
  window = at;
  ends = cellEnds(at, separator);
}

/**
 * Where the separator or LF stands that ends the cell, or what is left of it behind a quoted part;
 * `end` if neither comes. The window is opened here where it has to be; `start` is not before it.
 */
function endOfCell(start: usize, end: usize, separator: i32): usize {
  if (start - window < 64) {
    const left = ends >> <u64>(start - window);
    if (left !== 0) return min(start + <usize>ctz<u64>(left), end);
  }
  for (let at = max(start, window + 64); at < end; at += 64) {
    openWindow(at, separator);
    if (ends !== 0) return min(at + <usize>ctz<u64>(ends), end);
  }
  return end;
}

/** Which of the 64 bytes from `at` on end a cell: bit 0 is the first. */
function cellEnds(at: usize, separator: i32): u64 {
  const separators = i8x16.splat(<i8>separator);
  const lineEnds = i8x16.splat(<i8>LF);
  // No byte is 256.
  const used = separator < 256 ? i8x16.splat(-1) : i8x16.splat(0);
  return (
    endsAt(v128.load(at), lineEnds, separators, used) |
    (endsAt(v128.load(at, 16), lineEnds, separators, used) << 16) |
    (endsAt(v128.load(at, 32), lineEnds, separators, used) << 32) |
    (endsAt(v128.load(at, 48), lineEnds, separators, used) << 48)
  );
}

/** Which of 16 bytes are line ends, or separators where these are used. */
function endsAt(bytes: v128, lineEnds: v128, separators: v128, used: v128): u64 {
  const found = v128.or(i8x16.eq(bytes, lineEnds), v128.and(i8x16.eq(bytes, separators), used));
  return <u64>i8x16.bitmask(found);
}

/**
 * The address behind the last whole row of `[start, end)`; `start` if no row ends there. Goes from
 * quote to quote: between two quoted cells only the last line end matters.
 */
export function lastRowEnd(start: usize, end: usize, separator: i32): usize {
  let rowEnd = start;
  let at = start;
  while (true) {
    const quote = nextQuote(at, end);
    const lineEnd = behindLastLine(at, quote);
    if (lineEnd !== NONE) rowEnd = lineEnd;
    if (quote === end) return rowEnd;
    const before: i32 = quote === start ? <i32>LF : <i32>load<u8>(quote - 1);
    // A quote that does not begin a cell is a character like others.
    if (before !== <i32>LF && before !== separator) at = quote + 1;
    else {
      at = behindQuoted(quote, end);
      if (at === OPEN) return rowEnd;
    }
  }
}

/** The address of the first quote of `[start, end)`, `end` if there is none. */
function nextQuote(start: usize, end: usize): usize {
  const quotes = i8x16.splat(<i8>QUOTE);
  for (let at = start; at < end; at += 64) {
    const first = i8x16.eq(v128.load(at), quotes);
    const second = i8x16.eq(v128.load(at, 16), quotes);
    const third = i8x16.eq(v128.load(at, 32), quotes);
    const fourth = i8x16.eq(v128.load(at, 48), quotes);
    if (!v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)))) continue;
    const low = <u64>i8x16.bitmask(first) | ((<u64>i8x16.bitmask(second)) << 16);
    const high = <u64>i8x16.bitmask(third) | ((<u64>i8x16.bitmask(fourth)) << 16);
    return min(at + <usize>ctz<u64>(low | (high << 32)), end);
  }
  return end;
}

/** The address behind the last LF of `[start, end)`, or NONE. */
function behindLastLine(start: usize, end: usize): usize {
  const lineEnds = i8x16.splat(<i8>LF);
  let at = end;
  for (; at >= start + 16; at -= 16) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at - 16), lineEnds));
    if (mask !== 0) return at - 16 + (32 - <usize>clz<i32>(mask));
  }
  for (; at > start; at--) if (load<u8>(at - 1) === LF) return at;
  return NONE;
}

/** The address behind the quote that closes the one at `start`, or OPEN. */
function behindQuoted(start: usize, end: usize): usize {
  const quotes = i8x16.splat(<i8>QUOTE);
  let at = start + 1;
  while (at < end) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), quotes));
    if (mask === 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz<i32>(mask);
    if (at >= end) return OPEN;
    if (at + 1 < end && load<u8>(at + 1) === QUOTE) at += 2;
    else return at + 1;
  }
  return OPEN;
}

function countLines(start: usize, end: usize): i32 {
  const lineEnds = i8x16.splat(<i8>LF);
  let count: i32 = 0;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    count += popcnt<i32>(i8x16.bitmask(i8x16.eq(v128.load(at), lineEnds)));
  }
  for (; at < end; at++) count += <i32>(load<u8>(at) === LF);
  return count;
}
