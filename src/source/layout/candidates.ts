/** The layouts that could fit one line. */
import { epochDayOf } from '../../calendar/day.ts';
import { dropSpaces, joinColumns, NO_SEPARATOR, skipSpaces, splitLine } from '../columns.ts';
import { DateReader } from '../dates.ts';
import { readSourceNumber, type SourceNumber } from '../numbers.ts';
import { DAY_FORMS, type DateForm, TIME_FORMS } from './date-forms.ts';
import {
  COLUMNS_MAX,
  type Column,
  type Encoding,
  type OneNumberForm,
  SEPARATORS,
  type Separator,
} from './layout.ts';

/** Only dates from 1900 on count as evidence: eight digits too easily pass for a date. */
const EVIDENCE_FROM_DAY = epochDayOf(1900, 1, 1);
const EVIDENCE_TO_DAY = epochDayOf(2149, 12, 31);
/** A longer date has a time of day. */
const DAY_BYTES_MAX = 10;

const DAY_READERS = readersOf(DAY_FORMS);
const TIME_READERS = readersOf(
  TIME_FORMS.flatMap((time) => DAY_FORMS.map((day): DateForm => `${day}${time}`)),
);

/** One way to read one line. */
export interface Candidate {
  readonly separator: Separator;
  readonly columns: readonly Column[];
  readonly numberForm: OneNumberForm;
  /** The forms that read its date, all of one shape. */
  readonly dateForms: readonly DateForm[];
}

function readersOf(forms: readonly DateForm[]) {
  return forms.map((form) => ({ form, reader: new DateReader(form) }));
}

/** Sorts forms with the same time of day, or none, in the order of DAY_FORMS. */
export function inOrder(forms: readonly DateForm[]): DateForm[] {
  const placeOf = (form: DateForm) => DAY_FORMS.findIndex((day) => form.startsWith(day));
  return [...forms].sort((a, b) => placeOf(a) - placeOf(b));
}

/** All ways to read the line `bytes[start, end)`, without its line end. */
export function candidatesOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: Encoding,
  quotes: boolean,
): Candidate[] {
  const found: Candidate[] = [];
  for (const separator of SEPARATORS) {
    const bounds = new Int32Array(2 * COLUMNS_MAX);
    const count = splitLine(bytes, start, end, separator.charCodeAt(0), quotes, bounds);
    if (count < 2 || count > COLUMNS_MAX) continue;
    found.push(...arrangementsOf(bytes, bounds.subarray(0, 2 * count), encoding, separator));
    if (separator === ' ') found.push(...joinedOf(bytes, bounds.subarray(0, 2 * count), encoding));
  }
  if (found.length > 0) return found;
  const whole = new Int32Array(2);
  const count = splitLine(bytes, start, end, NO_SEPARATOR, quotes, whole);
  return count === 1 ? arrangementsOf(bytes, whole, encoding, ';') : [];
}

/** If spaces separate the columns, one may also separate a date from its time of day. */
function joinedOf(bytes: Uint8Array, bounds: Int32Array, encoding: Encoding): Candidate[] {
  const found: Candidate[] = [];
  for (let index = 0; 2 * index + 2 < bounds.length; index++) {
    const joined = bounds.slice();
    joinColumns(joined, 2 * index);
    const candidates = arrangementsOf(bytes, joined.subarray(0, -2), encoding, ' ');
    const isJoined = ({ columns, dateForms }: Candidate) =>
      columns[index] === 'date' && dateForms.some((form) => form.includes(' '));
    found.push(...candidates.filter(isJoined));
  }
  return found;
}

/** The ways to find one number and at most one date in the columns of a line. */
function arrangementsOf(
  bytes: Uint8Array,
  bounds: Int32Array,
  encoding: Encoding,
  separator: Separator,
): Candidate[] {
  const filled: number[] = [];
  const columns: Column[] = [];
  for (let index = 0; 2 * index < bounds.length; index++) {
    const [from, to] = boundsOf(bounds, index);
    if (skipSpaces(bytes, from, to) < to) filled.push(index);
    columns.push('empty');
  }
  if (filled.length < 1 || filled.length > 2) return [];
  const orders = filled.length === 1 ? [filled] : [filled, filled.toReversed()];
  return orders.flatMap(([numberAt = 0, dateAt]) => {
    const number: SourceNumber = { key: 0, form: 'trunk' };
    readSourceNumber(bytes, ...boundsOf(bounds, numberAt), encoding, number);
    const dateForms = dateAt === undefined ? [] : dateFormsOf(bytes, ...boundsOf(bounds, dateAt));
    if (number.key <= 0 || (dateAt !== undefined && dateForms.length === 0)) return [];
    const named = columns.map((column, index): Column => {
      if (index === numberAt) return 'number';
      return index === dateAt ? 'date' : column;
    });
    return [{ separator, columns: named, numberForm: number.form, dateForms }];
  });
}

function boundsOf(bounds: Int32Array, index: number): [number, number] {
  return [bounds[2 * index] ?? 0, bounds[2 * index + 1] ?? 0];
}

function dateFormsOf(bytes: Uint8Array, start: number, end: number): DateForm[] {
  const from = skipSpaces(bytes, start, end);
  const to = dropSpaces(bytes, from, end);
  const readers = to - from > DAY_BYTES_MAX ? TIME_READERS : DAY_READERS;
  return readers
    .filter(({ reader }) => {
      const day = reader.read(bytes, from, to);
      return day >= EVIDENCE_FROM_DAY && day <= EVIDENCE_TO_DAY;
    })
    .map(({ form }) => form);
}
