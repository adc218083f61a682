import { classifyKey, EIGHT_DIGITS_CLASS } from '../phone/plan.ts';

/**
 * The class of a page (1, 4 or 5 as in `classifyKey`, 0 if its keys differ) is stored from this bit
 * up in its entry of the kernel's page table. Slots stay below it: a memory has room for only four
 * million.
 */
export const PAGE_CLASS_SHIFT = 28;

const PAGE_KEYS = 65_536;
/** How `classifyKey` divides numbers of eight Belgian digits: every page spans several blocks. */
const EIGHT_DIGITS = { from: 3_200_000_000, to: 3_300_000_000, block: 10_000 } as const;
const MOBILE = { from: 32_450_000_000, to: 32_500_000_000 } as const;

/**
 * Writes the class of each page in use, from `start` to before `end`, into its entry, so that the
 * kernel need not look at the digits of a key that is not on the list. Takes up to 3 us per page in
 * use.
 */
export function writePageClasses(pages: Uint32Array, start: number, end: number): void {
  for (let page = start; page < end; page++) {
    const slot = pages[page] ?? 0;
    if (slot !== 0) pages[page] = slot | (classOfPage(page) << PAGE_CLASS_SHIFT);
  }
}

/** The class that all keys of a page share; 0 if they differ or might. */
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
  // Elsewhere the number of digits and the first three decide.
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

/** The first three digits, combined with the number of digits after them. */
function firstThree(key: number): number {
  let digits = key;
  let following = 0;
  for (; digits >= 1000; following++) digits = Math.floor(digits / 10);
  return following * 1000 + digits;
}
