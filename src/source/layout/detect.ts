/**
 * Finds the layout of a source from its first lines. Every line votes for the layouts that fit it,
 * and the most votes win; the reader treats lines that do not fit the winner as malformed.
 */
import { isUtf8 } from 'node:buffer';
import { TacetError } from '../../errors.ts';
import { emptySource } from '../errors.ts';
import { detectLineEnd, lineEndOf, type Span, textEndOf } from '../line-ends.ts';
import { shapeOfBytes, textIn } from '../lines.ts';
import { type Candidate, candidatesOf, inOrder } from './candidates.ts';
import type { DateForm } from './date-forms.ts';
import type { Encoding, LineEnd, SeparatedLayout } from './layout.ts';

/** How many lines vote; the whole file settles what they leave open. */
const VOTING_LINES = 1_000;
/** A first line with more digits is no header but a broken number or date. */
const HEADER_DIGITS_MAX = 3;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BOM = [0xef, 0xbb, 0xbf] as const;

/** The beginning of a source. */
interface Sample {
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
  /** The forms that fit all dates of the sample; empty = no date column. */
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
 * Errors: ERR_SOURCE_LAYOUT if the sample leaves it open; ERR_SOURCE_FILE if it has no number.
 */
export function detectLayout(sample: Sample): Detection {
  const { bytes, path } = sample;
  const bom = hasBom(bytes);
  const start = bom ? BOM.length : 0;
  const lineEnd = checkFirstLine(sample, start);
  // A truncated sample may end within a character; its last, broken line does not count.
  const lastEnd = bytes.lastIndexOf(lineEnd === 'cr' ? CARRIAGE_RETURN : LINE_FEED);
  const whole = sample.isWhole ? bytes.length : lastEnd + 1;
  const encoding: Encoding = isUtf8(bytes.subarray(0, whole)) ? 'utf-8' : 'windows-1252';
  const form = { encoding, lineEnd };
  const { tallies, header, firstOdd, voted } = collectVotes(sample, start, whole, form);
  const winner = winnerOf(tallies, path);
  if (winner === undefined) {
    if (firstOdd === null && sample.isWhole && voted === whole) throw emptySource(path, header);
    throw firstOdd === null ? blankLines(path) : noNumbers(sample, firstOdd);
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

/** Returns how lines end. */
function checkFirstLine(sample: Sample, start: number): LineEnd {
  const { bytes, path, lineBytesMax } = sample;
  const lineEnd = detectLineEnd(bytes);
  const end = lineEndOf(bytes, start, bytes.length, lineEnd ?? 'lf');
  if (end - start > lineBytesMax + 1) {
    throw new TacetError('ERR_SOURCE_LINE', {
      what: `the line is longer than ${lineBytesMax} bytes`,
      where: `${path}:1`,
      fix: 'Check that this is the txt file of numbers and dates',
    });
  }
  if (lineEnd !== null) return lineEnd;
  throw new TacetError('ERR_SOURCE_LAYOUT', {
    what: 'the first line ends in a carriage return alone, and others in a line feed',
    expected: 'LF, CRLF or CR, and the same for all lines',
    where: path,
    fix: 'Fetch the file again, in binary mode',
  });
}

/**
 * Lets lines vote. `firstOdd`: the first line, other than header and blanks, that fits no layout;
 * `voted`: where the voting lines end.
 */
function collectVotes(
  sample: Sample,
  start: number,
  end: number,
  { encoding, lineEnd }: { readonly encoding: Encoding; readonly lineEnd: LineEnd },
) {
  const { bytes, lineBytesMax } = sample;
  const tallies = new Map<string, Tally>();
  let header = false;
  let firstOdd: Span | null = null;
  let at = start;
  for (let lineNumber = 1; at < end && lineNumber <= VOTING_LINES; lineNumber++) {
    const stop = lineEndOf(bytes, at, end, lineEnd);
    const textEnd = textEndOf(bytes, at, stop, lineEnd);
    const quotes = bytes.subarray(at, textEnd).includes(QUOTE);
    const isShort = textEnd - at <= lineBytesMax;
    const candidates = isShort ? candidatesOf(bytes, at, textEnd, encoding, quotes) : [];
    for (const candidate of candidates) vote(tallies, candidate, lineNumber, quotes);
    if (candidates.length === 0 && textEnd > at) {
      const line = { start: at, end: textEnd };
      if (lineNumber === 1 && isHeaderLike(textIn(bytes, line, encoding))) header = true;
      else firstOdd ??= line;
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

/** The most votes win; in a tie, the one whose line comes first, unless that line is ambiguous. */
function winnerOf(tallies: ReadonlyMap<string, Tally>, path: string): Tally | undefined {
  const [first, second] = [...tallies.values()].sort(
    (a, b) => b.votes - a.votes || a.firstLine - b.firstLine,
  );
  if (second?.votes === first?.votes && second?.firstLine === first?.firstLine) {
    if (first === undefined) return undefined;
    throw new TacetError('ERR_SOURCE_LAYOUT', {
      what: 'which column is the number and which the date cannot be told',
      where: path,
      fix: 'Say it with --layout FILE, "columns" in it',
    });
  }
  return first;
}

/** The forms that read the most dates, in the order of DAY_FORMS. */
function bestForms({ formVotes }: Tally): DateForm[] {
  const best = Math.max(...formVotes.values());
  return inOrder([...formVotes.keys()].filter((form) => formVotes.get(form) === best));
}

function isHeaderLike(line: string): boolean {
  return /\p{L}/u.test(line) && (line.match(/\p{Nd}/gu) ?? []).length <= HEADER_DIGITS_MAX;
}

function blankLines(path: string): TacetError {
  return new TacetError('ERR_SOURCE_LAYOUT', {
    what: 'the first lines are blank',
    where: path,
    fix: 'Check that this is the txt file of numbers and dates, and fetch it again',
  });
}

function noNumbers({ path, bytes }: Sample, line: Span): TacetError {
  return new TacetError('ERR_SOURCE_LAYOUT', {
    what: 'no line reads as a phone number and a date',
    got: shapeOfBytes(bytes, line.start, line.end),
    where: path,
    fix:
      'Check that this is the txt file of numbers and dates. If columns hold something else ' +
      '("other" in "columns") or stand at fixed places ("kind": "fixed"), give --layout FILE',
  });
}
