/**
 * Classifies keys that are not on the list: the Belgian numbering plan, and the country codes of
 * the rest of the world. Source of the patterns: google/libphonenumber,
 * resources/PhoneNumberMetadata.xml of July 2026, territory BE.
 */
import { countryCodeDigits } from './country-codes.ts';

/** The largest key: E.164 allows 15 digits. */
export const KEY_MAX = 999_999_999_999_999;

/** The smallest key of country code 32 followed by eight digits, leading zeros included. */
export const EIGHT_DIGITS_BASE = 3_200_000_000;
/** How many keys there are from {@link EIGHT_DIGITS_BASE} on. */
export const EIGHT_DIGITS_COUNT = 100_000_000;
/** The smallest mobile key: 0450 00 00 00. */
export const MOBILE_BASE = 32_450_000_000;
/** How many keys there are from {@link MOBILE_BASE} on, all of them mobile: `4[5-9]\d{7}`. */
export const MOBILE_COUNT = 50_000_000;

/** Fixed numbers, by the first four of their eight digits. */
const FIXED_PREFIX =
  /^(?:80[2-8]\d|(?:1[0-69]|[23][2-8]|4[23]|5\d|6[013-57-9]|71|8[1-79]|9[2-4])\d\d)$/;

/** Toll free, shared cost, premium and universal access numbers, by the first four of eight. */
const SPECIAL_PREFIXES = [
  /^800[1-9]$/,
  /^7879$/,
  /^(?:70(?:2[0-57]|3[04-7]|44|6[04-69]|7[0579])|90\d\d)$/,
  /^78(?:0[578]|1[014-8]|2[25]|3[15-8]|48|5[05]|60|7[06-8]|9\d)$/,
] as const;

/**
 * The class (1, 4 or 5, see {@link classifyKey}) of every national number of eight digits, by its
 * first four digits: no pattern of the plan needs more. Read only; exported for loops that cannot
 * afford a call per key.
 */
export const EIGHT_DIGITS_CLASS: Readonly<Uint8Array> = buildEightDigitsClass();

function buildEightDigitsClass(): Uint8Array {
  const table = new Uint8Array(10_000).fill(5);
  for (let prefix = 1000; prefix < 10_000; prefix++) {
    const digits = String(prefix);
    if (FIXED_PREFIX.test(digits)) table[prefix] = 1;
    else if (SPECIAL_PREFIXES.some((pattern) => pattern.test(digits))) table[prefix] = 4;
  }
  return table;
}

/**
 * The verdict of a key that is not on the list: 1 (callable) for a Belgian fixed or mobile number,
 * 4 (not covered) for a Belgian special number or a foreign one (a country code in use, 7 to 15
 * digits in all), 5 (unreadable) for anything else: 0, fractions, NaN and numbers beyond
 * {@link KEY_MAX} included.
 */
export function classifyKey(key: number): 1 | 4 | 5 {
  // `x >>> 0 === x` holds only for whole numbers from 0 to 2^32 - 1; fractions and NaN fail.
  const mobile = key - MOBILE_BASE;
  if (mobile >>> 0 === mobile && mobile < MOBILE_COUNT) return 1;
  const eight = key - EIGHT_DIGITS_BASE;
  if (eight >>> 0 === eight && eight < EIGHT_DIGITS_COUNT) {
    // proof: the index is below 10,000, and the table holds only 1, 4 and 5
    return EIGHT_DIGITS_CLASS[(eight / 10_000) >>> 0] as 1 | 4 | 5;
  }
  return isForeignNumber(key) ? 4 : 5;
}

function isForeignNumber(key: number): boolean {
  if (!Number.isInteger(key) || key < 1_000_000 || key > KEY_MAX) return false;
  let firstThree = key;
  while (firstThree >= 1000) firstThree = Math.floor(firstThree / 10);
  const belgian = firstThree >= 320 && firstThree <= 329;
  return !belgian && countryCodeDigits(firstThree) !== 0;
}

/** What a key is; `special` is a Belgian number that the list does not cover. */
type KeyKind = 'fixed' | 'mobile' | 'special' | 'foreign' | 'invalid';

/**
 * Names what {@link classifyKey} judges: `fixed` and `mobile` are class 1, `special` (Belgian) and
 * `foreign` class 4, `invalid` class 5. For reports, not for hot loops.
 */
export function keyKind(key: number): KeyKind {
  const keyClass = classifyKey(key);
  if (keyClass === 5) return 'invalid';
  const eightDigits = key >= EIGHT_DIGITS_BASE && key < EIGHT_DIGITS_BASE + EIGHT_DIGITS_COUNT;
  if (keyClass === 1) return eightDigits ? 'fixed' : 'mobile';
  return eightDigits ? 'special' : 'foreign';
}

/** Writes a key (1 to {@link KEY_MAX}) as E.164: `+32475123456`. */
export function formatE164(key: number): string {
  return `+${key}`;
}
