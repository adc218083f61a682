import type { LineEnd } from './layout/layout.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A piece of a text, `bytes[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the line that begins at `start` ends: at its line feed or, if lines end with CR, also at
 * its carriage return; `length` if there is none.
 */
export function lineEndOf(
  bytes: Uint8Array,
  start: number,
  length: number,
  lineEnd: LineEnd,
): number {
  const other = lineEnd === 'cr' ? CARRIAGE_RETURN : LINE_FEED;
  let at = start;
  while (at < length && bytes[at] !== LINE_FEED && bytes[at] !== other) at++;
  return at;
}

/** Where the text of a line ends: before the CR of a CRLF. `end` comes from `lineEndOf`. */
export function textEndOf(bytes: Uint8Array, start: number, end: number, lineEnd: LineEnd): number {
  return lineEnd !== 'cr' && end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
}

/** The line end found at `end`, with `textEnd` as above; null at the end of the file. */
export function metLineEnd(
  bytes: Uint8Array,
  { start, textEnd, end }: Span & { readonly textEnd: number },
  ended: boolean,
): LineEnd | null {
  if (textEnd < end) return 'crlf';
  if (!ended) return null;
  if (bytes[end] === CARRIAGE_RETURN) return 'cr';
  // If lines end with CR, the rest of a CRLF is a line by itself.
  return start === end && bytes[start - 1] === CARRIAGE_RETURN ? 'crlf' : 'lf';
}

/**
 * How the lines of a text end, by its first line end; LF for a text without one. null if some lines
 * end with CR and others with LF, which may as well be damage.
 */
export function detectLineEnd(bytes: Uint8Array): LineEnd | null {
  const returnAt = bytes.indexOf(CARRIAGE_RETURN);
  const feedAt = bytes.indexOf(LINE_FEED);
  if (returnAt === -1 || (feedAt !== -1 && feedAt < returnAt)) return 'lf';
  if (feedAt === returnAt + 1) return 'crlf';
  return feedAt === -1 ? 'cr' : null;
}
