import { isAscii, isUtf8 } from 'node:buffer';
import { TacetError } from '../errors.ts';
import { CHARSET_ASCII, CHARSET_UTF8, CHARSET_WINDOWS_1252 } from './cells.ts';
import { NO_SEPARATOR, RowTable, scanRows } from './rows.ts';

/** How a contact file is written, as found in its first bytes. */
export interface Dialect {
  readonly encoding: 'utf-8' | 'windows-1252';
  /** Begins with a byte order mark; every output then does. */
  readonly bom: boolean;
  /** null: every row is one cell. */
  readonly separator: ',' | ';' | '\t' | null;
  /** Of the first line; each row keeps its own. */
  readonly lineEnd: '\n' | '\r\n';
  readonly header: boolean;
}

/** What was found, in the terms of the scanner. */
export interface DetectedDialect {
  readonly dialect: Dialect;
  readonly charset: number;
  readonly separator: number;
  /** Where the first row begins: behind the byte order mark. */
  readonly start: number;
}

/** Bytes of the UTF-8 byte order mark. */
export const BOM_BYTES = 3;
const SEPARATORS = [',', ';', '\t'] as const;
const SAMPLE_ROWS_MAX = 1000;

/** The share of rows that must have the same number of columns for a separator to be one. */
const SEPARATOR_SHARE_MIN = 0.5;

const LF = 0x0a;
const CR = 0x0d;

/** The first bytes of a file; `final`: all of it. */
export interface FileHead {
  readonly bytes: Uint8Array;
  readonly final: boolean;
  readonly name: string;
}

/**
 * Finds encoding, byte order mark, separator and line end.
 * Errors: ERR_CSV for UTF-16, binary content, and files whose lines end with CR alone.
 */
export function detectDialect(
  head: FileHead,
  options: { header: boolean; rowBytesMax: number },
): DetectedDialect {
  const { bytes } = head;
  refuseBinary(head);
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const start = bom ? BOM_BYTES : 0;
  const charset = bom ? CHARSET_UTF8 : charsetOf(head);
  const firstLf = bytes.indexOf(LF);
  if (firstLf < 0 && bytes.subarray(0, bytes.length - 1).includes(CR)) {
    throw new TacetError('ERR_CSV', {
      what: 'lines end with CR alone',
      expected: 'LF or CRLF',
      where: head.name,
      fix: 'Save the file with Windows or Unix line ends',
    });
  }
  const separator = separatorOf(head, start, options.rowBytesMax);
  return {
    dialect: {
      encoding: charset === CHARSET_WINDOWS_1252 ? 'windows-1252' : 'utf-8',
      bom,
      separator,
      lineEnd: firstLf > 0 && bytes[firstLf - 1] === CR ? '\r\n' : '\n',
      header: options.header,
    },
    charset,
    separator: separator === null ? NO_SEPARATOR : separator.charCodeAt(0),
    start,
  };
}

function refuseBinary({ bytes, name }: FileHead): void {
  const utf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!utf16 && !bytes.includes(0)) return;
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  let got = utf16 ? 'UTF-16' : 'binary content (NUL bytes)';
  if (zip) got = 'a zip archive or a spreadsheet (.xlsx, .ods)';
  throw new TacetError('ERR_CSV', {
    what: 'not a text file that can be read',
    expected: 'UTF-8 or Windows-1252',
    got,
    where: name,
    fix: zip ? 'Export the sheet as CSV UTF-8' : 'Save the file as UTF-8',
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

/**
 * The separator that gives the most of the first rows the same number of columns, at least two; of
 * two that do equally well, the one that gives more columns. A separator must be in the first row.
 */
function separatorOf(head: FileHead, start: number, rowBytesMax: number): Dialect['separator'] {
  let best: Dialect['separator'] = null;
  let bestShare = SEPARATOR_SHARE_MIN;
  let bestColumns = 0;
  const table = new RowTable(SAMPLE_ROWS_MAX);
  for (const separator of SEPARATORS) {
    const shape = {
      separator: separator.charCodeAt(0),
      phoneColumn: -1,
      optInColumn: -1,
      rowBytesMax,
    };
    scanRows(head.bytes, { start, end: head.bytes.length, final: head.final }, shape, table);
    const { columns, share } = commonColumns(table.columnCounts.subarray(0, table.count));
    if (share > bestShare || (share === bestShare && columns > bestColumns)) {
      best = separator;
      bestShare = share;
      bestColumns = columns;
    }
  }
  return best;
}

/** The number of columns, two or more, that most rows have, and the share of rows that do. */
function commonColumns(counts: Int32Array): { columns: number; share: number } {
  const rowsByColumns = new Map<number, number>();
  for (const columns of counts) {
    if (columns > 1) rowsByColumns.set(columns, (rowsByColumns.get(columns) ?? 0) + 1);
  }
  let best = { columns: 0, share: 0 };
  if ((counts[0] ?? 0) < 2) return best;
  for (const [columns, rows] of rowsByColumns) {
    const share = rows / counts.length;
    if (share > best.share) best = { columns, share };
  }
  return best;
}
