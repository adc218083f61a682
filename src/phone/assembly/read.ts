/**
 * The writings that nearly all phone numbers have, in AssemblyScript: digits, the separators and
 * brackets between them, a plus, `tel:`, and the spaces, hyphens and invisible marks beyond ASCII
 * that come from documents. Everything else, also whatever is no number, is left to
 * `readPhoneNumber` of `src/phone/read.ts`: what is read here is read as there.
 */

/** Not read here. No key is as large. */
export const NOT_READ: u64 = u64.MAX_VALUE;

const BYTES_MAX: usize = 64;
const DIGITS_MAX: i32 = 18;
const KEY_DIGITS_MAX: i32 = 15;

/** 1, 10, 100 ... up to 18 digits. */
const POWERS = memory.data<u64>([
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
  1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
]);

const ZERO: u8 = 0x30;
const SPACE: u8 = 0x20;
const SLASH: u8 = 0x2f;
const HYPHEN: u8 = 0x2d;
const DOT: u8 = 0x2e;
const PLUS: u8 = 0x2b;
const TAB: u8 = 0x09;
const LETTER_T: u8 = 0x74;
/** `el:`, whose letters may be of either case. */
const SCHEME: u32 = 0x3a_6c65;
const ANY_CASE: u32 = 0x00_2020;
const NO_BYTES: usize = 0;

/**
 * The key of the number in `[start, end)` as `readPhoneNumber` reads it, or NOT_READ.
 *
 * @param belgian national writing is read as Belgian
 * @param utf8 bytes beyond ASCII are UTF-8; else a text with such bytes is not read
 */
export function readUsualNumber(start: usize, end: usize, belgian: bool, utf8: bool): u64 {
  if (end - start > BYTES_MAX) return NOT_READ;
  let value: u64 = 0;
  let count: i32 = 0;
  let dots: i32 = 0;
  let digitsToDot: i32 = 0;
  let plus = false;
  let scheme = false;
  let brackets = false;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    const digit = byte - ZERO;
    if (digit < 10) {
      value = value * 10 + <u64>digit;
      count++;
    } else if (byte === SPACE || byte === SLASH || byte === HYPHEN || byte - TAB < 5) {
      // Ignored.
    } else if (byte === DOT) {
      dots++;
      digitsToDot = count;
    } else if (isBracket(byte)) {
      brackets = true;
    } else if (byte === PLUS && !plus && count === 0) {
      plus = true;
    } else if (byte >= 0x80) {
      const bytes = utf8 ? bytesOfIgnored(at, end) : NO_BYTES;
      if (bytes === NO_BYTES) return NOT_READ;
      at += bytes - 1;
    } else if ((byte | 0x20) === LETTER_T && !scheme && !plus && count === 0) {
      if (end - at < 4 || ((load<u32>(at) >> 8) | ANY_CASE) !== SCHEME) return NOT_READ;
      scheme = true;
      at += 3;
    } else return NOT_READ;
  }
  // Beyond 18 digits the value may have overflowed.
  if (count < 3 || count > DIGITS_MAX) return NOT_READ;
  // The smallest number with as many digits.
  const unit = load<u64>(POWERS + ((<usize>count - 1) << 3));
  if (plus) return internationalKey(value, unit, count, brackets);
  if (value >= unit) {
    const fraction = dots === 1 ? count - digitsToDot : 0;
    return belgian ? bareKey(value, unit, count, fraction) : NOT_READ;
  }
  if (value < unit / 10) return internationalKey(value, unit / 100, count - 2, brackets);
  return belgian ? nationalKey(value, unit, count - 1) : NOT_READ;
}

function isBracket(byte: u8): bool {
  return (byte & 0xfe) === 0x28 || byte === 0x5b || byte === 0x5d;
}

/**
 * How many bytes the character at `at` has if it is one of General Punctuation or Latin-1 that is
 * ignored, or a byte order mark; else none.
 */
function bytesOfIgnored(at: usize, end: usize): usize {
  const left = end - at;
  const lead = load<u8>(at);
  if (lead === 0xc2 && left >= 2) {
    const second = load<u8>(at, 1);
    // No-break space, soft hyphen.
    return second === 0xa0 || second === 0xad ? 2 : NO_BYTES;
  }
  if (left < 3) return NO_BYTES;
  const second = load<u8>(at, 1);
  const third = load<u8>(at, 2);
  if (lead === 0xe2 && second === 0x80) {
    // U+2000 to U+2015: spaces, marks, dashes; U+202A to U+202F: directions, a space.
    return third - 0x80 < 0x16 || third - 0xaa < 6 ? 3 : NO_BYTES;
  }
  // U+205F to U+2069: a space, marks; U+FEFF.
  if (lead === 0xe2 && second === 0x81) return third - 0x9f < 11 ? 3 : NO_BYTES;
  return lead === 0xef && second === 0xbb && third === 0xbf ? 3 : NO_BYTES;
}

/** Digits behind a trunk zero, or that lost it; `power`: 10 to the `length`. */
function nationalKey(value: u64, power: u64, length: i32): u64 {
  return length + 2 > KEY_DIGITS_MAX ? NOT_READ : 32 * power + value;
}

/** Digits behind neither plus nor zero; `fraction`: how many follow the only dot. */
function bareKey(value: u64, unit: u64, count: i32, fraction: i32): u64 {
  // A decimal number.
  if (fraction > 0 && value % load<u64>(POWERS + ((<usize>fraction) << 3)) === 0) return NOT_READ;
  if (count >= 10 && beginsWith32(value, unit)) return belgianKey(value, unit, count);
  return nationalKey(value, unit * 10, count);
}

/** Whether digits begin with 32; `unit`: the smallest number of as many, 10 or more. */
function beginsWith32(value: u64, unit: u64): bool {
  const tenth = unit / 10;
  return value >= 32 * tenth && value < 33 * tenth;
}

/**
 * `length` digits of international writing; `unit`: the smallest number of that length. A zero in
 * brackets behind a foreign country code may have to be dropped, which is not done here.
 */
function internationalKey(value: u64, unit: u64, length: i32, brackets: bool): u64 {
  if (length < 3 || value < unit) return NOT_READ;
  if (beginsWith32(value, unit)) return belgianKey(value, unit, length);
  return brackets || length > KEY_DIGITS_MAX ? NOT_READ : value;
}

/** Digits that begin with 32 as country code, perhaps with one trunk zero behind it. */
function belgianKey(value: u64, unit: u64, length: i32): u64 {
  const hundredth = unit / 100;
  if (value >= 321 * hundredth) return length > KEY_DIGITS_MAX ? NOT_READ : value;
  const national = value - 320 * hundredth;
  // A second zero, or nothing, behind it.
  if (length < 4 || national < hundredth / 10) return NOT_READ;
  return length - 1 > KEY_DIGITS_MAX ? NOT_READ : 32 * hundredth + national;
}
