import { describe, expect, it } from 'vitest';
import { BARE_SLOTS, classOfPage, writePageEntries } from '#tacet/engine/page-classes.js';
import { classifyKey } from '#tacet/phone/plan.js';

const PAGE_KEYS = 65_536;

/** The classes met in a page: every 5,000th key, and the ends. */
function classesOf(page: number): Set<number> {
  const first = page * PAGE_KEYS;
  const keys = Array.from({ length: 14 }, (_, i) => Math.min(i * 5000, PAGE_KEYS - 1));
  return new Set(keys.map((key) => classifyKey(first + key)));
}

/** Pages from that of `from` to that of `to`. */
function pagesOf(from: number, to: number): number[] {
  const first = Math.floor(from / PAGE_KEYS);
  return Array.from({ length: Math.floor(to / PAGE_KEYS) - first + 1 }, (_, i) => first + i);
}

describe('the class of a page', () => {
  it.each([
    ['eight Belgian digits', 3_199_900_000, 3_300_100_000, 0.9],
    ['mobile numbers', 32_449_000_000, 32_501_000_000, 0.9],
    ['too short numbers', 0, 1_300_000, 0],
    ['Belgian numbers of other lengths', 31_990_000_000, 32_010_000_000, 0.9],
    ['American numbers', 12_010_000_000, 12_030_000_000, 0.9],
    ['country codes of three digits', 35_190_000_000, 35_210_000_000, 0.9],
    ['the end of the index', 68_700_000_000, 68_719_476_735, 0.9],
  ])('is that of all its keys or none: %s', (_, from, to, knownShare) => {
    const pages = pagesOf(from, to);
    for (const page of pages) {
      const ofPage = classOfPage(page);
      if (ofPage !== 0) expect([...classesOf(page)], `page ${page}`).toEqual([ofPage]);
    }
    // Where it is none, every key is looked at.
    const known = pages.filter((page) => classOfPage(page) !== 0);
    expect(known.length / pages.length).toBeGreaterThanOrEqual(knownShare);
  });

  it('is none where a block of 10,000 differs', () => {
    // 0800 10 000 begins within its page: 0800 0 is unassigned, 0800 1 toll free.
    const page = Math.floor(3_280_010_000 / PAGE_KEYS);
    expect(classesOf(page).size).toBe(2);
    expect(classOfPage(page)).toBe(0);
  });

  it('is written below the place of its slot, for pages in use alone', () => {
    const start = Math.floor(32_475_000_000 / PAGE_KEYS);
    const pages = new Uint32Array(start + 3);
    pages[start] = 7;
    pages[start + 2] = 4_000_000;
    const bare = pages.slice();
    writePageEntries(bare, { start, end: start + 3 }, BARE_SLOTS);
    expect([...bare.subarray(start)]).toEqual([7 * 16 + 1, 0, 4_000_000 * 16 + 1]);
    const records = { base: 0xff00, bytes: 160 };
    writePageEntries(pages, { start, end: start + 2 }, records);
    writePageEntries(pages, { start: start + 2, end: start + 3 }, records);
    expect([...pages.subarray(start)]).toEqual([
      0xff00 + 7 * 160 + 1,
      0xff00,
      0xff00 + 4_000_000 * 160 + 1,
    ]);
  });
});
