/** The verdict of keys that are not on the list. */
import { EIGHT_DIGITS_CLASS, FOREIGN_CLASS } from './layout';

// The Belgian plan as in src/phone/plan.ts; the tests compare its constants with these.
const EIGHT_DIGITS_BASE: u64 = 3_200_000_000;
const EIGHT_DIGITS_COUNT: u64 = 100_000_000;
const MOBILE_BASE: u64 = 32_450_000_000;
const MOBILE_COUNT: u64 = 50_000_000;
const KEY_MAX: u64 = 999_999_999_999_999;
const FOREIGN_MIN: u64 = 1_000_000;

export const CALLABLE: i32 = 1;
export const BLOCKED: i32 = 2;
const UNREADABLE: i32 = 5;
/** A list gives 1 to 5; 6 follows from the purpose, and its count stays 0. */
export const VERDICTS: i32 = 5;
export const COUNTS: i32 = 7;

/**
 * Gives the keys that share no verdict with their page, 0 so far, that of their digits. Looking at
 * the digits of every key would take 0.7 to 1.5 ns of 8 at 1.5 M entries.
 */
export function judgeDigits(list: usize, keys: usize, size: usize, out: usize): void {
  const eightDigitsClass = <usize>load<u32>(list, EIGHT_DIGITS_CLASS);
  const none = i8x16.splat(0);
  let i: usize = 0;
  for (; i + 16 <= size; i += 16) {
    let open = <u32>i8x16.bitmask(i8x16.eq(v128.load(out + i), none));
    for (; open !== 0; open &= open - 1) {
      const at = i + <usize>ctz<u32>(open);
      store<u8>(out + at, classify(list, eightDigitsClass, load<u64>(keys + (at << 3))));
    }
  }
  for (; i < size; i++) {
    if (load<u8>(out + i) !== 0) continue;
    store<u8>(out + i, classify(list, eightDigitsClass, load<u64>(keys + (i << 3))));
  }
}

/**
 * The verdict of a key that is not on the list, from its digits. At most three loads, and no branch
 * for Belgian numbers.
 */
function classify(list: usize, eightDigitsClass: usize, key: u64): u8 {
  const eight = key - EIGHT_DIGITS_BASE;
  const isEight = eight < EIGHT_DIGITS_COUNT;
  const isMobile = key - MOBILE_BASE < MOBILE_COUNT;
  const prefix = <u32>select<u64>(eight, 0, isEight) / 10_000;
  let verdict = <i32>load<u8>(eightDigitsClass + <usize>prefix);
  verdict = select<i32>(CALLABLE, verdict, isMobile);
  if (!(isEight || isMobile)) verdict = classifyOther(list, key);
  return <u8>verdict;
}

/** A key that is neither mobile nor eight Belgian digits: foreign or unreadable. */
function classifyOther(list: usize, key: u64): i32 {
  if (key < FOREIGN_MIN || key > KEY_MAX) return UNREADABLE;
  let firstThree = key;
  while (firstThree >= 1000) firstThree /= 10;
  return <i32>load<u8>(<usize>load<u32>(list, FOREIGN_CLASS) + <usize>firstThree);
}
