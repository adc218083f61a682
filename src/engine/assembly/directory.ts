/** Phases 1 to 3 with the file's directory as the index, see `src/list/directory.ts`. */
import {
  ENDS,
  ENTRY_CLASS,
  LOW_BYTES,
  PAGE_COUNT,
  PAGES,
  PLACES,
  STARTS,
  TAIL_COUNT,
} from './layout';
import { findInTail, NOT_FOUND, TAIL_SHIFT } from './tail';

/** Phase 1, directory: scratch[i] = the bucket of key i; out[i] = as in `placeBits`. */
export function findBuckets(
  list: usize,
  keys: usize,
  size: usize,
  scratch: usize,
  out: usize,
): void {
  const pages = <usize>load<u32>(list, PAGES);
  const pageCount = <u64>load<u32>(list, PAGE_COUNT);
  for (let i: usize = 0; i < size; i++) {
    const key = load<u64>(keys + (i << 3));
    // After the last page comes an unused one, and page 0 of the starts is empty.
    const entry = load<u32>(pages + ((<usize>min<u64>(key >> 16, pageCount)) << 2));
    store<u32>(scratch + (i << 2), ((entry & ~ENTRY_CLASS) << 4) | ((<u32>key >> 8) & 255));
    store<u8>(out + i, <u8>(entry & ENTRY_CLASS));
  }
}

/** Phase 2, directory: scratch[i] = first rank of the bucket, ends[i] = the rank after its last. */
export function findStarts(list: usize, size: usize, scratch: usize): void {
  const starts = <usize>load<u32>(list, STARTS);
  const ends = scratch + ENDS;
  for (let i: usize = 0; i < size; i++) {
    // The end of a bucket is the start of the next: both in one load.
    const both = load<u64>(starts + ((<usize>load<u32>(scratch + (i << 2))) << 2));
    store<u32>(scratch + (i << 2), <u32>both);
    store<u32>(ends + (i << 2), <u32>(both >> 32));
  }
}

/**
 * Phase 3, directory: compares low bytes, 16 at a time. Moves the hits to the front of the scratch,
 * where they overwrite only what has been read: scratch[h] = rank, places[h] = place in the block.
 * Returns the number of hits.
 */
export function findRanks(list: usize, keys: usize, size: usize, scratch: usize): usize {
  const lowBytes = <usize>load<u32>(list, LOW_BYTES);
  const tailCount = load<u32>(list, TAIL_COUNT);
  const ends = scratch + ENDS;
  const places = scratch + PLACES;
  let hits: usize = 0;
  for (let i: usize = 0; i < size; i++) {
    const low = load<u8>(keys + (i << 3));
    const start = load<u32>(scratch + (i << 2));
    const bytes = load<u32>(ends + (i << 2)) - start;
    const wanted = i8x16.splat(<i8>low);
    let rank = start;
    let equal: u32;
    if (bytes <= 16) {
      equal = <u32>i8x16.bitmask(i8x16.eq(v128.load(lowBytes + <usize>rank), wanted));
      equal &= (1 << bytes) - 1;
    } else {
      // Low bytes are spread evenly enough that a key is near its proportional place.
      const ahead = max<i32>(<i32>((<u32>low * bytes) >> 8) - 8, 0);
      rank += <u32>min<i32>(ahead, <i32>bytes - 16);
      equal = <u32>i8x16.bitmask(i8x16.eq(v128.load(lowBytes + <usize>rank), wanted));
      if (equal === 0) {
        rank = walk(lowBytes, start, start + bytes, rank, low);
        equal = <u32>i8x16.bitmask(i8x16.eq(v128.load(lowBytes + <usize>rank), wanted));
      }
    }
    if (tailCount !== 0 && load<u64>(keys + (i << 3)) >> TAIL_SHIFT !== 0) {
      rank = findInTail(list, tailCount, load<u64>(keys + (i << 3)));
      equal = <u32>(rank !== NOT_FOUND);
    }
    store<u32>(scratch + (hits << 2), rank + ctz<u32>(equal));
    store<u32>(places + (hits << 2), <u32>i);
    hits += <usize>(equal !== 0);
  }
  return hits;
}

/**
 * Moves from a window of 16 low bytes, left or right, to the window of the same bucket that would
 * hold `low`. Low bytes ascend within a bucket of more than 16.
 */
function walk(lowBytes: usize, start: u32, end: u32, from: u32, low: u8): u32 {
  let rank = from;
  while (rank > start && load<u8>(lowBytes + <usize>rank) > low) {
    rank = <u32>max<i32>(<i32>rank - 16, <i32>start);
  }
  while (rank + 16 < end && load<u8>(lowBytes + <usize>rank, 15) < low) {
    rank = min(rank + 16, end - 16);
  }
  return rank;
}
