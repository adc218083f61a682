import { isUtf8 } from 'node:buffer';
import { writeWindows1252 } from '../../disk/encodings/windows-1252.ts';
import { PHONE_BYTES_MAX } from '../../phone/read.ts';
import { QUOTE } from './rows.ts';

/** How to convert the bytes of a cell to UTF-8. */
export const CHARSET_UTF8 = 0;
export const CHARSET_WINDOWS_1252 = 1;
/** Only ASCII has been seen so far: a cell that is not valid UTF-8 is Windows-1252. */
export const CHARSET_ASCII = 2;

/**
 * The most that {@link decodePhoneCell} writes: one byte more than a phone number may have, so that
 * the text is as unreadable as the whole would be, plus the rest of that byte's character.
 */
export const PHONE_CELL_BYTES_MAX = PHONE_BYTES_MAX + 4;

/**
 * Writes the text of a phone cell as UTF-8 into `into`, without the quotes around it, and returns
 * its length, at most {@link PHONE_CELL_BYTES_MAX}.
 */
export function decodePhoneCell(
  bytes: Uint8Array,
  start: number,
  end: number,
  charset: number,
  into: Uint8Array,
): number {
  return decodeCell(bytes, start, end, charset, into, PHONE_BYTES_MAX + 1);
}

/** The text of a whole cell, for header names. */
export function cellText(bytes: Uint8Array, start: number, end: number, charset: number): string {
  // Only what is written here is read.
  const into = Buffer.allocUnsafe((end - start) * 3 + 4);
  const length = decodeCell(bytes, start, end, charset, into, into.length - 4);
  return into.toString('utf8', 0, length);
}

/** Whether a cell has a visible ASCII character besides quotes: then its text is not blank. */
export function hasVisibleAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number; // end is within the bytes
    if (byte > 0x20 && byte < 0x7f && byte !== QUOTE) return true;
  }
  return false;
}

/** Stops at the first end of a character at or after `limit` bytes. */
function decodeCell(
  bytes: Uint8Array,
  start: number,
  end: number,
  charset: number,
  into: Uint8Array,
  limit: number,
): number {
  let at = start;
  let out = 0;
  let high = 0;
  let quoted = at < end && bytes[at] === QUOTE;
  if (quoted) at++;
  while (at < end && out < limit) {
    const byte = bytes[at++] as number; // at < end, and end is at most the length of the bytes
    if (quoted && byte === QUOTE) {
      if (at < end && bytes[at] === QUOTE) at++;
      else {
        quoted = false;
        continue;
      }
    }
    if (byte < 0x80 || charset !== CHARSET_WINDOWS_1252) {
      into[out++] = byte;
      high |= byte;
    } else out = writeWindows1252(into, out, byte);
  }
  if (high < 0x80) return out;
  // A truncated character is not valid text: copy its continuation bytes, three at most.
  for (const more = at + 3; at < end && at < more && ((bytes[at] ?? 0) & 0xc0) === 0x80; at++) {
    into[out++] = bytes[at] ?? 0;
  }
  if (charset !== CHARSET_ASCII || isUtf8(into.subarray(0, out))) return out;
  return decodeCell(bytes, start, end, CHARSET_WINDOWS_1252, into, limit);
}

/** A longer cell, without blanks around it, is neither a phone number nor a date. */
const WRAPPED_BYTES_MAX = 4096;

/**
 * The text of a cell without what spreadsheets and CRMs wrap around it: control characters, outer
 * spaces, one leading apostrophe, and `="..."`. Returns undefined if it is longer than any text
 * that is read.
 */
export function unwrappedText(
  bytes: Uint8Array,
  start: number,
  end: number,
  charset: number,
): string | undefined {
  if (end - start > WRAPPED_BYTES_MAX) {
    const [from, to] = withoutBlanks(bytes, start, end);
    return to - from > WRAPPED_BYTES_MAX ? undefined : unwrappedText(bytes, from, to, charset);
  }
  const text = cellText(bytes, start, end, charset)
    .replace(/\p{Cc}/gu, '')
    .trim();
  const bare = text.startsWith("'") ? text.slice(1).trim() : text;
  return (/^="(.*)"$/s.exec(bare)?.[1] ?? bare).trim();
}

/** The bounds of a cell without ASCII blanks and quotes at its ends. */
function withoutBlanks(bytes: Uint8Array, start: number, end: number): [number, number] {
  const isBlank = (byte: number | undefined) =>
    byte !== undefined && (byte <= 0x20 || byte === QUOTE);
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from])) from++;
  while (to > from && isBlank(bytes[to - 1])) to--;
  return [from, to];
}
