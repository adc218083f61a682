/**
 * The search kernels: from the `count` keys in `words` to as many `ranks`. Only free functions over
 * typed arrays, which allocate and import nothing. A rank is an index into the list, or -1.
 *
 * Keys come as little-endian u64 in pairs of u32 words (low, high), in any order, with duplicates;
 * any 64-bit value is allowed.
 *
 * Every `!` here is a read within bounds: a loop ends before its caller's count, which the caller
 * checked against the array, and in a verified list file the arrays of the directory point into
 * each other. In a file that was only opened they may not: a typed array then gives undefined and a
 * DataView throws a RangeError, so a bad index causes wrong ranks or an error, never a crash.
 */

/**
 * Queries that go through the phases together. The loads of one phase do not depend on each other,
 * so their cache misses overlap.
 */
const BLOCK_KEYS = 512;

/**
 * If buckets have more keys than this on average, the search enters them where the key should be;
 * otherwise it scans them from their start. Measured: with 2.8 keys per bucket entering costs a
 * quarter of the speed, with 36 it nearly doubles it.
 */
const DENSE_BUCKET_KEYS = 8;

/** Scratch of the kernels. A thread has its own copy of this module, and no kernel awaits. */
const pendingIndex = new Int32Array(BLOCK_KEYS); // place in the block << 8 | low byte of the key
const pendingBucket = new Int32Array(BLOCK_KEYS);
const pendingStart = new Int32Array(BLOCK_KEYS);
const pendingEnd = new Int32Array(BLOCK_KEYS);
const pendingEntry = new Int32Array(BLOCK_KEYS);
const pendingBytes = new Int32Array(BLOCK_KEYS);
const keyBlock = new BigUint64Array(BLOCK_KEYS);
const keyBlockWords = new Uint32Array(keyBlock.buffer);

/**
 * The reference kernel: plain binary search, about log2(entries) dependent loads per key.
 * `numbers`: ascending, unique.
 */
export function findRanksBinary(
  numbers: BigUint64Array,
  words: Uint32Array,
  count: number,
  ranks: Int32Array,
): void {
  for (let from = 0; from < count; from += BLOCK_KEYS) {
    const size = Math.min(count - from, BLOCK_KEYS);
    // Keys are copied, because `words` may begin at any multiple of 4 and a u64 view may not.
    for (let word = 0; word < size * 2; word++) keyBlockWords[word] = words[from * 2 + word]!;
    for (let index = 0; index < size; index++) {
      ranks[from + index] = rankOf(numbers, keyBlock[index]!);
    }
  }
}

/** Binary search for one key. In bounds: `middle` is below `numbers.length`. */
function rankOf(numbers: BigUint64Array, key: bigint): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low < numbers.length && numbers[low] === key ? low : -1;
}

/**
 * The directory kernel: page table, bucket starts, low bytes, in phases over blocks of keys.
 *
 * @param pages 0 or 1 + slot, by page (key / 65,536)
 * @param starts first rank of each bucket, 256 per slot, and one more
 * @param lowBytes low byte of each covered key, and at least 3 bytes more
 * @param tailStart how many keys the directory covers, those below 2^36; binary search finds the
 *   rest
 * @param numberWords the list's numbers as words (low, high)
 */
export function findRanksDirectory(
  pages: Int32Array,
  starts: Int32Array,
  lowBytes: DataView,
  tailStart: number,
  numberWords: Uint32Array,
  words: Uint32Array,
  count: number,
  ranks: Int32Array,
): void {
  const dense = tailStart > starts.length * DENSE_BUCKET_KEYS;
  for (let from = 0; from < count; from += BLOCK_KEYS) {
    const size = Math.min(count - from, BLOCK_KEYS);
    const inPages = findBuckets(pages, words, from, size, ranks);
    const inBuckets = findStarts(starts, inPages);
    if (dense) {
      enterBuckets(lowBytes, inBuckets);
      searchBuckets(lowBytes, inBuckets, from, ranks);
    } else {
      loadBuckets(lowBytes, inBuckets);
      scanBuckets(lowBytes, inBuckets, from, ranks);
    }
    if (tailStart * 2 < numberWords.length) {
      findInTail(numberWords, tailStart, words, from, size, ranks);
    }
  }
}

/**
 * Phase 1: every rank becomes -1, and the keys whose page is in use become pending.
 *
 * @returns how many are pending
 */
function findBuckets(
  pages: Int32Array,
  words: Uint32Array,
  from: number,
  size: number,
  ranks: Int32Array,
): number {
  const pageCount = pages.length;
  let pending = 0;
  for (let place = 0; place < size; place++) {
    const index = from + place;
    const low = words[index * 2]!;
    const high = words[index * 2 + 1]!;
    ranks[index] = -1;
    const page = (high << 16) | (low >>> 16);
    if (high >= 16 || page >= pageCount) continue;
    const slot = pages[page]!;
    pendingIndex[pending] = (place << 8) | (low & 255);
    pendingBucket[pending] = ((slot - 1) << 8) | ((low >>> 8) & 255);
    // Always written, then kept or overwritten: a branch here would be mispredicted.
    pending += slot === 0 ? 0 : 1;
  }
  return pending;
}

/** Phase 2: where each pending key's bucket is in the list; keys with an empty bucket drop out. */
function findStarts(starts: Int32Array, pending: number): number {
  let kept = 0;
  for (let index = 0; index < pending; index++) {
    const bucket = pendingBucket[index]!;
    const start = starts[bucket]!;
    const end = starts[bucket + 1]!;
    pendingStart[kept] = start;
    pendingEnd[kept] = end;
    pendingIndex[kept] = pendingIndex[index]!;
    kept += start === end ? 0 : 1;
  }
  return kept;
}

/**
 * Phase 3 for sparse buckets: loads the first four low bytes of each. Separate from phase 4, whose
 * branches depend on them: a branch that waits for memory stops the loads after it.
 */
function loadBuckets(lowBytes: DataView, pending: number): void {
  for (let index = 0; index < pending; index++) {
    pendingBytes[index] = lowBytes.getInt32(pendingStart[index]!, true);
  }
}

/** Phase 4 for sparse buckets: compares four low bytes at a time, from the start. */
function scanBuckets(lowBytes: DataView, pending: number, from: number, ranks: Int32Array): void {
  for (let index = 0; index < pending; index++) {
    const end = pendingEnd[index]!;
    const wanted = Math.imul(pendingIndex[index]! & 255, 0x01010101);
    let rank = pendingStart[index]!;
    let bytes = pendingBytes[index]!;
    for (;;) {
      const differing = bytes ^ wanted;
      const equal = (differing - 0x01010101) & ~differing & 0x80808080;
      if (equal !== 0) {
        const found = rank + firstByte(equal);
        if (found < end) ranks[from + (pendingIndex[index]! >>> 8)] = found;
        break;
      }
      rank += 4;
      if (rank >= end) break;
      bytes = lowBytes.getInt32(rank, true);
    }
  }
}

/**
 * Phase 3 for dense buckets: low bytes are spread evenly enough that a key is near its proportional
 * place. Loads the four bytes there.
 */
function enterBuckets(lowBytes: DataView, pending: number): void {
  for (let index = 0; index < pending; index++) {
    const start = pendingStart[index]!;
    const low = pendingIndex[index]! & 255;
    const ahead = ((low * (pendingEnd[index]! - start)) >> 8) - 2;
    const entry = start + Math.max(ahead, 0);
    pendingEntry[index] = entry;
    pendingBytes[index] = lowBytes.getInt32(entry, true);
  }
}

/** Phase 4 for dense buckets: from the entry to the left or right, four low bytes at a time. */
function searchBuckets(lowBytes: DataView, pending: number, from: number, ranks: Int32Array): void {
  for (let index = 0; index < pending; index++) {
    const start = pendingStart[index]!;
    const end = pendingEnd[index]!;
    const low = pendingIndex[index]! & 255;
    const wanted = Math.imul(low, 0x01010101);
    let rank = pendingEntry[index]!;
    let bytes = pendingBytes[index]!;
    while ((bytes & 255) > low && rank > start) {
      rank = Math.max(rank - 4, start);
      bytes = lowBytes.getInt32(rank, true);
    }
    for (;;) {
      const differing = bytes ^ wanted;
      const equal = (differing - 0x01010101) & ~differing & 0x80808080;
      if (equal !== 0) {
        const found = rank + firstByte(equal);
        if (found < end) ranks[from + (pendingIndex[index]! >>> 8)] = found;
        break;
      }
      rank += 4;
      // Low bytes ascend within a bucket: past a greater one the key cannot follow.
      if (bytes >>> 24 > low || rank >= end) break;
      bytes = lowBytes.getInt32(rank, true);
    }
  }
}

/**
 * The index of the first marked byte of four. The mark of a byte is its top bit; marks above the
 * first may be false (a borrow of the subtraction), the first never is.
 */
function firstByte(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >>> 3;
}

/** Keys at or beyond 2^36: foreign numbers, few on any list, so plain binary search. */
function findInTail(
  numberWords: Uint32Array,
  tailStart: number,
  words: Uint32Array,
  from: number,
  size: number,
  ranks: Int32Array,
): void {
  for (let index = from; index < from + size; index++) {
    const keyHigh = words[index * 2 + 1]!;
    if (keyHigh < 16) continue;
    const keyLow = words[index * 2]!;
    let low = tailStart;
    let high = numberWords.length >>> 1;
    while (low < high) {
      const middle = low + ((high - low) >>> 1);
      const middleHigh = numberWords[middle * 2 + 1]!;
      const below =
        middleHigh < keyHigh || (middleHigh === keyHigh && numberWords[middle * 2]! < keyLow);
      if (below) low = middle + 1;
      else high = middle;
    }
    if (numberWords[low * 2] === keyLow && numberWords[low * 2 + 1] === keyHigh) ranks[index] = low;
  }
}
