/** Numbers of a source: the key, and the form in which it is written. */
import { writeWindows1252 } from '../disk/encodings/windows-1252.ts';
import { PHONE_BYTES_MAX, readPhoneNumber } from '../phone/read.ts';
import { foldToAscii } from '../phone/unicode.ts';
import type { Encoding, OneNumberForm } from './layout/layout.ts';

const PLUS = 0x2b;

/** The last number read; the caller owns it. */
export interface SourceNumber {
  /** E.164 digits, or a negative reason of `readPhoneNumber`. */
  key: number;
  /** How it is written; meaningless if `key` is a reason. */
  form: OneNumberForm;
}

/** Room for one number re-encoded as UTF-8; a thread reads one at a time. */
const utf8 = new Uint8Array(3 * PHONE_BYTES_MAX);
const folded = new Uint8Array(PHONE_BYTES_MAX);

/** Reads the number written in `bytes[start, end)`, national writing as Belgian, into `number`. */
export function readSourceNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: Encoding,
  number: SourceNumber,
): void {
  if (isAscii(bytes, start, end)) {
    number.key = readPhoneNumber(bytes, start, end, true);
    if (number.key > 0) number.form = formOf(bytes, start, end, number.key);
  } else {
    readBeyondAscii(bytes, start, end, encoding, number);
  }
}

function readBeyondAscii(
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: Encoding,
  number: SourceNumber,
): void {
  // A piece too long for a number is not re-encoded: its length is the only error to report.
  if (encoding === 'windows-1252' && end - start <= PHONE_BYTES_MAX) {
    let utf8End = 0;
    for (let i = start; i < end; i++) {
      utf8End = writeWindows1252(utf8, utf8End, bytes[i]!); // `!`: a range inside of bytes
    }
    readBeyondAscii(utf8, 0, utf8End, 'utf-8', number);
    return;
  }
  number.key = readPhoneNumber(bytes, start, end, true);
  // A key was read, so the piece is short enough for `folded`, and it folds.
  if (number.key > 0) {
    number.form = formOf(folded, 0, foldToAscii(bytes, start, end, folded), number.key);
  }
}

/**
 * Decides by a plus, else by how many more digits than its key the number is written with. An extra
 * trunk zero, as in `0032 (0)475`, does not change the form.
 */
function formOf(ascii: Uint8Array, start: number, end: number, key: number): OneNumberForm {
  let more = 0;
  for (let i = start; i < end; i++) {
    const byte = ascii[i]!; // `!`: start <= i < end, a range inside of ascii
    if (byte === PLUS) return 'plus';
    if (byte >= 0x30 && byte <= 0x39) more++;
  }
  for (let power = 1; power <= key; power *= 10) more--;
  if (more >= 2) return 'international';
  if (more >= 0) return 'country-code';
  return more === -1 ? 'trunk' : 'national';
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) return false; // `!`: as above
  }
  return true;
}
