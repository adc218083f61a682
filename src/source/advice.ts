/**
 * Suggests layout changes with which a malformed line can be read. Advice is tried before it is
 * given: the suggested layout reads the line.
 */
import { candidatesOf } from './layout/candidates.ts';
import { type DateForm, datePartsOf, TIME_FORMS } from './layout/date-forms.ts';
import type { Layout } from './layout/layout.ts';
import type { Span } from './line-ends.ts';
import { LineReader } from './lines.ts';
import { findTrailer } from './trailer.ts';

const QUOTE = 0x22;
/** A line with more digits may be a damaged registration and is never called a header. */
const HEADER_DIGITS_MAX = 7;

/** A malformed line, without its line end. */
interface MalformedLine extends Span {
  readonly bytes: Uint8Array;
  readonly lineNumber: number;
}

/**
 * Keys and values for the layout, as text; null if no layout can read the line.
 *
 * @param isDetected whether the layout was detected: other lines then match it, and only a change
 *   that suits them too can help
 */
export function layoutAdvice(
  line: MalformedLine,
  layout: Layout,
  isDetected: boolean,
): string | null {
  const { bytes, start, end, lineNumber } = line;
  for (const change of changesOf(layout)) {
    // A change has only keys of the layout.
    const reader = new LineReader({ ...layout, ...change } as Layout, Number.POSITIVE_INFINITY);
    if (reader.read(bytes, start, end) === null) return textOf(change);
  }
  const whole = isDetected ? null : rewritten(line, layout);
  if (whole !== null) return whole;
  if (lineNumber === 1) {
    return !layout.header && looksLikeHeader(line) ? textOf({ header: true }) : null;
  }
  // If the layout was detected, the trailer was already searched for.
  if (isDetected || layout.trailer !== undefined) return null;
  const trailer = findTrailer(bytes, { start, end }, layout.encoding);
  return trailer === null ? null : textOf({ trailer: trailer.form });
}

type Change = Readonly<Record<string, string | boolean>>;

/** Changes to the layout that read all of its lines and more. */
function changesOf(layout: Layout): Change[] {
  const changes: Change[] = [];
  if (layout.kind === 'separated' && !layout.quotes) changes.push({ quotes: true });
  if (layout.encoding === 'utf-8' && !layout.bom) changes.push({ encoding: 'windows-1252' });
  if (layout.numberForm !== 'any') changes.push({ numberForm: 'any' });
  return changes.concat(timesOf(layout.dateForm).map((dateForm): Change => ({ dateForm })));
}

/** The form with a time of day that may be missing. */
function timesOf(form: DateForm | null): DateForm[] {
  const parts = form === null ? null : datePartsOf(form);
  if (parts === null || parts.optional) return [];
  const times = parts.time === null ? TIME_FORMS : [parts.time];
  return times.map((time): DateForm => `${parts.day}[${time}]`);
}

/** How the line by itself differs from the layout, if it reads in only one way. */
function rewritten({ bytes, start, end }: MalformedLine, layout: Layout): string | null {
  const quotes = bytes.subarray(start, end).includes(QUOTE);
  const [candidate, ...others] = candidatesOf(bytes, start, end, layout.encoding, quotes);
  if (candidate === undefined || others.length > 0) return null;
  const { dateForms, ...rest } = candidate;
  const [first = null, ...more] = dateForms;
  const isLayouts = dateForms.some((form) => form === layout.dateForm);
  if (more.length > 0 && !isLayouts) return null;
  const dateForm = isLayouts ? layout.dateForm : first;
  const keys = { kind: 'separated', ...rest, dateForm, quotes };
  const known = new Map<string, unknown>(Object.entries(layout));
  const isOther = ([key, value]: [string, unknown]) =>
    JSON.stringify(known.get(key)) !== JSON.stringify(value);
  const different = Object.entries(keys).filter(isOther);
  return different.length === 0 ? null : textOf(Object.fromEntries(different));
}

function looksLikeHeader({ bytes, start, end }: MalformedLine): boolean {
  const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
  return /[A-Za-z]/.test(text) && text.replace(/\D/g, '').length <= HEADER_DIGITS_MAX;
}

function textOf(keys: Readonly<Record<string, unknown>>): string {
  return Object.entries(keys)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(', ');
}
