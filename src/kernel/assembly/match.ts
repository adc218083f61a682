/**
 * The matching kernel in AssemblyScript, compiled to WebAssembly with 128-bit SIMD: from the keys
 * of a batch to its verdicts, in one memory shared by all workers. Nothing is allocated, nothing is
 * kept between calls, every address comes from the caller (`kernel-memory.ts` has the layout).
 *
 * Blocks of keys go through phases, so that the cache misses of one phase overlap, and what a
 * lookup finds decides nothing by a branch until the last phase:
 *
 *   1  page of each key -> its bucket; the verdict it has if it is not on the list
 *   2  bucket -> where its keys lie
 *   3  16 low bytes at once -> rank, or none; the hits move together
 *   4  hits -> verdict and registration day
 *
 * Loads may be unaligned: the keys are read where the request has them.
 */

/** Keys that go through the phases together. Scratch of the caller: 8 bytes each. */
const BLOCK_KEYS: usize = 1024;

// The Belgian plan as in src/phone/plan.ts, whose constants the tests hold against these.
const EIGHT_DIGITS_BASE: u64 = 3_200_000_000;
const EIGHT_DIGITS_COUNT: u64 = 100_000_000;
const MOBILE_BASE: u64 = 32_450_000_000;
const MOBILE_COUNT: u64 = 50_000_000;
const KEY_MAX: u64 = 999_999_999_999_999;
const FOREIGN_MIN: u64 = 1_000_000;

const CALLABLE: i32 = 1;
const BLOCKED: i32 = 2;
const UNREADABLE: i32 = 5;
const VERDICTS: i32 = 5;
const NOT_FOUND: u32 = 0xffff_ffff;

// Fields of the list descriptor, u32 each.
const PAGES: usize = 0;
const PAGE_COUNT: usize = 4;
const STARTS: usize = 8;
const LOW_BYTES: usize = 12;
const DAYS: usize = 16;
const TAIL: usize = 20;
const TAIL_COUNT: usize = 24;
const COVERED_COUNT: usize = 28;
const EIGHT_DIGITS_CLASS: usize = 32;
const FOREIGN_CLASS: usize = 36;

/**
 * Judges `count` keys.
 *
 * @param list address of the descriptor
 * @param keys u64 each, any value, any alignment
 * @param optIns epoch day of each key's opt-in, u32 each; address 0 = no opt-ins
 * @param today epoch day in Brussels
 * @param verdicts gets one byte a key
 * @param registered gets the epoch day of each key on the list, u32 each, in order; address 0 =
 *   not wanted
 * @param scratch 8 bytes for each of BLOCK_KEYS keys
 * @param counts gets how many keys have each verdict, u32 each, by verdict; 6 of them
 * @returns how many registration days were written
 */
export function match(
  list: usize,
  keys: usize,
  count: usize,
  optIns: usize,
  today: u32,
  verdicts: usize,
  registered: usize,
  scratch: usize,
  counts: usize,
): usize {
  let dayCount: usize = 0;
  for (let from: usize = 0; from < count; from += BLOCK_KEYS) {
    const size = min(BLOCK_KEYS, count - from);
    const block = keys + (from << 3);
    const out = verdicts + from;
    findBuckets(list, block, size, scratch, out);
    findStarts(list, size, scratch);
    const hits = findRanks(list, block, size, scratch);
    if (optIns !== 0) {
      judgeHits(list, hits, scratch, out, optIns + (from << 2), today);
    } else {
      blockHits(hits, scratch, out);
    }
    if (registered !== 0) {
      writeDays(list, hits, scratch, registered + (dayCount << 2));
      dayCount += hits;
    }
  }
  countVerdicts(verdicts, count, counts);
  return dayCount;
}

/** Phase 1: scratch[i] = the bucket of key i; out[i] = its verdict if it is not on the list. */
function findBuckets(list: usize, keys: usize, size: usize, scratch: usize, out: usize): void {
  const pages = <usize>load<u32>(list, PAGES);
  const pageCount = <u64>load<u32>(list, PAGE_COUNT);
  const eightDigitsClass = <usize>load<u32>(list, EIGHT_DIGITS_CLASS);
  for (let i: usize = 0; i < size; i++) {
    const key = load<u64>(keys + (i << 3));
    // Behind the last page stands one that is not in use, and page 0 of the starts is empty.
    const slot = load<u32>(pages + ((<usize>min<u64>(key >> 16, pageCount)) << 2));
    store<u32>(scratch + (i << 2), (slot << 8) | ((<u32>key >> 8) & 255));
    const eight = key - EIGHT_DIGITS_BASE;
    const isEight = eight < EIGHT_DIGITS_COUNT;
    const isMobile = key - MOBILE_BASE < MOBILE_COUNT;
    const prefix = <u32>select<u64>(eight, 0, isEight) / 10_000;
    let verdict = <i32>load<u8>(eightDigitsClass + <usize>prefix);
    verdict = select<i32>(CALLABLE, verdict, isMobile);
    if (!(isEight || isMobile)) verdict = classifyOther(list, key);
    store<u8>(out + i, <u8>verdict);
  }
}

/** A key that is neither of eight Belgian digits nor mobile: foreign, or unreadable. */
function classifyOther(list: usize, key: u64): i32 {
  if (key < FOREIGN_MIN || key > KEY_MAX) return UNREADABLE;
  let firstThree = key;
  while (firstThree >= 1000) firstThree /= 10;
  return <i32>load<u8>(<usize>load<u32>(list, FOREIGN_CLASS) + <usize>firstThree);
}

/** Phase 2: scratch[i] = first rank of the bucket, scratch[BLOCK_KEYS + i] = the rank behind it. */
function findStarts(list: usize, size: usize, scratch: usize): void {
  const starts = <usize>load<u32>(list, STARTS);
  const ends = scratch + (BLOCK_KEYS << 2);
  for (let i: usize = 0; i < size; i++) {
    // The end of a bucket is the start of the next: both in one load.
    const both = load<u64>(starts + ((<usize>load<u32>(scratch + (i << 2))) << 2));
    store<u32>(scratch + (i << 2), <u32>both);
    store<u32>(ends + (i << 2), <u32>(both >> 32));
  }
}

/**
 * Phase 3: compares low bytes, 16 at a time. The hits move to the front of the scratch, where they
 * overwrite only what has been read: scratch[h] = rank, scratch[BLOCK_KEYS + h] = place in the
 * block. Returns how many there are.
 */
function findRanks(list: usize, keys: usize, size: usize, scratch: usize): usize {
  const lowBytes = <usize>load<u32>(list, LOW_BYTES);
  const tailCount = load<u32>(list, TAIL_COUNT);
  const ends = scratch + (BLOCK_KEYS << 2);
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
    if (tailCount !== 0 && load<u64>(keys + (i << 3)) >> 36 !== 0) {
      rank = findInTail(list, tailCount, load<u64>(keys + (i << 3)));
      equal = <u32>(rank !== NOT_FOUND);
    }
    store<u32>(scratch + (hits << 2), rank + ctz<u32>(equal));
    store<u32>(ends + (hits << 2), <u32>i);
    hits += <usize>(equal !== 0);
  }
  return hits;
}

/**
 * From a window of 16 low bytes to the one of the same bucket in which `low` would be, to the left
 * or to the right. Low bytes ascend within a bucket of more than 16.
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

/** Binary search among the keys from 2^36 on: the rank, or NOT_FOUND. */
function findInTail(list: usize, tailCount: u32, key: u64): u32 {
  const tail = <usize>load<u32>(list, TAIL);
  let low: u32 = 0;
  let high = tailCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(tail + ((<usize>middle) << 3)) < key) low = middle + 1;
    else high = middle;
  }
  if (low === tailCount || load<u64>(tail + ((<usize>low) << 3)) !== key) return NOT_FOUND;
  return load<u32>(list, COVERED_COUNT) + low;
}

/** Phase 4 without opt-ins: what is on the list is blocked. */
function blockHits(hits: usize, scratch: usize, out: usize): void {
  const places = scratch + (BLOCK_KEYS << 2);
  for (let h: usize = 0; h < hits; h++) {
    store<u8>(out + <usize>load<u32>(places + (h << 2)), <u8>BLOCKED);
  }
}

/**
 * Phase 4 with opt-ins: `verdictOfListed` of src/verdict/rules.ts, without a branch. An opt-in
 * counts if it is later than a known registration and not in the future; then the verdict is one
 * more than blocked.
 */
function judgeHits(
  list: usize,
  hits: usize,
  scratch: usize,
  out: usize,
  optIns: usize,
  today: u32,
): void {
  const days = <usize>load<u32>(list, DAYS);
  const places = scratch + (BLOCK_KEYS << 2);
  for (let h: usize = 0; h < hits; h++) {
    const place = <usize>load<u32>(places + (h << 2));
    const day = <u32>load<u16>(days + ((<usize>load<u32>(scratch + (h << 2))) << 1));
    const optIn = load<u32>(optIns + (place << 2));
    const counts = <i32>(day !== 0) & <i32>(optIn > day) & <i32>(optIn <= today);
    store<u8>(out + place, <u8>(BLOCKED + counts));
  }
}

function writeDays(list: usize, hits: usize, scratch: usize, registered: usize): void {
  const days = <usize>load<u32>(list, DAYS);
  for (let h: usize = 0; h < hits; h++) {
    const rank = <usize>load<u32>(scratch + (h << 2));
    store<u32>(registered + (h << 2), <u32>load<u16>(days + (rank << 1)));
  }
}

function countVerdicts(verdicts: usize, count: usize, counts: usize): void {
  store<u32>(counts, 0);
  for (let verdict: i32 = 1; verdict <= VERDICTS; verdict++) {
    const wanted = i8x16.splat(<i8>verdict);
    let total: u32 = 0;
    let i: usize = 0;
    for (; i + 16 <= count; i += 16) {
      const equal = i8x16.eq(v128.load(verdicts + i), wanted);
      total += <u32>popcnt<i32>(i8x16.bitmask(equal));
    }
    for (; i < count; i++) total += <u32>(load<u8>(verdicts + i) === <u8>verdict);
    store<u32>(counts + ((<usize>verdict) << 2), total);
  }
}
