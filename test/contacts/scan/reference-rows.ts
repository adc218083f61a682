import type { RowRange, RowShape } from '#tacet/contacts/cells/rows.js';

/**
 * The scanner of blocks once more, written the plain and slow way: byte by byte, cell by cell. Only
 * tests use it, to judge `src/contacts/scan/assembly/rows.ts`.
 */

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

const TEXT_BEHIND_QUOTE = 1;
const OPEN_QUOTE = 2;
const LONE_LINE_END = 4;
const MORE_CELLS = 8;
const NUL = 16;
const LOOK_INTO = 32;

const LOOKED_AT = 240;
const BEYOND = 255;

/** Digits of a phone number at least, and bytes of a cell that may hold one. */
/** What a cell that is not filled may hold. */
const BLANKS = [...Array.from({ length: 33 }, (_, byte) => byte), QUOTE];
const NUMBER_MIN = 8;

export interface ReferenceCell {
  readonly start: number;
  readonly end: number;
}

export interface ReferenceRow {
  readonly start: number;
  readonly contentEnd: number;
  readonly end: number;
  readonly pads: number;
  readonly doubts: number;
  readonly cells: readonly ReferenceCell[];
  readonly quotedLines: number;
}

export interface ReferenceScan {
  readonly rows: readonly ReferenceRow[];
  /** 0, or 1 where the row behind the last one is too long. */
  readonly problem: number;
  readonly doubtful: number;
  readonly uneven: number;
  readonly pads: number;
  /** Row, column, start, end. */
  readonly candidates: readonly (readonly [number, number, number, number])[];
  /** Line ends inside of quoted cells that are closed. */
  readonly quotedLines: number;
  /** By column. */
  readonly filled: readonly number[];
  /** Behind the last row. */
  readonly end: number;
}

/** How much a scan finds at most. */
export interface ReferenceLimits {
  readonly rowsMax: number;
  readonly candidatesMax: number;
}

/** Scans `bytes` as `scanRows` is to do it. */
export function scanReference(
  bytes: Uint8Array,
  range: RowRange,
  shape: RowShape,
  { rowsMax, candidatesMax }: ReferenceLimits,
): ReferenceScan {
  const rows: ReferenceRow[] = [];
  const candidates: [number, number, number, number][] = [];
  const filled: number[] = Array.from(shape.roles, () => 0);
  const named = shape.roles.filter((role) => role !== 0).length;
  let problem = 0;
  let uneven = 0;
  let at = range.start;
  while (rows.length < rowsMax && at < range.end && candidates.length <= candidatesMax - named) {
    const row = readRow(bytes, { ...range, start: at }, shape);
    if ((row?.end ?? range.end) - at > shape.rowBytesMax) problem = 1;
    if (row === undefined || problem !== 0) break;
    row.cells.forEach((cell, column) => {
      if (!isOnly(bytes, cell, BLANKS)) filled[column] = (filled[column] ?? 0) + 1;
      if (shape.roles[column] !== LOOKED_AT) return;
      if (mayBeNumber(bytes, cell)) candidates.push([rows.length, column, cell.start, cell.end]);
    });
    if (row.cells.length !== shape.columns) uneven++;
    rows.push(row);
    at = row.end;
  }
  const quotedLines = rows.reduce((sum, row) => sum + row.quotedLines, 0);
  const doubtful = rows.filter(({ doubts }) => doubts !== 0).length;
  const pads = rows.reduce((sum, row) => sum + Math.max(row.pads, ~row.pads), 0);
  return { rows, problem, doubtful, uneven, pads, candidates, quotedLines, filled, end: at };
}

/** The row at `start`; undefined if it is not whole. */
function readRow(bytes: Uint8Array, range: RowRange, shape: RowShape): ReferenceRow | undefined {
  const { start, end, final } = range;
  const { columns, roles, separator } = shape;
  const cells: ReferenceCell[] = [];
  let doubts = 0;
  let quotedLines = 0;
  let at = start;
  for (;;) {
    const cell = readCell(bytes, { start: at, end, final }, shape);
    if (cell === undefined) return undefined;
    doubts |= cell.doubts;
    quotedLines += cell.quotedLines;
    const isBeyond = (roles[cells.length] ?? BEYOND) === BEYOND;
    if (isBeyond && !isOnly(bytes, { start: at, end: cell.end }, [SPACE, TAB, QUOTE])) {
      doubts |= MORE_CELLS;
    }
    cells.push({ start: at, end: cell.end });
    at = cell.end;
    if (at === end || bytes[at] !== separator) break;
    at++;
  }
  const rowEnd = at + lineEndLength(bytes, at, end, shape);
  // Empty cells behind those of the header are none of the content.
  const isTrimmed = cells.length > columns && (doubts & MORE_CELLS) === 0;
  const contentEnd = isTrimmed ? (cells[columns]?.start ?? 0) - 1 : at;
  const pads = Math.max(columns - cells.length, 0);
  const isOpen = (doubts & OPEN_QUOTE) !== 0 && !isTrimmed;
  const kept = isOpen ? ~pads : pads;
  return { start, contentEnd, end: rowEnd, pads: kept, doubts, cells, quotedLines };
}

/** How many bytes the line end at `at` has; 0 if there is none that ends a row. */
function lineEndLength(
  bytes: Uint8Array,
  at: number,
  end: number,
  { lineEnd }: Pick<RowShape, 'lineEnd'>,
): number {
  if (at >= end) return 0;
  if (bytes[at] === lineEnd) return 1;
  return bytes[at] === CR && at + 1 < end && bytes[at + 1] === LF ? 2 : 0;
}

function readCell(
  bytes: Uint8Array,
  { start, end, final }: RowRange,
  shape: RowShape,
): { end: number; doubts: number; quotedLines: number } | undefined {
  const { separator } = shape;
  let doubts = 0;
  let quotedLines = 0;
  let at = start;
  if (at < end && bytes[at] === QUOTE) {
    const behind = behindQuoted(bytes, at, end);
    if (behind === undefined) {
      return final ? { end, doubts: OPEN_QUOTE | LOOK_INTO, quotedLines } : undefined;
    }
    quotedLines = countLinesReference(bytes.subarray(start, behind), shape.lineEnd);
    if (isToBeLookedInto(bytes.subarray(start, behind), shape)) doubts |= LOOK_INTO;
    at = behind;
    let next = behind;
    while (next < end && bytes[next] === SPACE && separator !== SPACE) next++;
    const ends = [separator, LF, CR];
    if (next < end && !ends.includes(bytes[next] ?? 0)) doubts |= TEXT_BEHIND_QUOTE;
  }
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte === separator || lineEndLength(bytes, at, end, shape) > 0) {
      return { end: at, doubts, quotedLines };
    }
    if (byte === CR && at + 1 === end && !final) return undefined;
    if (byte === 0) doubts |= NUL;
    if (byte === CR || byte === LF) doubts |= LONE_LINE_END;
  }
  return final ? { end, doubts, quotedLines } : undefined;
}

function behindQuoted(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (at + 1 === end || bytes[at + 1] !== QUOTE) return at + 1;
    at++;
  }
  return undefined;
}

/** Whether a quoted cell has line ends or NULs, and what could be a row in it. */
function isToBeLookedInto(cell: Uint8Array, { separator, columns }: RowShape): boolean {
  const bytes = [...cell];
  const count = (test: (byte: number) => boolean) => bytes.filter(test).length;
  if (count((byte) => byte === LF || byte === CR || byte === 0) === 0) return false;
  if (bytes.includes(0)) return true;
  // One line without a separator, whatever blank lines are around it, is no row.
  const lines = Buffer.from(cell)
    .toString('latin1')
    .split(/[\r\n]/);
  const filled = lines.filter((line) => /[^\0- "]/.test(line));
  if (filled.length < 2 && !bytes.includes(separator)) return false;
  return (
    count((byte) => byte > 0xd8) > 0 ||
    count((byte) => byte >= 0x30 && byte <= 0x39) >= NUMBER_MIN ||
    count((byte) => byte === separator) >= Math.max(1, columns - 1)
  );
}

function isOnly(bytes: Uint8Array, { start, end }: ReferenceCell, those: number[]): boolean {
  return bytes.subarray(start, end).every((byte) => those.includes(byte));
}

/** Whether a cell is long enough for a number and begins as one may, spaces aside. */
function mayBeNumber(bytes: Uint8Array, { start, end }: ReferenceCell): boolean {
  let at = start;
  while (at < end && bytes[at] === SPACE) at++;
  const byte = bytes[at] ?? 0;
  if (end - at < NUMBER_MIN) return false;
  if (byte >= 0x80) return byte < 0xc3 || byte > 0xd8;
  return (
    byte < 0x20 || byte === 0x7f || '0123456789+([=\'"./-tT'.includes(String.fromCharCode(byte))
  );
}

/** Where the last whole row of `[start, end)` ends. */
export function lastRowEndReference(
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  shape: RowShape,
): number {
  let at = range.start;
  for (;;) {
    const row =
      at < range.end ? readRow(bytes, { ...range, start: at, final: false }, shape) : undefined;
    if (row === undefined) return at;
    at = row.end;
  }
}

/** How many lines end in `bytes`: LF ends them or, where that ends the rows, CR. */
export function countLinesReference(bytes: Uint8Array, lineEnd: number): number {
  return bytes.filter((byte) => byte === lineEnd).length;
}
