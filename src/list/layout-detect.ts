/**
 * Finding the layout of a source from its first lines. Every line votes for the layouts it could be
 * written in, most votes win; lines that do not fit the winner are malformed for the reader.
 */
import { isUtf8 } from 'node:buffer';
import { epochDayOf } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';
import {
  COLUMNS_MAX,
  type Column,
  DATE_FORMS,
  type DateForm,
  type Encoding,
  type NumberForm,
  SEPARATORS,
  type SeparatedLayout,
  type Separator,
} from './layout.ts';
import { dropSpaces, NO_SEPARATOR, skipSpaces, splitLine } from './source-columns.ts';
import { datePlacesOf, readDate } from './source-dates.ts';
import { shapeOfBytes } from './source-lines.ts';
import { readSourceNumber, type SourceNumber } from './source-numbers.ts';
import { emptySource, lineEndOf } from './source-scan.ts';

/** So many lines vote; what they leave open is settled by the whole file. */
const VOTING_LINES = 1_000;
/** With so many digits a first line is no header but a number or a date gone wrong. */
const HEADER_DIGITS_MAX = 3;
/** Only dates from 1900 on count as evidence: eight digits read as a date too easily. */
const EVIDENCE_FROM_DAY = epochDayOf(1900, 1, 1);
const EVIDENCE_TO_DAY = epochDayOf(2149, 12, 31);

const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BOM = [0xef, 0xbb, 0xbf] as const;

const PLACES = DATE_FORMS.map((form) => ({ form, places: datePlacesOf(form) }));

/** The beginning of a source. */
export interface Sample {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether `bytes` is the whole source. */
  readonly isWhole: boolean;
  /** Longer lines do not vote. */
  readonly lineBytesMax: number;
}

/** What the sample says. */
export interface Detection {
  /** Its date form is the first of `dateForms`. */
  readonly layout: SeparatedLayout;
  /** The forms all dates of the sample can be read in; empty = no date column. */
  readonly dateForms: readonly DateForm[];
}

/** One way to read one line. */
interface Candidate {
  readonly separator: Separator;
  readonly columns: readonly Column[];
  readonly numberForm: NumberForm;
  /** The forms that read its date, all of one shape. */
  readonly dateForms: readonly DateForm[];
}

interface Tally {
  readonly candidate: Candidate;
  readonly firstLine: number;
  votes: number;
  quotes: boolean;
  readonly formVotes: Map<DateForm, number>;
}

/** Whether `bytes` begins with the UTF-8 byte order mark. */
export function hasBom(bytes: Uint8Array): boolean {
  return BOM.every((byte, index) => bytes[index] === byte);
}

/**
 * Detects the layout of a source.
 *
 * @throws ERR_SOURCE_LAYOUT where the sample does not tell; ERR_SOURCE_FILE where it has no number
 */
export function detectLayout(sample: Sample): Detection {
  const { bytes, path } = sample;
  const bom = hasBom(bytes);
  const start = bom ? BOM.length : 0;
  const firstEnd = lineEndOf(bytes, start, bytes.length);
  checkFirstLine(sample, start, firstEnd);
  const lineEnd = bytes[firstEnd - 1] === CARRIAGE_RETURN ? 'crlf' : 'lf';
  // A sample that was cut may end inside of a character; its last, broken line does not count.
  const whole = sample.isWhole ? bytes.length : bytes.lastIndexOf(0x0a) + 1;
  const encoding: Encoding = isUtf8(bytes.subarray(0, whole)) ? 'utf-8' : 'windows-1252';
  const { tallies, header, firstOdd, voted } = collectVotes(sample, start, whole, encoding);
  const winner = winnerOf(tallies, path);
  if (winner === undefined) {
    if (firstOdd === null && sample.isWhole && voted === whole) throw emptySource(path, header);
    if (firstOdd === null) throw unsettled(path, { what: 'the first lines are blank' });
    throw unsettled(path, {
      what: 'no line reads as a phone number and a date',
      got: shapeOfBytes(bytes, firstOdd.start, firstOdd.end),
    });
  }
  const { separator, columns, numberForm } = winner.candidate;
  const dateForms = bestForms(winner);
  return {
    layout: {
      kind: 'separated',
      separator,
      columns,
      quotes: winner.quotes,
      numberForm,
      dateForm: dateForms[0] ?? null,
      header,
      encoding,
      bom,
      lineEnd,
    },
    dateForms,
  };
}

function checkFirstLine(sample: Sample, start: number, end: number): void {
  const { bytes, path, lineBytesMax } = sample;
  if (end - start > lineBytesMax + 1) {
    throw new TacetError('ERR_SOURCE_LINE', {
      what: `the line is longer than ${lineBytesMax} bytes`,
      where: `${path}:1`,
      fix: 'Check that this is the txt file of numbers and dates',
    });
  }
  const inner = bytes.subarray(start, end).indexOf(CARRIAGE_RETURN);
  if (inner !== -1 && start + inner < end - 1) {
    throw unsettled(path, { what: 'a line ends in a carriage return alone' });
  }
}

/**
 * Lets lines vote. `firstOdd`: the first line, header and blanks apart, with nothing to vote for;
 * `voted`: where the lines end that had a vote.
 */
function collectVotes(sample: Sample, start: number, end: number, encoding: Encoding) {
  const { bytes, lineBytesMax } = sample;
  const tallies = new Map<string, Tally>();
  let header = false;
  let firstOdd: { start: number; end: number } | null = null;
  let at = start;
  for (let lineNumber = 1; at < end && lineNumber <= VOTING_LINES; lineNumber++) {
    const stop = lineEndOf(bytes, at, end);
    const textEnd = stop > at && bytes[stop - 1] === CARRIAGE_RETURN ? stop - 1 : stop;
    const quotes = bytes.subarray(at, textEnd).includes(QUOTE);
    const isShort = textEnd - at <= lineBytesMax;
    const candidates = isShort ? candidatesOf(bytes, at, textEnd, encoding, quotes) : [];
    for (const candidate of candidates) vote(tallies, candidate, lineNumber, quotes);
    if (candidates.length === 0 && textEnd > at) {
      if (lineNumber === 1 && isHeaderLike(bytes, at, textEnd, encoding)) header = true;
      else firstOdd ??= { start: at, end: textEnd };
    }
    at = Math.min(stop + 1, end);
  }
  return { tallies, header, firstOdd, voted: at };
}

function vote(
  tallies: Map<string, Tally>,
  candidate: Candidate,
  lineNumber: number,
  quotes: boolean,
): void {
  const { separator, columns, numberForm, dateForms } = candidate;
  const key = JSON.stringify([separator, columns, numberForm, dateForms[0]?.replace(/\w/g, '9')]);
  let tally = tallies.get(key);
  if (tally === undefined) {
    tally = { candidate, firstLine: lineNumber, votes: 0, quotes: false, formVotes: new Map() };
    tallies.set(key, tally);
  }
  tally.votes++;
  tally.quotes ||= quotes;
  for (const form of dateForms) tally.formVotes.set(form, (tally.formVotes.get(form) ?? 0) + 1);
}

/** Most votes; of equals the one whose line comes first, unless that very line leaves it open. */
function winnerOf(tallies: ReadonlyMap<string, Tally>, path: string): Tally | undefined {
  const [first, second] = [...tallies.values()].sort(
    (a, b) => b.votes - a.votes || a.firstLine - b.firstLine,
  );
  if (second?.votes === first?.votes && second?.firstLine === first?.firstLine) {
    if (first === undefined) return undefined;
    throw unsettled(path, { what: 'which column is the number and which the date cannot be told' });
  }
  return first;
}

/** In the order of DATE_FORMS: those that read as many dates as the best of them. */
function bestForms(tally: Tally): DateForm[] {
  const best = Math.max(0, ...tally.formVotes.values());
  return DATE_FORMS.filter((form) => best > 0 && tally.formVotes.get(form) === best);
}

function candidatesOf(
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
  }
  if (found.length > 0) return found;
  const whole = new Int32Array(2);
  const count = splitLine(bytes, start, end, NO_SEPARATOR, quotes, whole);
  return count === 1 ? arrangementsOf(bytes, whole, encoding, ';') : [];
}

/** The ways to see one number and at most one date in the columns of a line. */
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
  const [a, b, ...more] = filled;
  if (a === undefined || more.length > 0) return [];
  const orders =
    b === undefined
      ? [[a]]
      : [
          [a, b],
          [b, a],
        ];
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
  return PLACES.filter(({ places }) => {
    const day = readDate(bytes, from, to, places);
    return day >= EVIDENCE_FROM_DAY && day <= EVIDENCE_TO_DAY;
  }).map(({ form }) => form);
}

function isHeaderLike(bytes: Uint8Array, start: number, end: number, encoding: Encoding): boolean {
  // Latin-1 tells letters and digits of windows-1252 well enough.
  const line = Buffer.from(bytes.subarray(start, end)).toString(
    encoding === 'utf-8' ? 'utf8' : 'latin1',
  );
  return /\p{L}/u.test(line) && (line.match(/\p{Nd}/gu) ?? []).length <= HEADER_DIGITS_MAX;
}

function unsettled(path: string, detail: { what: string; got?: string }): TacetError {
  return new TacetError('ERR_SOURCE_LAYOUT', {
    ...detail,
    where: path,
    fix: 'Say how the file is written with --layout FILE',
  });
}
