import { classifyKey, EIGHT_DIGITS_CLASS } from '../phone/plan.ts';

/**
 * The low bits of an entry of the kernel's page table hold the class of the page: 1, 4 or 5 as in
 * `classifyKey`, 0 if its keys differ or none is listed.
 */
const CLASS_BITS = 4;

/** Where the kernel finds the slots of pages: at `base + slot * bytes`, both multiples of 16. */
export interface SlotPlaces {
  readonly base: number;
  readonly bytes: number;
}

/** The entries hold the slots themselves. */
export const BARE_SLOTS: SlotPlaces = { base: 0, bytes: 1 << CLASS_BITS };

const PAGE_KEYS = 65_536;
/** How `classifyKey` divides numbers of eight Belgian digits: every page spans several blocks. */
const EIGHT_DIGITS = { from: 3_200_000_000, to: 3_300_000_000, block: 10_000 } as const;
const MOBILE = { from: 32_450_000_000, to: 32_500_000_000 } as const;

/**
 * Turns the slots of a page table, from `start` to before `end`, into entries of the kernel: where
 * the slot is, and the class of a page in use, so that the kernel need not look at the digits of a
 * key that is not on the list. Takes up to 3 us per page in use.
 */
export function writePageEntries(
  pages: Uint32Array,
  { start, end }: { readonly start: number; readonly end: number },
  { base, bytes }: SlotPlaces,
): void {
  for (let page = start; page < end; page++) {
    const slot = pages[page] ?? 0;
    // Below 2^32, as the memory is.
    pages[page] = base + slot * bytes + (slot === 0 ? 0 : classOfPage(page));
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
