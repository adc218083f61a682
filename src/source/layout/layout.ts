import { TacetError } from '../../errors.ts';
import { DAY_FORMS, type DateForm, datePartsOf, TIME_FORMS } from './date-forms.ts';
import {
  bad,
  booleanOf,
  choiceOf,
  isWhole,
  type JsonObject,
  jsonOf,
  objectOf,
  refuseUnknown,
} from './json.ts';
import { expectedForm } from './trailer-form.ts';

/** One way to write a number; {@link NUMBER_PATTERNS} shows each. */
export type OneNumberForm = 'trunk' | 'plus' | 'international' | 'country-code' | 'national';
/** How a source writes its numbers: all in one way, or each in `any` of them. Never detected. */
export type NumberForm = OneNumberForm | 'any';

/** Each form for people, with N for a digit of the national number; errors show these. */
export const NUMBER_PATTERNS: Readonly<Record<OneNumberForm, string>> = {
  trunk: '0NNNNNNNNN',
  plus: '+32NNNNNNNNN',
  international: '0032NNNNNNNNN',
  'country-code': '32NNNNNNNNN',
  national: 'NNNNNNNNN',
};

export type Separator = ';' | ',' | '\t' | '|' | ' ';
export type Column = 'number' | 'date' | 'empty' | 'other';
export type Encoding = 'utf-8' | 'windows-1252';
/** `cr` = a carriage return alone. */
export type LineEnd = 'lf' | 'crlf' | 'cr';

interface AnyLayout {
  readonly numberForm: NumberForm;
  /** null if and only if no column holds a date. */
  readonly dateForm: DateForm | null;
  /** Whether line 1 names the columns. */
  readonly header: boolean;
  readonly encoding: Encoding;
  /** Whether the file begins with the UTF-8 byte order mark. */
  readonly bom: boolean;
  readonly lineEnd: LineEnd;
  /**
   * The form of the last line if it is no registration but gives the number of lines of numbers,
   * `TOTAL;{count}`: the line must be there, with the right count. Absent = no trailer.
   */
  readonly trailer?: string;
}

/** Lines whose columns are separated by one character. */
export interface SeparatedLayout extends AnyLayout {
  readonly kind: 'separated';
  /** A space stands for a run of one or more spaces. */
  readonly separator: Separator;
  /**
   * From left to right. `empty` is a column without content: a separator at the line's end. `other`
   * is a column that is ignored; it is never detected.
   */
  readonly columns: readonly Column[];
  /** Whether a column may be in double quotes. */
  readonly quotes: boolean;
}

/** A column of a fixed-width line. */
interface FixedColumn {
  /** Bytes before the column, not counting the byte order mark. */
  readonly offset: number;
  /** How many bytes the column takes; spaces pad it on either side. */
  readonly bytes: number;
}

/** Lines with columns at fixed places; all other bytes are spaces. Never detected. */
export interface FixedLayout extends AnyLayout {
  readonly kind: 'fixed';
  readonly number: FixedColumn;
  /** null = no date. */
  readonly date: FixedColumn | null;
}

/**
 * How a source is written. Detection finds it, a list file records it, and `--layout FILE` holds it
 * as JSON. A source that drifts from its layout is refused.
 */
export type Layout = SeparatedLayout | FixedLayout;

/** In the order in which detection tries them. */
export const SEPARATORS: readonly Separator[] = [';', ',', '\t', '|', ' '];
const COLUMNS: readonly Column[] = ['number', 'date', 'empty', 'other'];
const ENCODINGS: readonly Encoding[] = ['utf-8', 'windows-1252'];
const LINE_ENDS: readonly LineEnd[] = ['lf', 'crlf', 'cr'];
// The keys of a record typed by OneNumberForm are exactly its members.
const NUMBER_FORMS = [...(Object.keys(NUMBER_PATTERNS) as OneNumberForm[]), 'any'] as const;

/** More columns than any layout needs; a bound for hostile profiles. */
export const COLUMNS_MAX = 8;
/** No column reaches beyond this byte of its line. */
const FIXED_END_MAX = 1_024;

const KEYS_ANY = ['kind', 'numberForm', 'dateForm', 'header', 'encoding', 'bom', 'lineEnd'].concat(
  'trailer',
);
const KEYS_SEPARATED = ['separator', 'columns', 'quotes'];
const KEYS_FIXED = ['number', 'date'];

const SEPARATOR_NAMES: Readonly<Record<Separator, string>> = {
  ';': '";"',
  ',': '","',
  '\t': 'tab',
  '|': '"|"',
  ' ': 'spaces',
};

/**
 * Reads a layout from JSON, the inverse of `JSON.stringify` of a {@link Layout}. Optional keys:
 * `header`, `bom`, `quotes` (false), `encoding` (utf-8), `lineEnd` (lf), `kind` (separated).
 * Errors: ERR_SOURCE_LAYOUT for anything that is not JSON, an unknown key, a bad or missing value.
 *
 * @param where names the JSON in errors: the path of the profile
 */
export function parseLayout(json: string, where: string): Layout {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new TacetError('ERR_SOURCE_LAYOUT', { what: 'the layout is not JSON', where, cause });
  }
  const profile = objectOf(value, 'the layout', where);
  const kind = choiceOf(profile, 'kind', ['separated', 'fixed'] as const, 'separated', where);
  const own = kind === 'separated' ? KEYS_SEPARATED : KEYS_FIXED;
  refuseUnknown(profile, [...KEYS_ANY, ...own], where);
  const layout = kind === 'separated' ? separatedOf(profile, where) : fixedOf(profile, where);
  if (layout.bom && layout.encoding !== 'utf-8') {
    throw bad('bom', 'false unless the encoding is utf-8', true, where);
  }
  return layout;
}

/** Describes a layout in one line, for the person who packs a list. */
export function describeLayout(layout: Layout): string {
  const { numberForm } = layout;
  const numbers = numberForm === 'any' ? 'in any form' : `as ${NUMBER_PATTERNS[numberForm]}`;
  const dates = layout.dateForm === null ? 'no dates' : `dates as ${layout.dateForm}`;
  const quotes = layout.kind === 'separated' && layout.quotes ? ', quotes' : '';
  return (
    `${describeColumns(layout)}; numbers ${numbers}, ${dates}; ` +
    `${layout.header ? 'header' : 'no header'}${quotes}, ` +
    `${layout.encoding}${layout.bom ? ' with BOM' : ''}, ${layout.lineEnd.toUpperCase()}` +
    (layout.trailer === undefined ? '' : `, trailer ${jsonOf(layout.trailer)}`)
  );
}

function describeColumns(layout: Layout): string {
  if (layout.kind === 'fixed') {
    const { number, date } = layout;
    const tail = date === null ? '' : `, date at ${date.offset} (${date.bytes})`;
    return `fixed width: number at byte ${number.offset} (${number.bytes})${tail}`;
  }
  if (layout.columns.length === 1) return 'one column: number';
  return `${layout.columns.join(', ')} separated by ${SEPARATOR_NAMES[layout.separator]}`;
}

function anyOf(profile: JsonObject, hasDate: boolean, where: string): AnyLayout {
  return {
    numberForm: choiceOf(profile, 'numberForm', NUMBER_FORMS, undefined, where),
    dateForm: dateFormOf(profile, hasDate, where),
    header: booleanOf(profile, 'header', where),
    encoding: choiceOf(profile, 'encoding', ENCODINGS, 'utf-8', where),
    bom: booleanOf(profile, 'bom', where),
    lineEnd: choiceOf(profile, 'lineEnd', LINE_ENDS, 'lf', where),
    ...trailerOf(profile, where),
  };
}

function separatedOf(profile: JsonObject, where: string): SeparatedLayout {
  const columns = columnsOf(profile['columns'], where);
  // One column needs no separator; the value then has no effect.
  const fallback = columns.length === 1 ? ';' : undefined;
  return {
    kind: 'separated',
    separator: choiceOf(profile, 'separator', SEPARATORS, fallback, where),
    columns,
    quotes: booleanOf(profile, 'quotes', where),
    ...anyOf(profile, columns.includes('date'), where),
  };
}

function columnsOf(value: unknown, where: string): Column[] {
  const expected = `up to ${COLUMNS_MAX} of "number", at most one "date", "empty", "other"`;
  if (!Array.isArray(value) || value.length > COLUMNS_MAX) {
    throw bad('columns', expected, value, where);
  }
  const columns = value.map((column: unknown) => {
    const found = COLUMNS.find((known) => known === column);
    if (found === undefined) throw bad('columns', expected, column, where);
    return found;
  });
  const count = (wanted: Column) => columns.filter((column) => column === wanted).length;
  if (count('number') !== 1 || count('date') > 1) throw bad('columns', expected, value, where);
  return columns;
}

function fixedOf(profile: JsonObject, where: string): FixedLayout {
  const number = fixedColumnOf(profile['number'], 'number', where);
  const given = profile['date'] ?? null;
  const date = given === null ? null : fixedColumnOf(given, 'date', where);
  if (date !== null && overlap(number, date)) {
    throw bad('date', 'a column that does not overlap the number', given, where);
  }
  return { kind: 'fixed', number, date, ...anyOf(profile, date !== null, where) };
}

function overlap(a: FixedColumn, b: FixedColumn): boolean {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

function fixedColumnOf(value: unknown, key: string, where: string): FixedColumn {
  const column = objectOf(value, `"${key}" of the layout`, where);
  refuseUnknown(column, ['offset', 'bytes'], where);
  const { offset, bytes } = column;
  if (!isWhole(offset, 0)) throw bad(`${key}.offset`, 'a whole number from 0', offset, where);
  if (!isWhole(bytes, 1)) throw bad(`${key}.bytes`, 'a whole number from 1', bytes, where);
  if (offset + bytes > FIXED_END_MAX) {
    throw bad(key, `a column within the first ${FIXED_END_MAX} bytes`, value, where);
  }
  return { offset, bytes };
}

function dateFormOf(profile: JsonObject, hasDate: boolean, where: string): DateForm | null {
  const given = profile['dateForm'] ?? null;
  if (!hasDate && given === null) return null;
  if (!hasDate) throw bad('dateForm', 'null, since no column holds a date', given, where);
  // A text with parts is a DateForm.
  if (typeof given === 'string' && datePartsOf(given) !== null) return given as DateForm;
  const expected =
    `one of ${DAY_FORMS.map(jsonOf).join(', ')}, alone or with a time of day behind it, in [] ` +
    `if that may be missing: ${TIME_FORMS.map(jsonOf).join(', ')}`;
  throw bad('dateForm', expected, given ?? undefined, where);
}

function trailerOf(profile: JsonObject, where: string): { trailer?: string } {
  const given = profile['trailer'] ?? null;
  if (given === null) return {};
  const expected = typeof given === 'string' ? expectedForm(given) : 'text';
  if (typeof given === 'string' && expected === null) return { trailer: given };
  throw bad('trailer', expected ?? 'text', given, where);
}
