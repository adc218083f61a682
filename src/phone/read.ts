/**
 * Reads phone numbers as people write them, from bytes to keys, without allocating anything. Reads
 * a text completely or not at all.
 */
import { countryCodeDigits, keepsLeadingZero } from './country-codes.ts';
import {
  BAD_CHARACTER,
  DECIMAL_NUMBER,
  LEADING_ZERO,
  NATIONAL_WRITING,
  NO_DIGITS,
  TOO_LONG,
} from './reasons.ts';
import { foldToAscii } from './unicode.ts';

export * from './reasons.ts';

/** The longest text that is read, in bytes. */
export const PHONE_BYTES_MAX = 64;

/** E.164 allows 15 digits, plus `00` and one trunk zero: more are never a number. */
const DIGITS_MAX = 18;
const KEY_DIGITS_MAX = 15;

/** 1, 10, 100 ... as doubles; all of these are exact. */
const POWERS = Float64Array.from({ length: DIGITS_MAX + 1 }, (_, exponent) => 10 ** exponent);

// What a byte is: 0 to 9 are that digit.
const SEPARATOR = 10;
const DOT = 11;
const OPEN = 12;
const CLOSE = 13;
const PLUS = 14;
const LETTER_T = 15;
const BEYOND_ASCII = 16;
const OTHER = 17;

const KINDS = buildKinds();

function buildKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(OTHER, 0, 0x80).fill(BEYOND_ASCII, 0x80);
  const mark = (characters: string, kind: number) => {
    for (const character of characters) kinds[character.charCodeAt(0)] = kind;
  };
  for (let digit = 0; digit < 10; digit++) mark(String(digit), digit);
  mark(' \t\n\v\f\r/-', SEPARATOR);
  mark('.', DOT);
  mark('([', OPEN);
  mark(')]', CLOSE);
  mark('+', PLUS);
  mark('tT', LETTER_T);
  return kinds;
}

/** Holds folded texts beyond ASCII; a thread reads one at a time. */
const folded = new Uint8Array(PHONE_BYTES_MAX);
const encoded = new Uint8Array(PHONE_BYTES_MAX);
const encoder = new TextEncoder();

/**
 * Reads the phone number written in `bytes[start, end)`, UTF-8.
 *
 * Ignored anywhere: spaces, tabs and line ends, dots, slashes, hyphens, brackets, their full-width
 * forms, and invisible marks; at the beginning `tel:`. Digits of any script count. International
 * writing begins with a plus or `00`; anything else is national and is read only if `belgian`: with
 * its trunk zero, with country code 32 (10 digits or more), or as a number that lost its zero.
 *
 * Returns the key (E.164 digits as an integer, 1 to 999,999,999,999,999; not necessarily a number
 * of any numbering plan), or a negative reason, see `reasonText`. Precondition:
 * 0 <= start <= end <= bytes.length.
 */
export function readPhoneNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  belgian: boolean,
): number {
  if (end - start > PHONE_BYTES_MAX) return TOO_LONG;
  // The first 9 digits and the next 9, in 32-bit integers: cheaper than one double, and exact.
  let high = 0;
  let low = 0;
  let count = 0;
  let plus = false;
  let scheme = false;
  let dots = 0;
  let dotAt = 0; // digits before the last dot
  let openAt = -2; // digits before the open bracket; -2: none open
  let bracketedZeros = 0; // bit n: digit n is a zero alone in brackets
  for (let i = start; i < end; i++) {
    // proof of both casts: i is inside of bytes by the precondition, and KINDS has 256 entries
    const kind = KINDS[bytes[i] as number] as number;
    if (kind < 10) {
      if (count < 9) high = (high * 10 + kind) | 0;
      else if (count < DIGITS_MAX) low = (low * 10 + kind) | 0;
      count++;
    } else if (kind === SEPARATOR) {
      // ignored
    } else if (kind === DOT) {
      dots++;
      dotAt = count;
    } else if (kind === OPEN) {
      openAt = count;
    } else if (kind === CLOSE) {
      if (openAt === count - 1 && count < 9 && high % 10 === 0) bracketedZeros |= 1 << openAt;
      openAt = -2;
    } else if (kind === PLUS && !plus && count === 0) {
      plus = true;
    } else if (kind === BEYOND_ASCII) {
      const foldedBytes = foldToAscii(bytes, start, end, folded);
      return foldedBytes < 0 ? foldedBytes : readPhoneNumber(folded, 0, foldedBytes, belgian);
    } else if (kind === LETTER_T && !scheme && !plus && count === 0 && isScheme(bytes, i, end)) {
      scheme = true;
      i += 3;
    } else {
      return BAD_CHARACTER;
    }
  }
  if (count === 0) return NO_DIGITS;
  if (count > DIGITS_MAX) return TOO_LONG;
  const value = count <= 9 ? high : high * power(count - 9) + low;
  if (plus) return internationalKey(value, high, low, count, 0, bracketedZeros);
  if (value >= power(count - 1)) {
    return belgian ? bareKey(value, count, dots === 1 ? count - dotAt : 0) : NATIONAL_WRITING;
  }
  if (count > 1 && value < power(count - 2)) {
    return internationalKey(value, high, low, count, 2, bracketedZeros);
  }
  return belgian ? nationalKey(value, count - 1) : NATIONAL_WRITING;
}

/** Whether `tel:` stands at `bytes[i]`, in any case. */
function isScheme(bytes: Uint8Array, i: number, end: number): boolean {
  if (end - i < 4) return false;
  // proof of the casts: i + 3 < end
  const e = (bytes[i + 1] as number) | 0x20;
  const l = (bytes[i + 2] as number) | 0x20;
  return e === 0x65 && l === 0x6c && bytes[i + 3] === 0x3a;
}

/** 10 to the power of `exponent`, 0 to `DIGITS_MAX`. */
function power(exponent: number): number {
  return POWERS[exponent] as number; // proof: callers stay between 0 and DIGITS_MAX
}

/** Whether a number of `length` digits begins with the Belgian country code. */
function beginsWith32(value: number, length: number): boolean {
  if (length < 2) return false;
  const unit = power(length - 2);
  return value >= 32 * unit && value < 33 * unit;
}

/** Digits after a trunk zero; they do not begin with another zero. */
function nationalKey(value: number, length: number): number {
  if (length === 0) return NO_DIGITS;
  return length + 2 > KEY_DIGITS_MAX ? TOO_LONG : 32 * power(length) + value;
}

/**
 * Digits that begin with neither a plus nor a zero. Eight digits beginning with 32 are an Antwerp
 * number without its zero; in ten or more digits 32 is the country code.
 *
 * `fraction` is the number of digits after the only dot. A spreadsheet or data frame writes numbers
 * as `32123456.00`: reading on would turn 03 212 34 56 into 012 34 56 00, another subscriber.
 */
function bareKey(value: number, length: number, fraction: number): number {
  if (fraction > 0 && value % power(fraction) === 0) return DECIMAL_NUMBER;
  if (length >= 10 && beginsWith32(value, length)) return belgianKey(value, length);
  return nationalKey(value, length);
}

/** Digits that begin with 32 as country code; one trunk zero after it, `+32 (0)475`, is dropped. */
function belgianKey(value: number, length: number): number {
  if (length === 2) return NO_DIGITS;
  if (value >= 321 * power(length - 3)) return length > KEY_DIGITS_MAX ? TOO_LONG : value;
  if (length === 3) return NO_DIGITS;
  const national = value - 320 * power(length - 3);
  if (national < power(length - 4)) return LEADING_ZERO;
  return length - 1 > KEY_DIGITS_MAX ? TOO_LONG : 32 * power(length - 3) + national;
}

/**
 * International writing: `count` digits, the first `prefix` of which are the `00`; `high` holds the
 * first nine at most, `low` the rest, `value` all of them.
 */
function internationalKey(
  value: number,
  high: number,
  low: number,
  count: number,
  prefix: number,
  bracketedZeros: number,
): number {
  const length = count - prefix;
  if (length === 0) return NO_DIGITS;
  if (value < power(length - 1)) return LEADING_ZERO;
  if (beginsWith32(value, length)) return belgianKey(value, length);
  if (bracketedZeros !== 0 && length >= 3) {
    const highCount = Math.min(count, 9);
    const firstThree = Math.floor(high / power(highCount - prefix - 3));
    // An unknown code has no digits, so this is the first digit: never a zero, see above.
    const at = prefix + countryCodeDigits(firstThree);
    if ((bracketedZeros >> at) & 1 && !keepsLeadingZero(firstThree)) {
      if (length - 1 > KEY_DIGITS_MAX) return TOO_LONG;
      // 16 digits do not fit in a double, so the zero is taken out of the first nine.
      const behind = highCount - 1 - at;
      const tail = high % power(behind);
      const head = Math.floor(high / power(behind + 1));
      return (head * power(behind) + tail) * power(count - highCount) + low;
    }
  }
  return length > KEY_DIGITS_MAX ? TOO_LONG : value;
}

/** {@link readPhoneNumber} for a string; an unpaired surrogate is a bad character. */
export function readPhoneText(text: string, belgian: boolean): number {
  const { read, written } = encoder.encodeInto(text, encoded);
  return read < text.length ? TOO_LONG : readPhoneNumber(encoded, 0, written, belgian);
}
