/**
 * Why a text is no phone number. Reasons are negative so that a function can return either a key
 * (always positive) or a reason as one number.
 */
export const NO_DIGITS = -1;
export const TOO_LONG = -2;
export const BAD_CHARACTER = -3;
export const BAD_UTF8 = -4;
export const LEADING_ZERO = -5;
export const NATIONAL_WRITING = -6;
export const DECIMAL_NUMBER = -7;
// Only `whyUnreadable` gives these: it looks closer than `readPhoneNumber` has time to.
export const EMPTY = -8;
export const TOO_SHORT = -9;
export const SEVERAL_NUMBERS = -10;
export const EXTENSION = -11;
export const SCIENTIFIC = -12;

/** By reason: index 1 belongs to -1. */
const REASON_TEXTS = [
  'not a reason',
  'no digits',
  'too long',
  'a character that is not part of a phone number',
  'not valid UTF-8',
  'a zero where a number begins',
  'a national number, but the region is not BE',
  'a decimal number, digits of a phone number may be lost',
  'nothing is written there',
  'too few digits',
  'several phone numbers',
  'a phone number with an extension',
  'a number as 4.75E+08, its last digits are lost',
] as const;

/** Describes a reason in a few words; any other value is `not a reason`. */
export function reasonText(reason: number): string {
  return REASON_TEXTS[-reason] ?? REASON_TEXTS[0];
}
