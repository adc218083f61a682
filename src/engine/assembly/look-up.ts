/** Phases 1 to 3 over one list, whichever index it has. */
import { collectBits, gatherBytes, markBits, placeBits, rankBits, rankBitsAndTail } from './bitmap';
import { findBuckets, findRanks, findStarts } from './directory';
import { PLACES, RECORDS } from './layout';
import { hasTailKey } from './tail';
import { BLOCKED } from './verdict';

/**
 * Phases 1 and 2. Gives each key the class of its page, 0 where its digits must be looked at.
 *
 * @param classes receives the classes; `out`, or elsewhere if they are not wanted
 */
export function locate(
  list: usize,
  keys: usize,
  size: usize,
  scratch: usize,
  classes: usize,
): void {
  if (load<u32>(list, RECORDS) !== 0) {
    placeBits(list, keys, size, scratch, classes);
    gatherBytes(size, scratch);
  } else {
    findBuckets(list, keys, size, scratch, classes);
    findStarts(list, size, scratch);
  }
}

/**
 * Phase 3: blocks the keys that are on the list. If hits are wanted, scratch[h] = rank of hit h,
 * places[h] = its place in the block; returns how many there are.
 */
export function mark(
  list: usize,
  keys: usize,
  size: usize,
  scratch: usize,
  out: usize,
  wantsHits: bool,
): usize {
  if (load<u32>(list, RECORDS) === 0) {
    const found = findRanks(list, keys, size, scratch);
    blockHits(found, scratch, out);
    return found;
  }
  if (hasTailKey(list, keys, size)) return rankBitsAndTail(list, keys, size, scratch, out);
  if (!wantsHits) {
    markBits(size, scratch, out);
    return 0;
  }
  const hits = collectBits(size, scratch, out);
  rankBits(list, hits, scratch);
  return hits;
}

/** Directory: keys on the list are blocked. */
function blockHits(hits: usize, scratch: usize, out: usize): void {
  const places = scratch + PLACES;
  for (let h: usize = 0; h < hits; h++) {
    store<u8>(out + <usize>load<u32>(places + (h << 2)), <u8>BLOCKED);
  }
}
