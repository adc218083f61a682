/**
 * Why a text gave no key, precisely enough that a person knows what to fix. Slow: only for texts
 * that `readPhoneNumber` could not read.
 */
import { keyKind } from './plan.ts';
import { readPhoneNumber } from './read.ts';
import {
  DECIMAL_NUMBER,
  EMPTY,
  EXTENSION,
  NATIONAL_WRITING,
  NO_DIGITS,
  SCIENTIFIC,
  SEVERAL_NUMBERS,
  TOO_SHORT,
} from './reasons.ts';
import { foldToAscii } from './unicode.ts';

/** A longer text is folded piece by piece, and only its first piece is examined. */
const PIECE_BYTES = 256;

/** What a character that no phone number contains is folded to. */
const OTHER_CHARACTER = 0x01;

/** The first piece of the thread's current text, and a later one. */
const head = new Uint8Array(PIECE_BYTES);
const piece = new Uint8Array(PIECE_BYTES);

// What a byte of a folded text is: 0 to 9 are that digit.
const SEPARATOR = 10;
const BREAK = 11; // may also stand between two numbers
const PLUS = 12;
const OTHER = 13;

const KINDS = buildKinds();

function buildKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(OTHER);
  const mark = (characters: string, kind: number) => {
    for (const character of characters) kinds[character.charCodeAt(0)] = kind;
  };
  for (let digit = 0; digit < 10; digit++) mark(String(digit), digit);
  mark(' \t\v\f-.()[]', SEPARATOR);
  mark('/\r\n', BREAK);
  mark('+', PLUS);
  return kinds;
}

/**
 * The reason, negative, of the text `bytes[start, end)`, which gave no key: one that
 * `readPhoneNumber` gives, or a more precise one. `belgian` as there. Never throws, whatever the
 * bytes, and makes one pass over them. Returns the key of a text that can be read after all.
 */
export function whyUnreadable(
  bytes: Uint8Array,
  start: number,
  end: number,
  belgian: boolean,
): number {
  const headEnd = pieceEnd(bytes, start, end);
  const length = foldToAscii(bytes, start, headEnd, head, OTHER_CHARACTER);
  if (length < 0) return length;
  let content = contentOf(head, length);
  for (let at = headEnd; at < end; ) {
    const next = pieceEnd(bytes, at, end);
    const folded = foldToAscii(bytes, at, next, piece, OTHER_CHARACTER);
    if (folded < 0) return folded;
    content = Math.max(content, contentOf(piece, folded));
    at = next;
  }
  if (content === NOTHING) return EMPTY;
  if (content === NO_DIGIT) return NO_DIGITS;
  let reason = readPhoneNumber(bytes, start, end, belgian);
  if (reason > 0) return reason;
  if (reason === NATIONAL_WRITING) {
    // The national writing is the problem, unless the text is no number in Belgium either.
    reason = Math.min(readPhoneNumber(bytes, start, end, true), 0) || NATIONAL_WRITING;
  }
  return reason === NO_DIGITS ? TOO_SHORT : closerReason(length) || reason;
}

const encoder = new TextEncoder();

/** {@link whyUnreadable} for a string; an unpaired surrogate is a bad character. */
export function whyTextUnreadable(text: string, belgian: boolean): number {
  const bytes = encoder.encode(text);
  return whyUnreadable(bytes, 0, bytes.length, belgian);
}

/** Where a piece that begins at `start` ends: between two characters if the text is UTF-8. */
function pieceEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= PIECE_BYTES) return end;
  let at = start + PIECE_BYTES;
  // In range: at < end. No character has more than three bytes after its first.
  while (at > start + PIECE_BYTES - 3 && ((bytes[at] as number) & 0xc0) === 0x80) at--;
  return at;
}

// The contents of a text, in ascending order.
const NOTHING = 0;
const NO_DIGIT = 1;
const A_DIGIT = 2;

function contentOf(folded: Uint8Array, length: number): number {
  let content = NOTHING;
  for (let i = 0; i < length; i++) {
    const byte = folded[i] as number; // proof: length is at most that of the array
    if ((KINDS[byte] as number) < 10) return A_DIGIT;
    if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) content = NO_DIGIT;
  }
  return content;
}

const SCIENTIFIC_NUMBER = /^[+-]?\d+(?:[.,]\d*)?e[+-]?\d+$/i;
/** A whole number written as a decimal, with a comma or a dot as the decimal sign. */
const DECIMAL = /^\+?\d[\d .]*,0+$|^\+?\d[\d ,]*\.0+$/;
const EXTENDED =
  /(?<![a-z])(?:ext(?:ension)?|x|poste|toestel|tst|int(?:erne?)?|#)[\s.:=]*\d{1,6}[\s)\]]*$/i;

/** Each of these patterns needs a letter, a `#`, a comma or a dot. */
const SIGNS = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[a-z#,.]/i.test(String.fromCharCode(byte))),
);

function hasSign(length: number): boolean {
  for (let i = 0; i < length; i++) if (SIGNS[head[i] as number] === 1) return true;
  return false;
}

/** Recognises what became of a phone number in `head`; 0 if nothing is known. */
function closerReason(length: number): number {
  // Half of the unreadable texts need no string and no pattern, which take most of the time.
  const text = hasSign(length) ? Buffer.from(head.buffer, 0, length).toString('latin1') : '';
  const trimmed = text.trim();
  if (SCIENTIFIC_NUMBER.test(trimmed)) return SCIENTIFIC;
  if (holdsSeveral(length)) return SEVERAL_NUMBERS;
  const extended = EXTENDED.exec(text);
  if (extended !== null && endsInNumber(extended.index)) return EXTENSION;
  return DECIMAL.test(trimmed) ? DECIMAL_NUMBER : 0;
}

/** Whether `head[0, end)`, the text before an extension, ends in a phone number. */
function endsInNumber(end: number): boolean {
  const kindBefore = (at: number): number => KINDS[head[at - 1] as number] as number;
  let to = end;
  while (to > 0 && (isComma(head[to - 1] as number) || isBetween(kindBefore(to)))) to--;
  let from = to;
  while (from > 0 && kindBefore(from) !== OTHER) from--;
  return isNumber(head, from, to, false);
}

function isComma(byte: number): boolean {
  return byte === 0x2c || byte === 0x3b;
}

function isBetween(kind: number): boolean {
  return kind === SEPARATOR || kind === BREAK;
}

/** The bounds of a number's digits; the longest has 15 digits, `00` and a trunk zero. */
const DIGITS_MIN = 7;
const DIGITS_MAX = 18;

/**
 * Whether `head[0, length)` holds two or more phone numbers. A slash, a line end or a character
 * that no phone number contains ends one. So does a blank or the like before a zero or a plus, if
 * the text before it is certainly a number: `0475 12 34 56 02 226 88 51`.
 */
function holdsSeveral(length: number): boolean {
  let numbers = 0;
  let from = 0;
  let digits = 0;
  let inDigits = false;
  let strict = false;
  for (let i = 0; i <= length; i++) {
    const kind = i < length ? (KINDS[head[i] as number] as number) : OTHER;
    const beginsNumber = kind === PLUS || (kind === 0 && !inDigits);
    inDigits = kind < 10;
    if (beginsNumber || kind === BREAK || kind === OTHER) {
      const isEnd =
        digits >= DIGITS_MIN &&
        digits <= DIGITS_MAX &&
        isNumber(head, from, i, strict || beginsNumber);
      if (isEnd) numbers++;
      if (isEnd || kind === OTHER) {
        from = beginsNumber ? i : i + 1;
        strict = beginsNumber;
        digits = 0;
      }
    }
    if (inDigits) digits++;
  }
  return numbers >= 2;
}

/**
 * Whether `folded[from, to)` is a phone number, read in Belgium: one of the plan or, if it begins
 * with a zero or a plus, one of valid length. `strict`: only numbers of the plan, and foreign ones
 * of ten digits.
 */
function isNumber(folded: Uint8Array, from: number, to: number, strict: boolean): boolean {
  const key = readPhoneNumber(folded, from, to, true);
  if (key < 0) return false;
  const kind = keyKind(key);
  if (kind === 'foreign') return !strict || key >= 1_000_000_000;
  if (kind !== 'invalid') return true;
  let at = from;
  while (at < to && isBetween(KINDS[folded[at] as number] as number)) at++;
  const first = KINDS[folded[at] as number];
  return !strict && key >= 100_000_000 && (first === 0 || first === PLUS);
}
