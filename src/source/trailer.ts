/** A trailer: a last line that is no registration but gives the number of registrations. */
import type { Encoding } from './layout/layout.ts';
import { COUNT, expectedForm } from './layout/trailer-form.ts';
import type { Span } from './line-ends.ts';
import { textIn } from './lines.ts';

/** A longer line is never a trailer. */
const LINE_BYTES_MAX = 200;
/** At most as many digits as a double holds exactly. */
const COUNT_DIGITS = /^[0-9]{1,15}$/;

/**
 * Matches lines that are certainly a trailer if their count is right: words or a hash, then
 * separate digits. A number alone, or attached to a letter, may be a damaged registration.
 */
const FOUND = /^((?=.*[\p{L}#])(?:[^\p{N}\p{C}+]|\t)*[#;,|\t:= "])([0-9]{1,12})([;,|\t "]*)$/u;

/** A line that is a trailer. */
export interface Trailer {
  /** How it is written, with {@link COUNT} for the count: `TOTAL;{count}`. */
  readonly form: string;
  /** How many records it says there are. */
  readonly count: number;
}

/** Reads `bytes[start, end)` as a trailer of this form; null if it is none. */
export function readTrailer(
  bytes: Uint8Array,
  range: Span,
  { form, encoding }: { readonly form: string; readonly encoding: Encoding },
): Trailer | null {
  const line = lineOf(bytes, range, encoding);
  const [before = '', behind = ''] = spaced(form).split(COUNT);
  if (line === null || line.length <= before.length + behind.length) return null;
  if (!line.startsWith(before) || !line.endsWith(behind)) return null;
  const digits = line.slice(before.length, line.length - behind.length);
  return COUNT_DIGITS.test(digits) ? { form, count: Number(digits) } : null;
}

/** The trailer that `bytes[start, end)` looks like; null for none. */
export function findTrailer(bytes: Uint8Array, range: Span, encoding: Encoding): Trailer | null {
  const line = lineOf(bytes, range, encoding);
  const match = line === null ? null : FOUND.exec(line);
  if (match === null) return null;
  const [, before = '', digits = '', behind = ''] = match;
  const form = `${before}${COUNT}${behind}`;
  return expectedForm(form) === null ? { form, count: Number(digits) } : null;
}

function lineOf(bytes: Uint8Array, range: Span, encoding: Encoding): string | null {
  const isLong = range.end - range.start > LINE_BYTES_MAX;
  return isLong ? null : spaced(textIn(bytes, range, encoding));
}

/** Drops surrounding spaces and collapses runs of them: they are padding. */
function spaced(text: string): string {
  return text.replace(/ +/g, ' ').replace(/^ | $/g, '');
}
