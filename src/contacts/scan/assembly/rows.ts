/**
 * Where the rows and cells of a block begin and end, in AssemblyScript, compiled to WebAssembly
 * with 128-bit SIMD: 64 bytes at a time. RFC 4180 with the habits of spreadsheets: a cell that
 * begins with a quote runs to its closing quote, including separators and line ends; a quote inside
 * any other cell is an ordinary character. Rows with a doubtful structure are marked with the
 * cause.
 *
 * Nothing is allocated. Bytes after the end of a block may be read but have no effect.
 */

import { note } from './candidates';
import {
  CANDIDATE_ROW,
  CANDIDATE_SHIFT,
  COLUMNS,
  CR,
  FIRST_BYTES,
  LF,
  LINE_END,
  LONE_LINE_END,
  LOOK_INTO,
  LOOKED_AT,
  MORE_CELLS,
  NONE,
  NUL,
  OPEN_QUOTE,
  PLACE_CANDIDATES,
  PLACE_CANDIDATES_MAX,
  PLACE_CELLS,
  PLACE_CONTENT_ENDS,
  PLACE_DOUBTFUL,
  PLACE_DOUBTS,
  PLACE_ENDS,
  PLACE_PADS,
  PLACE_ROWS_MAX,
  PLACE_SLOTS,
  PLACE_STARTS,
  QUOTE,
  RESULT_CANDIDATES,
  RESULT_DOUBTFUL,
  RESULT_PADS,
  RESULT_PROBLEM,
  RESULT_QUOTED_LINES,
  RESULT_ROWS,
  RESULT_UNEVEN,
  ROLE_BEYOND,
  ROLE_COUNT,
  ROLE_LOOKED_AT,
  ROLES,
  ROW_BYTES_MAX,
  SEPARATOR,
  SPACE,
  TEXT_BEHIND_QUOTE,
} from './layout';
import { countLines } from './lines';
import { behindQuoted, mayHoldRow, quotedSpecials } from './quoted';
import { nextSpecial, openWindow } from './special';

export { note, readCandidates } from './candidates';
export { readKeys } from './keys';
export { countLines, lastRowEnd } from './lines';
export { partitionRows } from './partition';
export { countFilled, tally } from './tally';

const TAB: u8 = 0x09;

const RESULT_BYTES: usize = 64;
const ROWS_TOO_LONG: i32 = 1;

// The doubts about the current row, and the line ends in quoted cells so far. Rare cases are in
// functions that are exported, like `note`, so that they are not inlined: this keeps the loop
// small, quick to compile, and with registers to spare.
let doubts: i32 = 0;
let quotedLines: i32 = 0;

/**
 * Finds up to `rowsMax` whole rows in `[start, end)`. Written offsets are relative to `origin`.
 *
 * @param final the file ends at `end`, so a row may end there without a line end
 * @param shape how the file is written; `place`: where to write; see `layout.ts`
 * @param from how many rows of the block have already been written
 * @param result receives how many rows were found, and of what kind
 */
export function scanRows(
  origin: usize,
  start: usize,
  end: usize,
  final: bool,
  shape: usize,
  place: usize,
  from: usize,
  result: usize,
): void {
  const separator = load<i32>(shape, SEPARATOR);
  const lineEnd = <u8>load<i32>(shape, LINE_END);
  const roles = <usize>load<u32>(shape, ROLES);
  const roleCount = load<i32>(shape, ROLE_COUNT);
  const firstBytes = <usize>load<u32>(shape, FIRST_BYTES);
  const cells = <usize>load<u32>(place, PLACE_CELLS);
  const stride = (<usize>load<i32>(place, PLACE_ROWS_MAX)) << 2;
  begin(place, result);
  openWindow(start, separator);
  let row: usize = 0;
  let rowStart = start;
  while (rowStart < end && mayGoOn(row, shape, place, result)) {
    doubts = 0;
    const linesBefore = quotedLines;
    let column: i32 = 0;
    let at = rowStart;
    // Where the header's cells end, in a row that has more.
    let columnsEnd: usize = NONE;
    // The address after the row, once it has ended.
    let next: usize = NONE;
    for (;;) {
      const cellStart = at;
      if (at < end && load<u8>(at) === QUOTE) at = endOfQuoted(at, end, final, shape);
      for (;;) {
        at = nextSpecial(at, end, separator);
        if (at >= end) break;
        const byte = load<u8>(at);
        if (<i32>byte === separator) break;
        if (byte === lineEnd) {
          next = at + 1;
          break;
        }
        if (byte === CR && at + 1 < end && load<u8>(at + 1) === LF) {
          next = at + 2;
          break;
        }
        at = behindOdd(byte, at, end, final);
      }
      if (at >= end) {
        if (!final) break;
        next = end;
      }
      const role = column < roleCount ? <i32>load<u8>(roles + <usize>column) : ROLE_BEYOND;
      if (role !== 0) {
        if (role < ROLE_LOOKED_AT) {
          const cell = cells + <usize>(role - 1) * (stride << 1) + (row << 2);
          store<i32>(cell, <i32>(cellStart - origin));
          store<i32>(cell + stride, <i32>(at - origin));
        } else if (role === ROLE_BEYOND) {
          columnsEnd = beyond(cellStart, at, column, columnsEnd, shape);
        } else if (load<u8>(firstBytes + <usize>load<u8>(cellStart)) !== 0) {
          note(<i32>row, column, origin, cellStart, at, firstBytes, place, result);
        }
      }
      column++;
      if (next !== NONE) break;
      at++;
    }
    const behind = next === NONE ? end : next;
    if (next === NONE || behind - rowStart > <usize>load<u32>(shape, ROW_BYTES_MAX)) {
      giveUp(<i32>row, behind - rowStart, shape, place, result);
      quotedLines = linesBefore;
      break;
    }
    const contentEnd = columnsEnd !== NONE && (doubts & MORE_CELLS) === 0 ? columnsEnd : at;
    storeRow(place, from + row, rowStart - origin, contentEnd - origin, next - origin);
    // A quote that is dropped with its cell need not be closed.
    const isOpen = (doubts & OPEN_QUOTE) !== 0 && contentEnd === at;
    judgeRow(<i32>row, from + row, column, isOpen, shape, place, result);
    row++;
    rowStart = next;
  }
  store<i32>(result, <i32>row, RESULT_ROWS);
  store<i32>(result, quotedLines, RESULT_QUOTED_LINES);
}

/** Resets the result, and makes all cells empty, since a row may lack some. */
export function begin(place: usize, result: usize): void {
  const slots = <usize>load<i32>(place, PLACE_SLOTS);
  const rowsMax = <usize>load<i32>(place, PLACE_ROWS_MAX);
  memory.fill(<usize>load<u32>(place, PLACE_CELLS), 0, slots * (rowsMax << 3));
  memory.fill(result, 0, RESULT_BYTES);
  quotedLines = 0;
}

/** Whether there is room for one more row and its candidates. */
function mayGoOn(row: usize, shape: usize, place: usize, result: usize): bool {
  const candidates = load<i32>(result, RESULT_CANDIDATES) + load<i32>(shape, LOOKED_AT);
  return (
    row < <usize>load<i32>(place, PLACE_ROWS_MAX) &&
    candidates <= load<i32>(place, PLACE_CANDIDATES_MAX)
  );
}

/**
 * Where a cell continues after its quotes and the spaces after them; `end` if its quote is open.
 */
export function endOfQuoted(start: usize, end: usize, final: bool, shape: usize): usize {
  const separator = load<i32>(shape, SEPARATOR);
  let at = behindQuoted(start, end);
  if (at === NONE) {
    if (final) doubts |= OPEN_QUOTE | LOOK_INTO;
    return end;
  }
  if (quotedSpecials !== 0) {
    quotedLines += countLines(start, at, load<i32>(shape, LINE_END));
    if (mayHoldRow(start, at, separator, load<i32>(shape, COLUMNS))) doubts |= LOOK_INTO;
  }
  while (at < end && load<u8>(at) === SPACE && separator !== <i32>SPACE) at++;
  if (at < end && !endsCell(load<u8>(at), separator)) doubts |= TEXT_BEHIND_QUOTE;
  return at;
}

/** Where a cell continues after a special byte that ends neither the cell nor the row. */
export function behindOdd(byte: u8, at: usize, end: usize, final: bool): usize {
  // Its LF may be in the next block.
  if (byte === CR && at + 1 === end && !final) return end;
  if (byte === 0) doubts |= NUL;
  else if (byte === CR || byte === LF) doubts |= LONE_LINE_END;
  return at + 1;
}

/** Handles a cell after the last column with a name; returns where the header's cells end. */
export function beyond(
  start: usize,
  end: usize,
  column: i32,
  columnsEnd: usize,
  shape: usize,
): usize {
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    // Skip blanks and quotes.
    if (byte === SPACE || byte === TAB || byte === QUOTE) continue;
    doubts |= MORE_CELLS;
    break;
  }
  return column === load<i32>(shape, COLUMNS) ? start - 1 : columnsEnd;
}

/** Drops the candidates of a row that is incomplete or too long. */
export function giveUp(row: i32, bytes: usize, shape: usize, place: usize, result: usize): void {
  if (bytes > <usize>load<u32>(shape, ROW_BYTES_MAX)) {
    store<i32>(result, ROWS_TOO_LONG, RESULT_PROBLEM);
  }
  const candidates = <usize>load<u32>(place, PLACE_CANDIDATES);
  let count = <usize>load<i32>(result, RESULT_CANDIDATES);
  while (count > 0) {
    const last = candidates + ((count - 1) << CANDIDATE_SHIFT);
    if (load<i32>(last, CANDIDATE_ROW) !== row) break;
    count--;
  }
  store<i32>(result, <i32>count, RESULT_CANDIDATES);
}

function storeRow(place: usize, index: usize, start: usize, contentEnd: usize, end: usize): void {
  const at = index << 2;
  store<i32>(<usize>load<u32>(place, PLACE_STARTS) + at, <i32>start);
  store<i32>(<usize>load<u32>(place, PLACE_CONTENT_ENDS) + at, <i32>contentEnd);
  store<i32>(<usize>load<u32>(place, PLACE_ENDS) + at, <i32>end);
}

/** Writes a row's missing cells and doubts, and adds it to the counts. */
function judgeRow(
  row: i32,
  index: usize,
  cells: i32,
  isOpen: bool,
  shape: usize,
  place: usize,
  result: usize,
): void {
  const columns = load<i32>(shape, COLUMNS);
  const pads = max(columns - cells, 0);
  store<i32>(<usize>load<u32>(place, PLACE_PADS) + (index << 2), isOpen ? ~pads : pads);
  store<u8>(<usize>load<u32>(place, PLACE_DOUBTS) + <usize>row, <u8>doubts);
  if (doubts !== 0 || cells !== columns) addOdd(row, pads, cells !== columns, place, result);
}

/** Adds a row to the counts if it has a doubt or its number of cells differs from the header's. */
export function addOdd(row: i32, pads: i32, isUneven: bool, place: usize, result: usize): void {
  store<i32>(result, load<i32>(result, RESULT_UNEVEN) + <i32>isUneven, RESULT_UNEVEN);
  store<i32>(result, load<i32>(result, RESULT_PADS) + pads, RESULT_PADS);
  if (doubts === 0) return;
  const count = load<i32>(result, RESULT_DOUBTFUL);
  store<i32>(<usize>load<u32>(place, PLACE_DOUBTFUL) + ((<usize>count) << 2), row);
  store<i32>(result, count + 1, RESULT_DOUBTFUL);
}

/** Any line end counts here: stray ones are detected elsewhere. */
function endsCell(byte: u8, separator: i32): bool {
  return <i32>byte === separator || byte === LF || byte === CR;
}
