/**
 * Sends the rows of a block to the outputs for their outcomes, in AssemblyScript. After the call
 * the rows for each output are contiguous, in row order.
 *
 *   [ callable ... ] gap [ blocked ... ] gap [ undecided ... ] gap
 *
 * Rows are copied 16 bytes at a time, which overwrites up to 15 bytes after a row. The next row
 * overwrites them again; after the last one is a gap.
 */
import { CR, LF, PLACE_CONTENT_ENDS, PLACE_ENDS, PLACE_PADS, PLACE_STARTS, QUOTE } from './layout';

const GAP_BYTES: usize = 32;
const KINDS: usize = 3;

/**
 * 32 bytes per outcome: the text of its cells, its length in the last byte but one, then its kind.
 */
const OUTCOME_SHIFT: usize = 5;
const OUTCOME_LENGTH: usize = 30;
const OUTCOME_KIND: usize = 31;
/** The kind of values that are not outcomes. */
const NO_KIND: u8 = 255;

// Fields of the result, i32 each: the number of rows, then for each output where its rows begin and
// end and their number.
const KIND_FIELDS: usize = 4;
const KIND_BYTES: usize = 12;
const KIND_END: usize = 4;
const KIND_ROWS: usize = 8;
const RESULT_BYTES: usize = 64;

/**
 * Partitions as many rows as fit in `[into, intoEnd)`.
 *
 * @param block the address that the offsets of rows are relative to
 * @param place where the rows are, see `layout.ts`; `count`: how many
 * @param outcomes one byte per row; stops at the first value that is not an outcome
 * @param wanted bits for callable, blocked, undecided: if set, write these rows instead of only
 *   counting them
 * @param table what is added to a row, and where it goes, by its outcome
 * @param separator the byte that pads short rows
 * @param result receives 64 bytes
 */
export function partitionRows(
  block: usize,
  place: usize,
  count: i32,
  outcomes: usize,
  into: usize,
  intoEnd: usize,
  wanted: i32,
  table: usize,
  separator: i32,
  result: usize,
): void {
  const starts = <usize>load<u32>(place, PLACE_STARTS);
  const contentEnds = <usize>load<u32>(place, PLACE_CONTENT_ENDS);
  const ends = <usize>load<u32>(place, PLACE_ENDS);
  const pads = <usize>load<u32>(place, PLACE_PADS);
  memory.fill(result, 0, RESULT_BYTES);
  const room = intoEnd - into - GAP_BYTES * KINDS;
  const rows = measure(starts, ends, pads, outcomes, count, room, wanted, table, result);
  store<i32>(result, rows);
  // Where the rows of each kind begin; the ends advance as rows are written.
  let at = into;
  for (let kind: usize = 0; kind < KINDS; kind++) {
    const field = result + KIND_FIELDS + kind * KIND_BYTES;
    const bytes = <usize>load<u32>(field);
    store<u32>(field, <u32>at);
    store<u32>(field + KIND_END, <u32>at);
    at += bytes + GAP_BYTES;
  }
  for (let row: usize = 0; row < <usize>rows; row++) {
    const outcome = table + ((<usize>load<u8>(outcomes + row)) << OUTCOME_SHIFT);
    const kind = <i32>load<u8>(outcome, OUTCOME_KIND);
    if (((wanted >> kind) & 1) === 0) continue;
    const field = result + KIND_FIELDS + <usize>kind * KIND_BYTES;
    const to = <usize>load<u32>(field + KIND_END);
    const index = row << 2;
    const start = block + <usize>load<i32>(starts + index);
    const end = block + <usize>load<i32>(ends + index);
    let behind: usize;
    if (kind === 0) behind = copy(start, end, to);
    else {
      const contentEnd = block + <usize>load<i32>(contentEnds + index);
      const padded = pad(copy(start, contentEnd, to), load<i32>(pads + index), <u8>separator);
      behind = copyLineEnd(contentEnd, end, addCells(padded, outcome));
    }
    store<u32>(field + KIND_END, <u32>behind);
    store<i32>(field + KIND_ROWS, load<i32>(field + KIND_ROWS) + 1);
  }
}

/** How many rows fit; stores the bytes each kind may need in the field for where it begins. */
function measure(
  starts: usize,
  ends: usize,
  pads: usize,
  outcomes: usize,
  count: i32,
  room: usize,
  wanted: i32,
  table: usize,
  result: usize,
): i32 {
  let total: usize = 0;
  for (let row = 0; row < count; row++) {
    const outcome = table + ((<usize>load<u8>(outcomes + <usize>row)) << OUTCOME_SHIFT);
    const kind = load<u8>(outcome, OUTCOME_KIND);
    if (kind === NO_KIND) return row;
    if (((wanted >> <i32>kind) & 1) === 0) continue;
    const index = (<usize>row) << 2;
    let bytes = <usize>(load<i32>(ends + index) - load<i32>(starts + index));
    if (kind !== 0) {
      const padCount = load<i32>(pads + index);
      // One more byte to close an open quote.
      bytes += <usize>(padCount < 0 ? 1 - padCount : padCount);
      bytes += <usize>load<u8>(outcome, OUTCOME_LENGTH);
    }
    total += bytes;
    if (total > room) return row;
    const field = result + KIND_FIELDS + <usize>kind * KIND_BYTES;
    store<u32>(field, load<u32>(field) + <u32>bytes);
  }
  return count;
}

/** Copies `[start, end)` to `to`; returns where the copy ends. */
function copy(start: usize, end: usize, to: usize): usize {
  const shift = to - start;
  for (let at = start; at < end; at += 16) v128.store(at + shift, v128.load(at));
  return end + shift;
}

/** Writes the missing cells of a row; if the count is complemented, closes its last quote first. */
function pad(to: usize, pads: i32, separator: u8): usize {
  let at = to;
  let left = pads;
  if (left < 0) {
    left = ~left;
    store<u8>(at++, QUOTE);
  }
  for (; left > 0; left--) store<u8>(at++, separator);
  return at;
}

function addCells(to: usize, outcome: usize): usize {
  v128.store(to, v128.load(outcome));
  v128.store(to, v128.load(outcome, 16), 16);
  return to + <usize>load<u8>(outcome, OUTCOME_LENGTH);
}

/** Copies the line end at the end of `[contentEnd, end)`, if any: LF, CRLF or CR. */
function copyLineEnd(contentEnd: usize, end: usize, to: usize): usize {
  let at = to;
  if (end === contentEnd) return at;
  const last = load<u8>(end - 1);
  if (last !== LF && last !== CR) return at;
  if (last === LF && end - 1 > contentEnd && load<u8>(end - 2) === CR) store<u8>(at++, CR);
  store<u8>(at++, last);
  return at;
}
