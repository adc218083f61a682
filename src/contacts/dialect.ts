import { isAscii, isUtf8 } from 'node:buffer';
import type { Utf16 } from '../disk/encodings/utf-16.ts';
import { TacetError } from '../errors.ts';
import { CR, endOfCell, LF, NO_SEPARATOR } from './cells/rows.ts';
import { CHARSET_ASCII, CHARSET_UTF8, CHARSET_WINDOWS_1252 } from './cells/text.ts';
import { type FileHead, type SampleRow, sampleRows } from './columns/sample.ts';
import type { BlockModule } from './scan/block-module.ts';

/** The format of a contact file, as detected from its first bytes or given by the user. */
export interface Dialect {
  readonly encoding: 'utf-8' | 'windows-1252' | Utf16;
  /** Begins with a byte order mark; so will every output. */
  readonly bom: boolean;
  /** One character; null if every row is one cell. */
  readonly separator: string | null;
  /** The line end of the first line; each row keeps its own. */
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly header: boolean;
}

/** What was detected, in the scanner's terms. */
export interface DetectedDialect {
  readonly dialect: Dialect;
  readonly charset: number;
  readonly separator: number;
  readonly lineEnd: number;
  /** The bytes before this offset begin every output: a byte order mark, a line `sep=X`. */
  readonly prefixEnd: number;
  /** Where the first row begins. */
  readonly start: number;
  readonly rows: readonly SampleRow[];
}

/** What the user said about the file. */
interface DialectOptions {
  readonly header: boolean;
  readonly rowBytesMax: number;
  /** One character; undefined = detect it. */
  readonly separator: string | undefined;
  /** Lines above the first row. */
  readonly skipLines: number;
  /** Set if the file was UTF-16: it is read as UTF-8 without its mark. */
  readonly utf16: Utf16 | undefined;
}

/** Bytes of the UTF-8 byte order mark. */
export const BOM_BYTES = 3;
const SEPARATORS = [',', ';', '\t', '|'] as const;

/**
 * A character from the first row counts as the separator if this share of rows has several cells.
 * If it is not in the first row, this share must even have the same number of cells.
 */
const SEPARATOR_SHARE_MIN = 0.5;

/** `sep=;`, quoted or not, with its line end: this tells spreadsheets the separator. */
const SEP_LINE = /^"?sep=([^\r\n])"?(?:\r\n|\n|\r|$)/i;

/** Not allowed as separators: they are part of phone numbers, names or the scanner's own syntax. */
const NO_SEPARATORS = /[\p{L}\p{N}"+\r\n\0]|[^\0-\x7f]/u;

/** Whether this character may be a separator: ASCII, and not a letter, digit or quote. */
export function isSeparator(text: string): boolean {
  return text.length === 1 && !NO_SEPARATORS.test(text);
}

/**
 * Detects encoding, byte order mark, line end and separator, and finds the first rows.
 * Errors: ERR_CSV if the file is not text; ERR_USAGE if the user's options do not fit the file.
 */
export function detectDialect(
  module: BlockModule,
  head: FileHead,
  options: DialectOptions,
): DetectedDialect {
  const { bytes } = head;
  refuseZip(head);
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const charset = bom || options.utf16 !== undefined ? CHARSET_UTF8 : charsetOf(head);
  const bomEnd = bom ? BOM_BYTES : 0;
  const sepLine = sepLineOf(head, bomEnd, options);
  const start = behindLines(head, sepLine.end, options.skipLines);
  const told = options.separator ?? sepLine.separator;
  const found = told === undefined ? separatorOf(module, head, start, options) : told;
  const separator = found === null ? NO_SEPARATOR : found.charCodeAt(0);
  const firstEnd = firstLineEnd(head, start, separator);
  const lineEnd = lineEndByte(bytes, firstEnd);
  const { rowBytesMax } = options;
  return {
    dialect: {
      encoding: options.utf16 ?? (charset === CHARSET_WINDOWS_1252 ? 'windows-1252' : 'utf-8'),
      bom: bom || options.utf16 !== undefined,
      separator: found,
      lineEnd: lineEnd === CR ? '\r' : bytes[firstEnd] === CR ? '\r\n' : '\n',
      header: options.header,
    },
    charset,
    separator,
    lineEnd,
    prefixEnd: sepLine.end,
    start,
    rows: sampleRows(module, head, start, { separator, lineEnd, rowBytesMax }),
  };
}

function refuseZip({ bytes, name }: FileHead): void {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b || (bytes[2] ?? 9) > 8) return;
  throw new TacetError('ERR_CSV', {
    what: 'not a text file that can be read',
    expected: 'UTF-8, Windows-1252, or UTF-16 with its mark',
    got: 'a zip archive or a spreadsheet (.xlsx, .ods)',
    where: name,
    fix: 'Export the sheet as CSV UTF-8',
  });
}

function charsetOf({ bytes, final }: FileHead): number {
  let end = bytes.length;
  // The head may end inside a character of up to four bytes.
  for (let cut = 0; !final && cut < 4 && end > 0 && (bytes[end - 1] ?? 0) >= 0x80; cut++) end--;
  const text = bytes.subarray(0, end);
  if (!isUtf8(text)) return CHARSET_WINDOWS_1252;
  return isAscii(text) ? CHARSET_ASCII : CHARSET_UTF8;
}

/** The line `sep=X` at the beginning of the file, if any; `end` is the offset after it. */
function sepLineOf(
  { bytes, name }: FileHead,
  start: number,
  { separator: told }: DialectOptions,
): { readonly end: number; readonly separator: string | undefined } {
  const text = Buffer.from(bytes.subarray(start, start + 9)).toString('latin1');
  const [line, separator] = SEP_LINE.exec(text) ?? [];
  if (line === undefined || separator === undefined) return { end: start, separator: undefined };
  if (!isSeparator(separator)) {
    throw new TacetError('ERR_CSV', {
      what: 'the first line names a separator that is none',
      where: name,
      fix: 'Mend the line sep=X, or skip it with --skip-lines 1 and say --separator',
    });
  }
  if (told !== undefined && told !== separator) {
    throw new TacetError('ERR_USAGE', {
      what: 'the first line of the file (sep=X) names another separator than --separator',
      where: name,
      fix: 'Leave --separator out, or mend the first line',
    });
  }
  return { end: start + line.length, separator };
}

/** The offset after `count` lines; all lines end like the first of them. */
function behindLines({ bytes, name }: FileHead, start: number, count: number): number {
  if (count === 0) return start;
  let at = start;
  const first = bytes.findIndex((byte, index) => index >= start && (byte === LF || byte === CR));
  const lineEnd = lineEndByte(bytes, first < 0 ? bytes.length : first);
  for (let line = 0; line < count; line++) {
    const end = bytes.indexOf(lineEnd, at);
    if (end < 0 || end + 1 >= bytes.length) {
      throw new TacetError('ERR_USAGE', {
        what: `--skip-lines ${count}: nothing is left behind these lines`,
        where: name,
        fix: 'Count the lines above the header',
      });
    }
    at = end + 1;
  }
  return at;
}

/** CR if the line end at `at` is a CR without an LF after it, else LF. */
function lineEndByte(bytes: Uint8Array, at: number): number {
  return bytes[at] === CR && bytes[at + 1] !== LF ? CR : LF;
}

/** The offset of the first line end outside quotes, or of the end of the bytes. */
function firstLineEnd({ bytes }: FileHead, start: number, separator: number): number {
  let at = start;
  for (;;) {
    at = endOfCell(bytes, at, bytes.length, separator, 'any');
    if (at >= bytes.length || bytes[at] !== separator) return at;
    at++;
  }
}

/**
 * The separator that gives the most of the first rows the same number of columns, at least two; in
 * a tie, the one that gives more columns. A separator that is in the first row beats one that is
 * not: a first row without the separator may be a title.
 */
function separatorOf(
  module: BlockModule,
  head: FileHead,
  start: number,
  { rowBytesMax }: DialectOptions,
): string | null {
  let best: { separator: string; first: boolean; share: number; columns: number } | undefined;
  for (const candidate of SEPARATORS) {
    const separator = candidate.charCodeAt(0);
    const lineEnd = lineEndByte(head.bytes, firstLineEnd(head, start, separator));
    // Blank lines say nothing about the separator.
    const rows = sampleRows(module, head, start, { separator, lineEnd, rowBytesMax }).filter(
      (row) => row.contentEnd > row.start,
    );
    const found = {
      separator: candidate,
      first: (rows[0]?.cells ?? 0) > 1,
      ...commonColumns(rows),
    };
    const several = rows.filter(({ cells }) => cells > 1).length / rows.length;
    const isOne = (found.first ? several : found.share) > SEPARATOR_SHARE_MIN;
    if (isOne && (best === undefined || isBetter(found, best))) best = found;
  }
  return best?.separator ?? null;
}

type Found = { readonly first: boolean; readonly share: number; readonly columns: number };

function isBetter(one: Found, other: Found): boolean {
  if (one.first !== other.first) return one.first;
  if (one.share !== other.share) return one.share > other.share;
  return one.columns > other.columns;
}

/** The number of columns, two or more, that most rows have, and the share of rows that do. */
function commonColumns(rows: readonly SampleRow[]): { columns: number; share: number } {
  const rowsByColumns = new Map<number, number>();
  for (const { cells } of rows) {
    if (cells > 1) rowsByColumns.set(cells, (rowsByColumns.get(cells) ?? 0) + 1);
  }
  let best = { columns: 0, share: 0 };
  for (const [columns, count] of rowsByColumns) {
    const share = count / rows.length;
    if (share > best.share) best = { columns, share };
  }
  return best;
}
