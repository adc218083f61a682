import { classifyKey } from '../../phone/plan.ts';
import { VERDICT_UNREADABLE } from '../../verdict/verdict.ts';
import { PhoneCellReader } from './phone-cells.ts';
import { CR, DOUBT, endOfCell, LF, QUOTE, type RowShape } from './rows.ts';

const BITS = {
  'text-behind-quote': DOUBT.textBehindQuote,
  'open-quote': DOUBT.openQuote,
  'lone-line-end': DOUBT.loneLineEnd,
  'more-cells': DOUBT.moreCells,
  'rows-in-cell': DOUBT.rowsInCell,
  nul: DOUBT.nul,
} as const;

export type DoubtKind = keyof typeof BITS;

/** Why the structure of a row is in doubt, as printed and in that order. */
export const DOUBT_KINDS = Object.keys(BITS) as readonly DoubtKind[]; // BITS has no other keys

/** How long a quoted cell may be to be searched for rows; a longer one is in doubt. */
const CELL_BYTES_MAX = 65_536;

/** The kinds of a row's doubts. */
export function doubtKindsOf(doubts: number): DoubtKind[] {
  return DOUBT_KINDS.filter((kind) => (doubts & BITS[kind]) !== 0);
}

/** The bounds of a row. */
interface RowBounds {
  readonly start: number;
  readonly contentEnd: number;
}

/** Looks into quoted cells in which the scanner only noticed line ends or NULs. */
export class QuotedCells {
  readonly #shape: Pick<RowShape, 'separator'>;
  readonly #separatorsMin: number;
  readonly #phones: PhoneCellReader;

  /** @param columns cells of the header: a line with as many cells is a row */
  constructor(shape: Pick<RowShape, 'separator'>, columns: number, charset: number) {
    this.#shape = shape;
    this.#separatorsMin = Math.max(1, columns - 1);
    this.#phones = new PhoneCellReader(charset);
  }

  /** A row's doubts after looking into its quoted cells; 0 = none. */
  settle(bytes: Uint8Array, row: RowBounds, doubts: number): number {
    if ((doubts & DOUBT.lookInto) === 0) return doubts;
    let found = doubts & ~DOUBT.lookInto;
    const { separator } = this.#shape;
    for (let at = row.start; at < row.contentEnd; at++) {
      const start = at;
      at = endOfCell(bytes, start, row.contentEnd, separator);
      if (bytes[start] !== QUOTE) continue;
      const special = specialsIn(bytes, start, at);
      if ((special & HAS_NUL) !== 0) found |= DOUBT.nul;
      if ((special & HAS_LINE_END) !== 0 && this.#holdsRow(bytes, start + 1, at)) {
        found |= DOUBT.rowsInCell;
      }
    }
    return found;
  }

  /** Whether a line of a cell with line ends looks like a row of this file. */
  #holdsRow(bytes: Uint8Array, start: number, end: number): boolean {
    const lines = linesOf(bytes, start, end).filter(([from, to]) => !isBlank(bytes, from, to));
    if (end - start > CELL_BYTES_MAX) return true;
    // A number with a line end before or after it is read like any other.
    const isAlone = lines.length === 1;
    return lines.some(([from, to]) => this.#isRow(bytes, from, to, isAlone));
  }

  #isRow(bytes: Uint8Array, start: number, end: number, isAlone: boolean): boolean {
    const { separator } = this.#shape;
    let separators = 0;
    for (let at = start; at < end; at++) if (bytes[at] === separator) separators++;
    if (separators >= this.#separatorsMin) return true;
    if (isAlone && separators === 0) return false;
    let cellStart = start;
    for (let at = start; at <= end; at++) {
      if (at < end && bytes[at] !== separator) continue;
      if (this.#isPhone(bytes, cellStart, at)) return true;
      cellStart = at + 1;
    }
    return false;
  }

  #isPhone(bytes: Uint8Array, start: number, end: number): boolean {
    // Quotes are doubled inside a quoted cell, and the last one closes it.
    let from = start;
    let to = end;
    while (from < to && bytes[from] === QUOTE) from++;
    while (to > from && bytes[to - 1] === QUOTE) to--;
    const key = this.#phones.key(bytes, from, to);
    return key > 0 && classifyKey(key) !== VERDICT_UNREADABLE;
  }
}

const HAS_LINE_END = 1;
const HAS_NUL = 2;

/** Which special bytes a cell has, one bit each. */
function specialsIn(bytes: Uint8Array, start: number, end: number): number {
  let found = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number; // end is within the bytes
    if (byte > CR) continue;
    if (byte === LF || byte === CR) found |= HAS_LINE_END;
    if (byte === 0) found |= HAS_NUL;
  }
  return found;
}

/** Whether there is nothing but blanks and quotes. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number; // end is within the bytes
    if (byte > 0x20 && byte !== QUOTE) return false;
  }
  return true;
}

/** The lines of a cell, as start and end; they end with LF, CRLF or CR. */
function linesOf(bytes: Uint8Array, start: number, end: number): [number, number][] {
  const lines: [number, number][] = [];
  let lineStart = start;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== LF && bytes[at] !== CR) continue;
    lines.push([lineStart, at]);
    if (bytes[at] === CR && bytes[at + 1] === LF) at++;
    lineStart = at + 1;
  }
  lines.push([lineStart, end]);
  return lines;
}
