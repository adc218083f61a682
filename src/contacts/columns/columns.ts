import { TacetError } from '../../errors.ts';
import { countryCodeDigits } from '../../phone/country-codes.ts';
import { classifyKey } from '../../phone/plan.ts';
import { isRegion } from '../../phone/regions.ts';
import { VERDICT_CALLABLE } from '../../verdict/verdict.ts';
import { isDateShaped, isNumber } from '../scan/look-up.ts';
import { isPhoneName, saysCountry, saysOtherNumber, saysPhone } from './column-names.ts';
import type { TableSample } from './sample.ts';

/** The share of a column's non-empty cells that makes it a column of phone numbers. */
const COVERED_SHARE_MIN = 0.6;
/** The same for a column of countries. */
const COUNTRY_SHARE_MIN = 0.9;
/** Bare numbers count as country codes only if the column has at least this many texts. */
const CODES_MIN = 3;

/** How many header names a message lists, and how much of each. */
const NAMES_LISTED_MAX = 40;
const NAME_LISTED_CHARACTERS_MAX = 40;

/** A plus, a trunk zero, or nine digits: eight bare digits may be a date or a customer number. */
const PHONE_SHAPE = /^[^\d+]*(\+|0|\d(\D*\d){8})/;

/** A column of a contact file, as the user sees it. */
export interface Column {
  /** From 1. */
  readonly number: number;
  /** Its header; null without a header row. */
  readonly name: string | null;
}

/** A column as the user names it: by header name, or by number from 1. */
export type AskedColumn = string | number;

/** The columns that the user named. */
export interface AskedColumns {
  /** The columns to dial; default the only one that is clearly a phone column. */
  readonly columns?: readonly AskedColumn[] | undefined;
  /** Columns that hold phone numbers but will not be dialled. */
  readonly notDialled?: readonly AskedColumn[] | undefined;
  /** The opt-in columns, one for each of `columns`; default none. */
  readonly optInColumns?: readonly AskedColumn[] | undefined;
  /** The column with the country whose national notation the numbers in the row use. */
  readonly countryColumn?: AskedColumn | undefined;
  /** Whether the user named the region whose national notation is used. Default false. */
  readonly regionTold?: boolean | undefined;
}

/** What the columns of a file are for. */
export interface ChosenColumns {
  /** The columns to dial, in the order in which they are judged. */
  readonly dialled: readonly Column[];
  /** None, or one for each dialled column. */
  readonly optIns: readonly Column[];
  readonly country: Column | null;
  readonly notDialled: readonly Column[];
}

/**
 * Decides what the columns are for: those the user named and, if no phone column is named, the only
 * one that clearly is one, by its name or because at least 60 % of its first cells are written like
 * phone numbers and covered by the list.
 * Errors: ERR_USAGE if no column or more than one qualifies, if a column is named twice or does not
 * exist, or if one is clearly the country column but the user did not say so.
 */
export function chooseColumns(sample: TableSample, asked: AskedColumns): ChosenColumns {
  const find = (flag: string) => (column: AskedColumn) => findColumn(sample, column, flag);
  const { columns = [], optInColumns = [], countryColumn, regionTold = false } = asked;
  const optIns = optInColumns.map(find('--opt-in-column'));
  const country = countryColumn === undefined ? null : find('--country-column')(countryColumn);
  const notDialled = (asked.notDialled ?? []).map(find('--not-dialled'));
  const taken = [...optIns, ...(country === null ? [] : [country]), ...notDialled];
  const named = columns.map(find('--column'));
  const dialled = named.length > 0 ? named : [onlyPhones(sample, taken, notDialled)];
  refuseTwice(dialled, taken);
  if (optIns.length > 0 && optIns.length !== dialled.length) {
    throw new TacetError('ERR_USAGE', {
      what: `${dialled.length} columns are dialled, ${optIns.length} have opt-ins`,
      where: '--opt-in-column',
      fix: 'Name it once for each --column, in the same order',
    });
  }
  if (country === null && !regionTold) refuseCountry(sample, [...dialled, ...taken]);
  return { dialled, optIns, country, notDialled };
}

function refuseTwice(dialled: readonly Column[], taken: readonly Column[]): void {
  const numbers = dialled.map(({ number }) => number);
  const twice = dialled.find(
    ({ number }, index) =>
      numbers.indexOf(number) !== index || taken.some((other) => other.number === number),
  );
  if (twice === undefined) return;
  throw new TacetError('ERR_USAGE', {
    what: `column ${twice.number} is named twice`,
    where: '--column',
    fix: 'Name it once: by --column, --not-dialled, --opt-in-column or --country-column',
  });
}

function onlyPhones(
  sample: TableSample,
  taken: readonly Column[],
  notDialled: readonly Column[],
): Column {
  const candidates = columnsOf(sample).filter(
    (column) => !isTaken(taken, column) && looksLikePhones(sample, column),
  );
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return columnAt(sample, only);
  const left = notDialled.length === 0 ? '' : ' besides those of --not-dialled';
  throw new TacetError('ERR_USAGE', {
    what:
      candidates.length === 0
        ? `no column is clearly the phone number${left}`
        : `more than one column may be the phone number: ${listColumns(sample, candidates)}`,
    where: sample.head.name,
    fix: `Name it with --column, several times for several; ${describeColumns(sample)}`,
  });
}

/**
 * Refuses a file with a country column: its national numbers may be another country's. Read as
 * Belgian, they would be numbers that nobody dials.
 */
function refuseCountry(sample: TableSample, taken: readonly Column[]): void {
  const found = columnsOf(sample).find(
    (column) => !isTaken(taken, column) && looksLikeCountries(sample, column),
  );
  if (found === undefined) return;
  throw new TacetError('ERR_USAGE', {
    what: `a column is clearly a country's: ${listColumns(sample, [found])}`,
    where: sample.head.name,
    fix: `Say --country-column ${found + 1} if it is that of the phone numbers, else --region BE`,
  });
}

function isTaken(taken: readonly Column[], column: number): boolean {
  return taken.some(({ number }) => number === column + 1);
}

/** Finds a column by header name (exact, else case-insensitive) or by number from 1. */
function findColumn(sample: TableSample, asked: AskedColumn, option: string): Column {
  const wanted = String(asked);
  const fold = (text: string) => text.trim().toLowerCase();
  const { names, columnCount } = sample;
  let found = typeof asked === 'number' ? [] : indexesWhere(names, (name) => name === wanted);
  if (found.length === 0 && typeof asked !== 'number') {
    found = indexesWhere(names, (name) => fold(name) === fold(wanted));
  }
  if (found.length > 1) {
    throw new TacetError('ERR_USAGE', {
      what: `${found.length} columns have this name: ${listColumns(sample, found)}`,
      where: option,
      fix: 'Give the number of the column instead',
    });
  }
  if (found[0] !== undefined) return columnAt(sample, found[0]);
  const number = /^\d{1,9}$/.test(fold(wanted)) ? Number(fold(wanted)) : 0;
  if (number >= 1 && number <= columnCount) return columnAt(sample, number - 1);
  throw new TacetError('ERR_USAGE', {
    what: `no column ${JSON.stringify(wanted)} in ${sample.head.name}`,
    where: option,
    fix: `Name one of its columns; ${describeColumns(sample)}`,
  });
}

function indexesWhere(names: readonly string[], test: (name: string) => boolean): number[] {
  return names.flatMap((name, index) => (test(name) ? [index] : []));
}

export function columnAt(sample: TableSample, column: number): Column {
  return { number: column + 1, name: sample.names[column] ?? null };
}

function columnsOf(sample: TableSample): number[] {
  return Array.from({ length: sample.columnCount }, (_, column) => column);
}

function looksLikePhones(sample: TableSample, column: number): boolean {
  const name = sample.names[column] ?? '';
  if (isPhoneName(name)) return true;
  if (saysCountry(name)) return false;
  let filled = 0;
  let numbers = 0;
  let covered = 0;
  for (const row of sample.contacts) {
    const key = sample.keyAt(row, column);
    if (key === null) continue;
    filled++;
    if (key <= 0) continue;
    numbers++;
    if (classifyKey(key) !== VERDICT_CALLABLE) continue;
    const text = sample.textAt(row, column);
    if (PHONE_SHAPE.test(text) && !isDateShaped(text)) covered++;
  }
  if (saysPhone(name) && (filled === 0 || numbers > 0)) return true;
  return !saysOtherNumber(name) && filled > 0 && covered / filled >= COVERED_SHARE_MIN;
}

/** Whether at least half of a column's filled cells are phone numbers. */
export function isHalfNumbers(sample: TableSample, column: number): boolean {
  let filled = 0;
  let numbers = 0;
  for (const row of sample.contacts) {
    const key = sample.keyAt(row, column);
    if (key === null) continue;
    filled++;
    if (isNumber(() => sample.textAt(row, column), key)) numbers++;
  }
  return filled > 0 && numbers * 2 >= filled;
}

function looksLikeCountries(sample: TableSample, column: number): boolean {
  if (saysCountry(sample.names[column] ?? '')) return true;
  const texts: string[] = [];
  // Once this many texts are not countries, the share cannot be reached any more.
  let others = sample.contacts.length * (1 - COUNTRY_SHARE_MIN);
  for (const row of sample.contacts) {
    const text = sample.textAt(row, column).trim().toUpperCase();
    if (text === '') continue;
    texts.push(text);
    if (!isRegion(text) && !/^(\+|00)?\d{1,3}$/.test(text) && --others < 0) return false;
  }
  const isMost = (test: (text: string) => boolean) =>
    texts.length > 0 && texts.filter(test).length / texts.length >= COUNTRY_SHARE_MIN;
  const isCode = (text: string) => /^\d{1,3}$/.test(text) && isCallingCode(text);
  if (texts.includes('BE') && isMost(isRegion)) return true;
  if (isMost((text) => /^(\+|00)\d{1,3}$/.test(text))) return true;
  const belgian = texts.filter((text) => text === '32').length;
  return texts.length >= CODES_MIN && belgian * 2 >= texts.length && isMost(isCode);
}

function isCallingCode(digits: string): boolean {
  return countryCodeDigits(Number(digits.padEnd(3, '0'))) === digits.length;
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
