/**
 * Sends the rows of a block to the outputs of their verdicts, in AssemblyScript: what goes to one
 * output lies together behind the call, in the order of the rows.
 *
 *   [ callable ... ] gap [ blocked ... ] gap [ undecided ... ] gap
 *
 * Rows are copied 16 bytes at a time, so that up to 15 bytes behind one are overwritten, and then
 * again by the row that follows; behind the last one is a gap.
 */

const LF: u8 = 0x0a;
const CR: u8 = 0x0d;

const VERDICT_CALLABLE: i32 = 1;
const VERDICT_BLOCKED: i32 = 2;
const VERDICT_CALLABLE_OPT_IN: i32 = 3;
const VERDICT_MAX: i32 = 5;

const GAP_BYTES: usize = 16;
const KINDS: usize = 3;

/** A cell by its verdict: its text, at most 15 bytes, and in the last byte how many they are. */
const CELL_SHIFT: usize = 4;
const CELL_LENGTH: usize = 15;

// Fields of the result, i32 each: how many rows, then for each output where its rows begin and end
// and how many they are, then how many rows have each verdict.
const KIND_FIELDS: usize = 4;
const KIND_BYTES: usize = 12;
const KIND_END: usize = 4;
const KIND_ROWS: usize = 8;
const COUNTS: usize = 40;
const RESULT_BYTES: usize = 64;

/**
 * Divides as many of `count` rows as have room in `[into, intoEnd)`.
 *
 * @param block what `rowEnds` count from; `start`: where the first row begins
 * @param rowEnds behind each row, i32 each, ascending
 * @param verdicts one byte a row; the row before one that is none is the last
 * @param wanted bit 0, 1, 2: callable, blocked, undecided rows are written, not only counted
 * @param cells what is added to a row that is not callable, by its verdict
 * @param result gets 64 bytes
 */
export function partitionRows(
  block: usize,
  start: usize,
  rowEnds: usize,
  verdicts: usize,
  count: i32,
  into: usize,
  intoEnd: usize,
  wanted: i32,
  cells: usize,
  result: usize,
): void {
  memory.fill(result, 0, RESULT_BYTES);
  const room = intoEnd - into - GAP_BYTES * KINDS;
  const rows = measure(block, start, rowEnds, verdicts, count, room, wanted, cells, result);
  store<i32>(result, rows);
  // Where rows of each kind begin; ends advance as they are written.
  let at = into;
  for (let kind: usize = 0; kind < KINDS; kind++) {
    const field = result + KIND_FIELDS + kind * KIND_BYTES;
    const bytes = <usize>load<u32>(field);
    store<u32>(field, <u32>at);
    store<u32>(field + KIND_END, <u32>at);
    at += bytes + GAP_BYTES;
  }
  let rowStart = start;
  for (let row = 0; row < rows; row++) {
    const rowEnd = block + <usize>load<i32>(rowEnds + ((<usize>row) << 2));
    const verdict = <i32>load<u8>(verdicts + <usize>row);
    const kind = kindOf(verdict);
    const counter = result + COUNTS + ((<usize>verdict) << 2);
    store<i32>(counter, load<i32>(counter) + 1);
    if ((wanted >> kind) & 1) {
      const field = result + KIND_FIELDS + <usize>kind * KIND_BYTES;
      const to = <usize>load<u32>(field + KIND_END);
      const end =
        kind === 0
          ? copy(rowStart, rowEnd, to)
          : copyWithCell(rowStart, rowEnd, to, cells + ((<usize>verdict) << CELL_SHIFT));
      store<u32>(field + KIND_END, <u32>end);
      store<i32>(field + KIND_ROWS, load<i32>(field + KIND_ROWS) + 1);
    }
    rowStart = rowEnd;
  }
}

/** How many rows have room; leaves how many bytes each kind needs where it is to begin. */
function measure(
  block: usize,
  start: usize,
  rowEnds: usize,
  verdicts: usize,
  count: i32,
  room: usize,
  wanted: i32,
  cells: usize,
  result: usize,
): i32 {
  let rowStart = start;
  let total: usize = 0;
  for (let row = 0; row < count; row++) {
    const rowEnd = block + <usize>load<i32>(rowEnds + ((<usize>row) << 2));
    const verdict = <i32>load<u8>(verdicts + <usize>row);
    if (verdict === 0 || verdict > VERDICT_MAX) return row;
    const kind = kindOf(verdict);
    if ((wanted >> kind) & 1) {
      let bytes = rowEnd - rowStart;
      if (kind !== 0)
        bytes += <usize>load<u8>(cells + ((<usize>verdict) << CELL_SHIFT), CELL_LENGTH);
      total += bytes;
      if (total > room) return row;
      const field = result + KIND_FIELDS + <usize>kind * KIND_BYTES;
      store<u32>(field, load<u32>(field) + <u32>bytes);
    }
    rowStart = rowEnd;
  }
  return count;
}

/** The output of a verdict: 0 callable, 1 blocked, 2 undecided. */
function kindOf(verdict: i32): i32 {
  if (verdict === VERDICT_CALLABLE || verdict === VERDICT_CALLABLE_OPT_IN) return 0;
  return verdict === VERDICT_BLOCKED ? 1 : 2;
}

/** Copies `[start, end)` to `to`; returns where the copy ends. */
function copy(start: usize, end: usize, to: usize): usize {
  const shift = to - start;
  for (let at = start; at < end; at += 16) v128.store(at + shift, v128.load(at));
  return end + shift;
}

/** Copies a row with `cell` before its line end: LF, CRLF or, at the end of a file, CR or none. */
function copyWithCell(start: usize, end: usize, to: usize, cell: usize): usize {
  let contentEnd = end;
  if (contentEnd > start && load<u8>(contentEnd - 1) === LF) contentEnd--;
  if (contentEnd > start && load<u8>(contentEnd - 1) === CR) contentEnd--;
  const cellAt = copy(start, contentEnd, to);
  v128.store(cellAt, v128.load(cell));
  const lineEnd = cellAt + <usize>load<u8>(cell, CELL_LENGTH);
  // Both bytes of a CRLF, at once.
  store<u16>(lineEnd, load<u16>(contentEnd));
  return lineEnd + (end - contentEnd);
}
