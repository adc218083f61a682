/**
 * The writings that nearly all Belgian numbers have, in AssemblyScript: digits, spaces, slashes,
 * hyphens and dots, perhaps behind a plus. Everything else, also whatever is no number, is left to
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

/**
 * The key of the number in `[start, end)`, ASCII or UTF-8, as `readPhoneNumber` reads it; or
 * NOT_READ. `belgian`: national writing is read as Belgian.
 */
export function readUsualNumber(start: usize, end: usize, belgian: bool): u64 {
  if (end - start > BYTES_MAX) return NOT_READ;
  let value: u64 = 0;
  let count: i32 = 0;
  let dots: i32 = 0;
  let plus = false;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    const digit = byte - ZERO;
    if (digit < 10) {
      value = value * 10 + <u64>digit;
      count++;
    } else if (byte === SPACE || byte === SLASH || byte === HYPHEN) {
      // Ignored.
    } else if (byte === DOT) {
      dots++;
    } else if (byte === PLUS && !plus && count === 0) {
      plus = true;
    } else return NOT_READ;
  }
  // Beyond 18 digits the value may have overflowed.
  if (count < 3 || count > DIGITS_MAX) return NOT_READ;
  // The smallest number with as many digits.
  const unit = load<u64>(POWERS + ((<usize>count - 1) << 3));
  if (plus) return keyBehindCode(value, unit, count);
  if (value >= unit) {
    // One dot may be that of a decimal number.
    if (!belgian || dots === 1) return NOT_READ;
    if (count >= 10 && beginsWith32(value, unit)) return keyBehindCode(value, unit, count);
    return nationalKey(value, unit * 10, count);
  }
  if (value < unit / 10) return keyBehindCode(value, unit / 100, count - 2);
  return belgian ? nationalKey(value, unit, count - 1) : NOT_READ;
}

/** Digits behind a trunk zero, or that lost it; `power`: 10 to the `length`. */
function nationalKey(value: u64, power: u64, length: i32): u64 {
  return length + 2 > KEY_DIGITS_MAX ? NOT_READ : 32 * power + value;
}

/** Whether digits begin with 32; `unit`: the smallest number of as many, 100 or more. */
function beginsWith32(value: u64, unit: u64): bool {
  const tenth = unit / 10;
  return value >= 32 * tenth && value < 33 * tenth;
}

/**
 * `length` digits of international writing, if they begin with 32 and go on without a zero;
 * `unit`: the smallest number of that length.
 */
function keyBehindCode(value: u64, unit: u64, length: i32): u64 {
  if (length < 3 || length > KEY_DIGITS_MAX) return NOT_READ;
  return beginsWith32(value, unit) && value >= 321 * (unit / 100) ? value : NOT_READ;
}
