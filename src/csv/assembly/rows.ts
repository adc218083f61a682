/**
 * `scanRows` and `lastRowEnd` in AssemblyScript, compiled to WebAssembly with 128-bit SIMD: where
 * the rows and cells of a block begin and end, 16 bytes at a time. The rules are those of
 * `src/csv/rows.ts`, against which the tests hold it. Nothing is allocated; bytes behind the end of
 * a block may be read but decide nothing.
 */

const QUOTE: u8 = 0x22;
const LF: u8 = 0x0a;
const CR: u8 = 0x0d;

const ROWS_OK: i32 = 0;
const ROWS_TOO_LONG: i32 = 1;
const ROWS_OPEN_QUOTE: i32 = 2;

/** No end of a cell: its quote is still open. */
const OPEN: usize = 0;

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
  while (row < rowsMax && rowStart < end) {
    const place = table + (row << 2);
    store<i32>(place + stride, 0);
    store<i32>(place + stride * 2, 0);
    store<i32>(place + stride * 3, 0);
    store<i32>(place + stride * 4, 0);
    let column: i32 = 0;
    let quoted = false;
    let at = rowStart;
    for (;;) {
      const cellStart = at;
      if (at < end && load<u8>(at) === QUOTE) quoted = true;
      at = endOfCell(cellStart, end, separator);
      if (at === OPEN || (at === end && !final)) {
        if (end - rowStart > rowBytesMax) problem = ROWS_TOO_LONG;
        else if (final) problem = ROWS_OPEN_QUOTE;
        column = -1;
        break;
      }
      const rowEnded = at === end || load<u8>(at) === LF;
      if (column === phoneColumn || column === optInColumn) {
        const cut = rowEnded && at > cellStart && load<u8>(at - 1) === CR;
        const cellEnd = at - <usize>cut - origin;
        if (column === phoneColumn) {
          store<i32>(place + stride, <i32>(cellStart - origin));
          store<i32>(place + stride * 2, <i32>cellEnd);
        }
        if (column === optInColumn) {
          store<i32>(place + stride * 3, <i32>(cellStart - origin));
          store<i32>(place + stride * 4, <i32>cellEnd);
        }
      }
      column++;
      if (rowEnded) break;
      at++;
    }
    if (column < 0) break;
    const rowEnd = at === end ? end : at + 1;
    if (rowEnd - rowStart > rowBytesMax) {
      problem = ROWS_TOO_LONG;
      break;
    }
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

/** The address behind the last whole row of `[start, end)`; `start` if no row ends there. */
export function lastRowEnd(start: usize, end: usize, separator: i32): usize {
  let rowEnd = start;
  let at = start;
  while (at < end) {
    at = endOfCell(at, end, separator);
    if (at === OPEN || at === end) break;
    if (load<u8>(at) === LF) rowEnd = at + 1;
    at++;
  }
  return rowEnd;
}

/**
 * Where the separator or LF stands that ends the cell beginning at `start`; `end` if neither comes,
 * or OPEN if its quote is still open there.
 */
function endOfCell(start: usize, end: usize, separator: i32): usize {
  let at = start;
  if (at < end && load<u8>(at) === QUOTE) {
    at = behindQuoted(at, end);
    if (at === OPEN) return OPEN;
  }
  const separators = i8x16.splat(<i8>separator);
  const lineEnds = i8x16.splat(<i8>LF);
  // No byte is 256.
  const used = separator < 256 ? i8x16.splat(-1) : i8x16.splat(0);
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    const found = v128.or(i8x16.eq(bytes, lineEnds), v128.and(i8x16.eq(bytes, separators), used));
    const mask = i8x16.bitmask(found);
    if (mask !== 0) return min(at + <usize>ctz<i32>(mask), end);
  }
  return end;
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
