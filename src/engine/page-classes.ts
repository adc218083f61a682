import { classifyKey, EIGHT_DIGITS_CLASS } from '../phone/plan.ts';

/**
 * The class of a page (1, 4 or 5 as `classifyKey` says, 0 where its keys differ) is kept above this
 * bit of its entry in the page table of the kernel. Slots stay below: a memory has room for four
 * million.
 */
export const PAGE_CLASS_SHIFT = 28;

const PAGE_KEYS = 65_536;
/** What `classifyKey` looks at in a number of eight Belgian digits: no page lies in one alone. */
const EIGHT_DIGITS = { from: 3_200_000_000, to: 3_300_000_000, block: 10_000 } as const;
const MOBILE = { from: 32_450_000_000, to: 32_500_000_000 } as const;

/**
 * Writes the class of each page from `start` to before `end` that is in use into its entry: what a
 * key is that is not on the list then costs no look at its digits. Up to 3 us a page in use.
 */
export function writePageClasses(pages: Uint32Array, start: number, end: number): void {
  for (let page = start; page < end; page++) {
    const slot = pages[page] ?? 0;
    if (slot !== 0) pages[page] = slot | (classOfPage(page) << PAGE_CLASS_SHIFT);
  }
}

/** The class that all keys of a page have; 0 if they differ, or might. */
export function classOfPage(page: number): 0 | 1 | 4 | 5 {
  const first = page * PAGE_KEYS;
  const last = first + PAGE_KEYS - 1;
  const keyClass = classifyKey(first);
  if (overlaps(EIGHT_DIGITS, first, last)) {
    if (!contains(EIGHT_DIGITS, first, last)) return 0;
    const lastBlock = blockOf(last);
    for (let block = blockOf(first); block <= lastBlock; block++) {
      if (EIGHT_DIGITS_CLASS[block] !== keyClass) return 0;
    }
    return keyClass;
  }
  if (overlaps(MOBILE, first, last)) return contains(MOBILE, first, last) ? 1 : 0;
  // Elsewhere the number of digits decides, and the first three.
  return firstThree(first) === firstThree(last) ? keyClass : 0;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function overlaps({ from, to }: Range, first: number, last: number): boolean {
  return last >= from && first < to;
}

function contains({ from, to }: Range, first: number, last: number): boolean {
  return first >= from && last < to;
}

function blockOf(key: number): number {
  return Math.floor((key - EIGHT_DIGITS.from) / EIGHT_DIGITS.block);
}

/** The first three digits, and above them how many follow. */
function firstThree(key: number): number {
  let digits = key;
  let following = 0;
  for (; digits >= 1000; following++) digits = Math.floor(digits / 10);
  return following * 1000 + digits;
}
