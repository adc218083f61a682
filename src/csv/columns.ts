import { TacetError } from '../errors.ts';
import { classifyKey } from '../phone/plan.ts';
import { readPhoneNumber } from '../phone/read.ts';
import { cellText, decodePhoneCell, PHONE_CELL_BYTES_MAX } from './cells.ts';
import { cellsOfRow, RowTable, scanRows } from './rows.ts';

const SAMPLE_ROWS_MAX = 1000;

/** The share of a column's cells, empty ones aside, that makes it one of phone numbers. */
const COVERED_SHARE_MIN = 0.6;
const VERDICT_COVERED = 1;

/** A header that is a number of at least 7 digits is a contact, not a name. */
const PHONE_KEY_MIN = 1_000_000;

/** How many header names a message lists, and how much of each. */
const NAMES_LISTED_MAX = 40;
const NAME_LISTED_CHARACTERS_MAX = 40;

/** Names of a column that holds the phone number, without accents, spaces and punctuation. */
const PHONE_NAMES = new Set(
  `phone phonenumber phoneno phonenr phonenumbers telephone telephonenumber telephoneno tel telno
   telnr telnumber telnummer telefoon telefoonnummer telefoonnr telefon telefonnummer gsm gsmnummer
   gsmnr gsmnumber numerogsm numerodegsm nogsm numgsm mobile mobilephone mobilenumber
   mobilephonenumber mobiel mobielnummer mobielnr mobil mobilnummer portable numerodetelephone numerotelephone
   numtelephone numtel notel notelephone ntel ntelephone nrtel msisdn cellphone cellphonenumber
   handy handynummer phonee164 e164`.split(/\s+/),
);

/** Names of columns whose digits look like phone numbers but are not to be called. */
const OTHER_NAMES = new RegExp(
  'fax|vat|btw|tva|kbo|bce|enterprise|entreprise|onderneming|iban|account|rekening|compte|klant' +
    '|client|customer|birth|geboort|naissance|date|datum|(^|[^a-z])(id|nis|nrn)($|[^a-z])',
);

/** With one of these in its name too, a column is judged by what is in it: `customer_phone`. */
const PHONE_WORDS = /phone|telef|gsm|mobi/;

/** Dates in the usual writings: their digits read as a phone number. */
const DATE_SHAPE =
  /^\s*(\d{1,2}[/.-]\d{1,2}[/.-](\d\d)?\d\d|(19|20)\d\d[/.-]\d{1,2}[/.-]\d{1,2})\s*($|[T\s]\s*\d)/;

/** A plus, a trunk zero, or nine digits: eight bare digits may be a date or a customer's number. */
const PHONE_SHAPE = /^[^\d+]*(\+|0|\d(\D*\d){8})/;

/** A column of a contact file, as the user sees it. */
export interface Column {
  /** From 1. */
  readonly number: number;
  /** Its header; null without a header row. */
  readonly name: string | null;
}

/** The first bytes of a file, with what is known of how to read them. */
export interface TableHead {
  readonly bytes: Uint8Array;
  /** Where the first row begins. */
  readonly start: number;
  readonly final: boolean;
  readonly separator: number;
  readonly charset: number;
  readonly header: boolean;
  readonly rowBytesMax: number;
  readonly name: string;
}

/** The first rows of a file as cells; row 0 is the header if there is one. */
export class TableSample {
  readonly head: TableHead;
  /** Cells of each row, as start and end in turn. */
  readonly rows: readonly (readonly number[])[];
  /** Header names; empty without a header. */
  readonly names: readonly string[];

  constructor(head: TableHead) {
    this.head = head;
    this.rows = sampleRows(head);
    const first = this.rows[0] ?? [];
    this.names = head.header
      ? cellsOf(first).map(([start, end]) => cellText(head.bytes, start, end, head.charset))
      : [];
  }

  /** How many columns the first row has. */
  get columnCount(): number {
    return (this.rows[0]?.length ?? 0) / 2;
  }

  /** The key in one cell, or 0 or less; null if the cell is empty or missing. */
  keyAt(row: number, column: number): number | null {
    const start = this.rows[row]?.[column * 2];
    const end = this.rows[row]?.[column * 2 + 1];
    if (start === undefined || end === undefined) return null;
    const text = new Uint8Array(PHONE_CELL_BYTES_MAX);
    const { bytes, charset } = this.head;
    const length = decodePhoneCell(bytes, { start, end }, charset, text, 0);
    return length === 0 ? null : readPhoneNumber(text, 0, length, true);
  }

  /** The text of one cell; empty if it is missing. */
  textAt(row: number, column: number): string {
    const start = this.rows[row]?.[column * 2] ?? 0;
    const end = this.rows[row]?.[column * 2 + 1] ?? 0;
    return cellText(this.head.bytes, start, end, this.head.charset);
  }
}

function sampleRows(head: TableHead): number[][] {
  const { bytes, start, final, separator, rowBytesMax } = head;
  const table = new RowTable(SAMPLE_ROWS_MAX);
  const shape = { separator, phoneColumn: -1, optInColumn: -1, rowBytesMax };
  scanRows(bytes, { start, end: bytes.length, final }, shape, table);
  const rows: number[][] = [];
  let rowStart = start;
  for (const rowEnd of table.rowEnds.subarray(0, table.count)) {
    rows.push(cellsOfRow(bytes, rowStart, rowEnd, separator));
    rowStart = rowEnd;
  }
  return rows;
}

function cellsOf(offsets: readonly number[]): [number, number][] {
  const cells: [number, number][] = [];
  for (let index = 0; index + 1 < offsets.length; index += 2) {
    cells.push([offsets[index] ?? 0, offsets[index + 1] ?? 0]);
  }
  return cells;
}

/**
 * The phone column: the one asked for, or the only one that is clearly it, by its header name or
 * because at least 60 % of its first cells are written like phone numbers and covered by the list.
 * The column of the opt-ins is none.
 * Errors: ERR_USAGE where there is none, more than one, or where the header row is a contact.
 */
export function choosePhoneColumn(
  sample: TableSample,
  asked: string | number | undefined,
  optInColumn: Column | null,
): Column {
  const column =
    asked === undefined ? onlyPhones(sample, optInColumn) : findColumn(sample, asked, '--column');
  refuseContactAsHeader(sample, [column.number - 1]);
  return column;
}

function onlyPhones(sample: TableSample, optInColumn: Column | null): Column {
  const candidates = columnsOf(sample).filter(
    (column) => column + 1 !== optInColumn?.number && looksLikePhones(sample, column),
  );
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return columnAt(sample, only);
  refuseContactAsHeader(sample, columnsOf(sample));
  throw new TacetError('ERR_USAGE', {
    what:
      candidates.length === 0
        ? 'no column is clearly the phone number'
        : `more than one column may be the phone number: ${listColumns(sample, candidates)}`,
    where: sample.head.name,
    fix: `Name it with --column; ${describeColumns(sample)}`,
  });
}

/** Finds a column by header name (exact, else without regard to case) or by number from 1. */
export function findColumn(sample: TableSample, asked: string | number, option: string): Column {
  const wanted = String(asked);
  const folded = wanted.trim().toLowerCase();
  const { names, columnCount } = sample;
  let found = typeof asked === 'number' ? [] : indexesWhere(names, (name) => name === wanted);
  if (found.length === 0 && typeof asked !== 'number') {
    found = indexesWhere(names, (name) => name.trim().toLowerCase() === folded);
  }
  if (found.length > 1) {
    throw new TacetError('ERR_USAGE', {
      what: `${found.length} columns have this name: ${listColumns(sample, found)}`,
      where: option,
      fix: 'Give the number of the column instead',
    });
  }
  if (found[0] !== undefined) return columnAt(sample, found[0]);
  const number = /^\d{1,9}$/.test(folded) ? Number(folded) : 0;
  if (number >= 1 && number <= columnCount) return columnAt(sample, number - 1);
  refuseContactAsHeader(sample, columnsOf(sample));
  throw new TacetError('ERR_USAGE', {
    what: `no column ${JSON.stringify(wanted)} in ${sample.head.name}`,
    where: option,
    fix: `Name one of its columns; ${describeColumns(sample)}`,
  });
}

function indexesWhere(names: readonly string[], test: (name: string) => boolean): number[] {
  return names.flatMap((name, index) => (test(name) ? [index] : []));
}

function columnAt(sample: TableSample, column: number): Column {
  return { number: column + 1, name: sample.names[column] ?? null };
}

function columnsOf(sample: TableSample): number[] {
  return Array.from({ length: sample.columnCount }, (_, column) => column);
}

/**
 * A contact taken for the header would be lost without a word, or printed in a message as if it
 * were names: none of these columns may have a phone number in the header row.
 */
function refuseContactAsHeader(sample: TableSample, columns: readonly number[]): void {
  if (!sample.head.header) return;
  for (const column of columns) {
    if ((sample.keyAt(0, column) ?? 0) < PHONE_KEY_MIN) continue;
    throw new TacetError('ERR_USAGE', {
      what: `the first row is not a header: column ${column + 1} of it is a phone number`,
      where: sample.head.name,
      fix: 'Use --no-header',
    });
  }
}

function looksLikePhones(sample: TableSample, column: number): boolean {
  const name = (sample.names[column] ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  if (PHONE_NAMES.has(name.replace(/[^a-z0-9]/g, ''))) return true;
  if (OTHER_NAMES.test(name) && !PHONE_WORDS.test(name)) return false;
  let filled = 0;
  let covered = 0;
  for (let row = sample.head.header ? 1 : 0; row < sample.rows.length; row++) {
    const key = sample.keyAt(row, column);
    if (key === null) continue;
    filled++;
    if (key <= 0 || classifyKey(key) !== VERDICT_COVERED) continue;
    const text = sample.textAt(row, column);
    if (PHONE_SHAPE.test(text) && !DATE_SHAPE.test(text)) covered++;
  }
  return filled > 0 && covered / filled >= COVERED_SHARE_MIN;
}

function listColumns(sample: TableSample, columns: readonly number[]): string {
  return columns
    .slice(0, NAMES_LISTED_MAX)
    .map((column) => {
      const name = sample.names[column];
      return name === undefined ? `${column + 1}` : `${column + 1} ${quoteName(name)}`;
    })
    .join(', ');
}

function describeColumns(sample: TableSample): string {
  const { columnCount } = sample;
  if (sample.names.length === 0) return `the first row has ${columnCount}`;
  const more = columnCount > NAMES_LISTED_MAX ? `, ... (${columnCount} in all)` : '';
  return `the header has ${listColumns(sample, columnsOf(sample))}${more}`;
}

function quoteName(name: string): string {
  const short = name.slice(0, NAME_LISTED_CHARACTERS_MAX).replace(/\p{Cc}/gu, '?');
  return JSON.stringify(short.length < name.length ? `${short}...` : short);
}
