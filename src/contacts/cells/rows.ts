/** How a contact file is split into rows, in the terms of `assembly/rows.ts`. */

export const QUOTE = 0x22;
export const LF = 0x0a;
export const CR = 0x0d;

/** The separator for a file whose rows are one cell each: no byte equals it. */
export const NO_SEPARATOR = 256;

export const ROWS_OK = 0;

/** What makes the structure of a row doubtful, one bit each. */
export const DOUBT = {
  textBehindQuote: 1,
  openQuote: 2,
  loneLineEnd: 4,
  moreCells: 8,
  nul: 16,
  /** Not a doubt yet: a quoted cell has line ends or NULs in it and must be looked into. */
  lookInto: 32,
  rowsInCell: 64,
} as const;

/** What the cells of a column are for: 0 = nothing, 1 to 239 = slot 0 to 238, or: */
export const ROLE_LOOKED_AT = 240;
/**
 * A column without a name in a file with a header. Columns after those with a role are the same.
 */
export const ROLE_BEYOND = 255;
export const SLOTS_MAX = 239;

/** What the scanner must know about a file. Structured-cloneable. */
export interface RowShape {
  readonly separator: number;
  /** {@link LF} if rows end with LF or CRLF, {@link CR} if they end with CR. */
  readonly lineEnd: number;
  /** Cells of the header or first row; shorter rows are padded to this. */
  readonly columns: number;
  /** By column; see {@link ROLE_LOOKED_AT}. */
  readonly roles: Uint8Array;
  readonly rowBytesMax: number;
}

/** Bytes to scan; `final`: the file ends at `end`, so a row may end there without a line end. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
  readonly final: boolean;
}

/** Which bytes besides the separator end an unquoted cell. */
type LineEnds = 'none' | 'any';

/**
 * The offset of the byte that ends the cell at `start`: the separator or, if `lineEnds` is `any`,
 * LF or CR; `end` if there is none.
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

/** The offset after the quote that closes the one at `start`; `end` if it is open. */
function behindQuoted(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end) {
    if (bytes[at] !== QUOTE) at++;
    else if (at + 1 < end && bytes[at + 1] === QUOTE) at += 2;
    else return at + 1;
  }
  return end;
}

/** The start and end of every cell in a row, alternating. For the few rows that are looked at. */
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
