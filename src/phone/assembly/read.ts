/**
 * Reads the usual forms of phone numbers, in AssemblyScript: digits, the separators and brackets
 * between them, a plus, `tel:`, and the spaces, hyphens and invisible marks beyond ASCII that come
 * from documents. Leaves everything else, including text that is no number, to `readPhoneNumber` of
 * `src/phone/read.ts`, and gives the same keys.
 */

/** Means "not read here". No key is this large. */
export const NOT_READ: u64 = u64.MAX_VALUE;

const BYTES_MAX: usize = 64;
const DIGITS_MAX: i32 = 18;
const KEY_DIGITS_MAX: i32 = 15;

/** 1, 10, 100 ... up to 10 to the 18th. */
const POWERS = memory.data<u64>([
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
  1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
]);

const ZERO: u8 = 0x30;
const SPACE: u8 = 0x20;
const SLASH: u8 = 0x2f;
const HYPHEN: u8 = 0x2d;
const DOT: u8 = 0x2e;
const PLUS: u8 = 0x2b;
const TAB: u8 = 0x09;
const OPEN: u8 = 0x28;
const OPEN_SQUARE: u8 = 0x5b;
const CLOSE_SQUARE: u8 = 0x5d;
const LETTER_T: u8 = 0x74;
/** `el:`; the letters may be upper or lower case. */
const SCHEME: u32 = 0x3a_6c65;
const ANY_CASE: u32 = 0x00_2020;
const NO_BYTES: usize = 0;

/**
 * The key of the number in `[start, end)` as `readPhoneNumber` reads it, or NOT_READ.
 *
 * @param belgian national writing is read as Belgian
 * @param utf8 whether bytes beyond ASCII are UTF-8; if not, a text with such bytes is not read
 */
export function readUsualNumber(start: usize, end: usize, belgian: bool, utf8: bool): u64 {
  if (end - start > BYTES_MAX) return NOT_READ;
  let value: u64 = 0;
  let count: i32 = 0;
  // A separate loop for the most common form, small enough to keep everything in registers.
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    const digit = byte - ZERO;
    if (digit < 10) {
      value = value * 10 + <u64>digit;
      count++;
    } else if (byte !== SPACE && byte !== SLASH && byte !== HYPHEN) {
      return readOn(start, at, end, value, count, belgian, utf8);
    }
  }
  return keyOf(value, count, false, false, belgian);
}

/** Reads on from `at`, whatever follows; the `count` digits before it have the value `value`. */
export function readOn(
  start: usize,
  from: usize,
  end: usize,
  valueBefore: u64,
  countBefore: i32,
  belgian: bool,
  utf8: bool,
): u64 {
  let value = valueBefore;
  let count = countBefore;
  let dots: i32 = 0;
  let brackets = false;
  let plus = false;
  let scheme = false;
  for (let at = from; at < end; at++) {
    const byte = load<u8>(at);
    const digit = byte - ZERO;
    if (digit < 10) {
      value = value * 10 + <u64>digit;
      count++;
    } else if (byte === SPACE || byte === SLASH || byte === HYPHEN || byte - TAB < 5) {
      // Ignored.
    } else if (byte === DOT) {
      dots++;
    } else if ((byte & 0xfe) === OPEN || byte === OPEN_SQUARE || byte === CLOSE_SQUARE) {
      brackets = true;
    } else if (byte >= 0x80) {
      const bytes = utf8 ? bytesOfIgnored(at, end) : NO_BYTES;
      if (bytes === NO_BYTES) return NOT_READ;
      at += bytes - 1;
    } else {
      if (plus || count > 0) return NOT_READ;
      if (byte === PLUS) plus = true;
      else {
        if (scheme || !isScheme(at, end)) return NOT_READ;
        scheme = true;
        at += 3;
      }
    }
  }
  if (dots === 1 && count <= DIGITS_MAX && isDecimal(value, start, end)) return NOT_READ;
  return keyOf(value, count, plus, brackets, belgian);
}

/** Whether `tel:` stands at `at`. */
function isScheme(at: usize, end: usize): bool {
  if (end - at < 4 || (load<u8>(at) | 0x20) !== LETTER_T) return false;
  return ((load<u32>(at) >> 8) | ANY_CASE) === SCHEME;
}

/** Whether only zeros follow the dot of a text with digits `value`: a decimal number. */
function isDecimal(value: u64, start: usize, end: usize): bool {
  let digits: i32 = 0;
  for (let at = end - 1; at >= start && load<u8>(at) !== DOT; at--) {
    const digit = load<u8>(at) - ZERO;
    if (digit < 10) digits++;
  }
  return digits > 0 && value % power(digits) === 0;
}

/**
 * The length in bytes of the character at `at` if it is an ignored one of General Punctuation or
 * Latin-1, or a byte order mark; else none.
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

/** 10 to the power of `exponent`, 0 to 18. */
function power(exponent: i32): u64 {
  return load<u64>(POWERS + ((<usize>exponent) << 3));
}

/** The key of `count` digits; `plus`, `brackets`: whether the text has them. */
function keyOf(value: u64, count: i32, plus: bool, brackets: bool, belgian: bool): u64 {
  // Beyond 18 digits the value may have overflowed.
  if (count < 3 || count > DIGITS_MAX) return NOT_READ;
  if (plus) return internationalKey(value, count, brackets);
  if (value < power(count - 2)) return internationalKey(value, count - 2, brackets);
  if (!belgian) return NOT_READ;
  if (value < power(count - 1)) return nationalKey(value, count - 1);
  if (count >= 10 && beginsWith32(value, count)) return belgianKey(value, count);
  return nationalKey(value, count);
}

/** Digits after a trunk zero, or digits that lost it. */
function nationalKey(value: u64, length: i32): u64 {
  return length + 2 > KEY_DIGITS_MAX ? NOT_READ : 32 * power(length) + value;
}

/** Whether `length` digits, two or more, begin with 32. */
function beginsWith32(value: u64, length: i32): bool {
  return value - 32 * power(length - 2) < power(length - 2);
}

/**
 * Digits of international writing. A bracketed zero after a foreign country code may have to be
 * dropped, which this does not do.
 */
function internationalKey(value: u64, length: i32, brackets: bool): u64 {
  if (length < 3 || value < power(length - 1)) return NOT_READ;
  if (beginsWith32(value, length)) return belgianKey(value, length);
  return brackets || length > KEY_DIGITS_MAX ? NOT_READ : value;
}

/** Digits that begin with 32 as country code, perhaps with one trunk zero after it. */
function belgianKey(value: u64, length: i32): u64 {
  const unit = power(length - 3);
  if (value >= 321 * unit) return length > KEY_DIGITS_MAX ? NOT_READ : value;
  const national = value - 320 * unit;
  // A second zero, or nothing, after it.
  if (length < 4 || national < power(length - 4)) return NOT_READ;
  return length - 1 > KEY_DIGITS_MAX ? NOT_READ : 32 * unit + national;
}
