/**
 * Where the rows and cells of a contact file begin and end. RFC 4180 with the habits of
 * spreadsheets: a cell that begins with a quote runs to its closing quote, separators and line ends
 * included; a quote inside any other cell is a character like others; rows end with LF or CRLF.
 * Nothing here makes a string or an object per row.
 */

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** The separator of a file whose rows are one cell each: no byte equals it. */
export const NO_SEPARATOR = 256;

export const ROWS_OK = 0;
/** A row is longer than `rowBytesMax`. */
export const ROWS_TOO_LONG = 1;
/** The file ends inside a quoted cell. */
export const ROWS_OPEN_QUOTE = 2;

/** What the scanner must know of a file. Columns count from 0; -1 = no such column. */
export interface RowShape {
  readonly separator: number;
  readonly phoneColumn: number;
  readonly optInColumn: number;
  readonly rowBytesMax: number;
}

/** Bytes to scan; `final`: the file ends at `end`, so that a row may end without a line end. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
  readonly final: boolean;
}

/**
 * The rows one scan found, as offsets into the scanned bytes, reused from scan to scan. Row `i`
 * is `[rowEnds[i - 1], rowEnds[i])`, line end included; the first begins at `start`.
 * A cell the row does not have is empty: start = end = 0.
 */
export class RowTable {
  readonly rowsMax: number;
  readonly rowEnds: Int32Array;
  readonly phoneStarts: Int32Array;
  readonly phoneEnds: Int32Array;
  readonly optInStarts: Int32Array;
  readonly optInEnds: Int32Array;
  readonly columnCounts: Int32Array;
  count = 0;
  start = 0;
  /** Line ends inside the quoted cells of these rows. */
  quotedLines = 0;
  /** ROWS_OK, or what is wrong with the row after the last one found. */
  problem = ROWS_OK;

  /** @param memory where the arrays lie, one behind the other; default memory of its own */
  constructor(
    rowsMax: number,
    memory: { readonly buffer: ArrayBufferLike; readonly byteOffset: number } = {
      buffer: new ArrayBuffer(RowTable.bytesOf(rowsMax)),
      byteOffset: 0,
    },
  ) {
    const { buffer, byteOffset } = memory;
    const array = (index: number): Int32Array =>
      new Int32Array(buffer, byteOffset + index * rowsMax * 4, rowsMax);
    this.rowsMax = rowsMax;
    this.rowEnds = array(0);
    this.phoneStarts = array(1);
    this.phoneEnds = array(2);
    this.optInStarts = array(3);
    this.optInEnds = array(4);
    this.columnCounts = array(5);
  }

  /** Bytes of the arrays of a table. */
  static bytesOf(rowsMax: number): number {
    return rowsMax * 4 * 6;
  }

  /** Behind the last row found; `start` if there is none. */
  get end(): number {
    return this.count === 0 ? this.start : (this.rowEnds[this.count - 1] ?? this.start);
  }
}

/**
 * Finds up to `table.rowsMax` complete rows. A row that is not complete yet is left for the next
 * scan, which must begin at `table.end` and have more bytes.
 */
export function scanRows(
  bytes: Uint8Array,
  range: RowRange,
  shape: RowShape,
  table: RowTable,
): void {
  const { end, final } = range;
  const { separator, phoneColumn, optInColumn, rowBytesMax } = shape;
  const { rowsMax, rowEnds, phoneStarts, phoneEnds, optInStarts, optInEnds } = table;
  let row = 0;
  let rowStart = range.start;
  let quotedLines = 0;
  let problem = ROWS_OK;
  scan: while (row < rowsMax && rowStart < end) {
    phoneStarts[row] = phoneEnds[row] = optInStarts[row] = optInEnds[row] = 0;
    let column = 0;
    let quoted = false;
    let at = rowStart;
    for (;;) {
      const cellStart = at;
      if (bytes[at] === QUOTE) quoted = true;
      at = endOfCell(bytes, cellStart, end, separator);
      if (at < 0 || (at === end && !final)) {
        if (end - rowStart > rowBytesMax) problem = ROWS_TOO_LONG;
        else if (final) problem = ROWS_OPEN_QUOTE;
        break scan;
      }
      const rowEnded = at === end || bytes[at] === LF;
      if (column === phoneColumn || column === optInColumn) {
        const cellEnd = rowEnded && at > cellStart && bytes[at - 1] === CR ? at - 1 : at;
        if (column === phoneColumn) {
          phoneStarts[row] = cellStart;
          phoneEnds[row] = cellEnd;
        }
        if (column === optInColumn) {
          optInStarts[row] = cellStart;
          optInEnds[row] = cellEnd;
        }
      }
      column++;
      if (rowEnded) break;
      at++;
    }
    const rowEnd = at === end ? end : at + 1;
    if (rowEnd - rowStart > rowBytesMax) {
      problem = ROWS_TOO_LONG;
      break;
    }
    if (quoted) quotedLines += countLines(bytes, rowStart, rowEnd - 1);
    table.columnCounts[row] = column;
    rowEnds[row++] = rowEnd;
    rowStart = rowEnd;
  }
  table.count = row;
  table.start = range.start;
  table.quotedLines = quotedLines;
  table.problem = problem;
}

/**
 * The offset of the separator or LF that ends the cell beginning at `start`, `end` if neither
 * comes, or -1 if its quote is still open at `end`.
 */
function endOfCell(bytes: Uint8Array, start: number, end: number, separator: number): number {
  let at = start;
  if (at < end && bytes[at] === QUOTE) {
    at = behindQuoted(bytes, at, end);
    if (at < 0) return -1;
  }
  while (at < end) {
    const byte = bytes[at];
    if (byte === separator || byte === LF) return at;
    at++;
  }
  return end;
}

/** The offset behind the quote that closes the one at `start`, or -1. */
function behindQuoted(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end) {
    if (bytes[at] !== QUOTE) at++;
    else if (at + 1 < end && bytes[at + 1] === QUOTE) at += 2;
    else return at + 1;
  }
  return -1;
}

function countLines(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (bytes[at] === LF) count++;
  return count;
}

/** The end of a row's content: `rowEnd` without its LF, CRLF or, at the end of a file, CR. */
export function endOfContent(bytes: Uint8Array, rowStart: number, rowEnd: number): number {
  let end = rowEnd;
  if (end > rowStart && bytes[end - 1] === LF) end--;
  if (end > rowStart && bytes[end - 1] === CR) end--;
  return end;
}

/** Every cell of one row, as start and end in turn. For the few rows a file is judged by. */
export function cellsOfRow(
  bytes: Uint8Array,
  rowStart: number,
  rowEnd: number,
  separator: number,
): number[] {
  const end = endOfContent(bytes, rowStart, rowEnd);
  const offsets: number[] = [];
  let at = rowStart;
  for (;;) {
    const found = endOfCell(bytes, at, end, separator);
    const cellEnd = found < 0 ? end : found;
    offsets.push(at, cellEnd);
    if (cellEnd >= end) return offsets;
    at = cellEnd + 1;
  }
}
