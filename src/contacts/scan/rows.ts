/** How the rows of a contact file are told apart, in the terms of `assembly/rows.ts`. */

export const QUOTE = 0x22;
export const LF = 0x0a;
export const CR = 0x0d;

/** The separator of a file whose rows are one cell each: no byte equals it. */
export const NO_SEPARATOR = 256;

export const ROWS_OK = 0;

/** What makes the structure of a row doubtful, a bit each. */
export const DOUBT = {
  textBehindQuote: 1,
  openQuote: 2,
  loneLineEnd: 4,
  moreCells: 8,
  nul: 16,
  /** No doubt yet: a quoted cell has line ends or NULs in it, which are to be looked at. */
  lookInto: 32,
  rowsInCell: 64,
} as const;

/** What the cells of a column are for: 0 = nothing, 1 to 239 = slot 0 to 238, or: */
export const ROLE_LOOKED_AT = 240;
/** It has no name, in a file with a header; so have all columns behind those that have a role. */
export const ROLE_BEYOND = 255;
export const SLOTS_MAX = 239;

/** What the scanner must know of a file. Structured-cloneable. */
export interface RowShape {
  readonly separator: number;
  /** {@link LF} where rows end with LF or CRLF, {@link CR} where with CR. */
  readonly lineEnd: number;
  /** Cells of the header, or of the first row: what shorter rows are padded to. */
  readonly columns: number;
  /** By column; see {@link ROLE_LOOKED_AT}. */
  readonly roles: Uint8Array;
  readonly rowBytesMax: number;
}

/** Bytes to scan; `final`: the file ends at `end`, so that a row may end without a line end. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
  readonly final: boolean;
}

/** Which byte ends a cell that is not quoted, besides the separator. */
type LineEnds = 'none' | 'any';

/**
 * The offset of what ends the cell beginning at `start`: the separator or, if `lineEnds` are any,
 * LF or CR; `end` if neither comes.
 */
export function endOfCell(
  bytes: Uint8Array,
  start: number,
  end: number,
  separator: number,
  lineEnds: LineEnds = 'none',
): number {
  let at = start;
  if (at < end && bytes[at] === QUOTE) at = behindQuoted(bytes, at, end);
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte === separator) return at;
    if (lineEnds === 'any' && (byte === LF || byte === CR)) return at;
  }
  return end;
}

/** The offset behind the quote that closes the one at `start`; `end` if it is open. */
function behindQuoted(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end) {
    if (bytes[at] !== QUOTE) at++;
    else if (at + 1 < end && bytes[at + 1] === QUOTE) at += 2;
    else return at + 1;
  }
  return end;
}

/** Every cell of a row's content, as start and end in turn. For the few rows that are looked at. */
export function cellsOfRow(
  bytes: Uint8Array,
  start: number,
  contentEnd: number,
  separator: number,
): number[] {
  const offsets: number[] = [];
  let at = start;
  for (;;) {
    const end = endOfCell(bytes, at, contentEnd, separator);
    offsets.push(at, end);
    if (end >= contentEnd) return offsets;
    at = end + 1;
  }
}
