import { readPhoneNumber } from '../../phone/read.ts';
import { whyUnreadable } from '../../phone/unreadable.ts';
import { REASON_EMPTY, REASON_TOO_LONG, reasonOfUnread } from '../../verdict/reason.ts';
import { QUOTE } from './rows.ts';
import { CHARSET_UTF8, decodePhoneCell, PHONE_CELL_BYTES_MAX, unwrappedText } from './text.ts';

const SPACE = 0x20;
const APOSTROPHE = 0x27;
const COLON = 0x3a;
const EQUALS = 0x3d;
const TILDE = 0x7e;
const LETTER_A = 0x61;
const LETTER_T = 0x74;
const LETTER_Z = 0x7a;

/** Characters that may precede the first one that matters. */
const NOTHING_YET = new Set([SPACE, QUOTE, APOSTROPHE, EQUALS]);

/** Reads phone cells one by one, in any notation. */
export class PhoneCellReader {
  readonly #charset: number;
  readonly #text = new Uint8Array(PHONE_CELL_BYTES_MAX);

  constructor(charset: number) {
    this.#charset = charset;
  }

  /**
   * The key of a phone number, or the negative `Reason` why it is not one; `belgian`: national
   * notation is read as Belgian.
   */
  read(bytes: Uint8Array, start: number, end: number, belgian: boolean): number {
    if (start === end) return -REASON_EMPTY;
    const key = this.#readPlain(bytes, start, end, belgian);
    if (key > 0) return key;
    if (isBare(bytes, start, end)) {
      return -reasonOfUnread(whyUnreadable(bytes, start, end, belgian));
    }
    const shown = unwrappedText(bytes, start, end, this.#charset);
    if (shown === undefined) return -REASON_TOO_LONG;
    const text = Buffer.from(shown);
    const unwrapped = readPhoneNumber(text, 0, text.length, belgian);
    if (unwrapped > 0) return unwrapped;
    return -reasonOfUnread(whyUnreadable(text, 0, text.length, belgian));
  }

  /** The key of a phone number, reading national notation as Belgian; 0 if it is not one. */
  key(bytes: Uint8Array, start: number, end: number): number {
    if (hasLetter(bytes, start, end)) return 0;
    return Math.max(0, this.read(bytes, start, end, true));
  }

  /** Reads a cell as it is, without the quotes around it, which works for nearly all cells. */
  #readPlain(bytes: Uint8Array, start: number, end: number, belgian: boolean): number {
    if (isPlain(bytes, start, end, this.#charset)) {
      return readPhoneNumber(bytes, start, end, belgian);
    }
    const length = decodePhoneCell(bytes, start, end, this.#charset, this.#text);
    return readPhoneNumber(this.#text, 0, length, belgian);
  }
}

/** Whether a cell is ASCII and has nothing around its text to strip. */
function isBare(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number; // neither is empty, and end is within the bytes
  if (first === QUOTE || first === APOSTROPHE || first === EQUALS) return false;
  if (first === SPACE || bytes[end - 1] === SPACE) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < SPACE || byte > TILDE) return false;
  }
  return true;
}

/** Whether a cell has an ASCII letter, except in a leading `tel:`: then it is not a number. */
function hasLetter(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && NOTHING_YET.has(bytes[at] as number)) at++;
  if (((bytes[at] ?? 0) | 0x20) === LETTER_T && bytes[at + 3] === COLON) at += 4;
  for (; at < end; at++) {
    const letter = (bytes[at] as number) | 0x20;
    if (letter >= LETTER_A && letter <= LETTER_Z) return true;
  }
  return false;
}

/** Whether the bytes of a cell are its text: not quoted, and ASCII or known to be UTF-8. */
function isPlain(bytes: Uint8Array, start: number, end: number, charset: number): boolean {
  if (start < end && bytes[start] === QUOTE) return false;
  if (charset === CHARSET_UTF8) return true;
  let high = 0;
  for (let at = start; at < end; at++) high |= bytes[at] as number; // end is within the bytes
  return high < 0x80;
}
