/**
 * Collects and sorts the registrations of a source. A key is two 32-bit words, low then high, so
 * that the sorted result is a BigUint64Array without conversion.
 *
 *     block 0   [low high low high ...]  [day day ...]     up to BLOCK_ENTRIES each
 *     block 1   ...
 */

/** Entries in one block: a growing list takes memory in steps of 2.5 MiB. */
const BLOCK_ENTRIES = 262_144;

/** Keys are below 2^50. Digits of 12, 12, 12 and 14 bits: all Belgian keys differ in three only. */
const DIGIT_BUCKETS = 16_384;
const DIGITS = 4;

interface Block {
  readonly words: Uint32Array;
  readonly days: Uint16Array;
}

/** Sorted keys with their days; duplicates are gone. */
export interface SortedEntries {
  /** Ascending, unique. */
  readonly numbers: BigUint64Array;
  /** `days[i]` belongs to `numbers[i]`; the latest of all duplicates. */
  readonly days: Uint16Array;
}

/** Collects keys and days in any order, and sorts them once at the end. */
export class Entries {
  /** The block to append to: writers fill it from `blockCount` on and then raise that. */
  words = new Uint32Array(2 * BLOCK_ENTRIES);
  days = new Uint16Array(BLOCK_ENTRIES);
  blockCount = 0;
  readonly blockEntries = BLOCK_ENTRIES;
  #full: Block[] = [];

  /** How many entries were added, duplicates included. */
  get count(): number {
    return this.#full.length * BLOCK_ENTRIES + this.blockCount;
  }

  /** Adds one entry. `key`: 1 to 2^50 - 1; `day`: 0 to 65,535. */
  add(key: number, day: number): void {
    if (this.blockCount === BLOCK_ENTRIES) this.nextBlock();
    const index = this.blockCount++;
    this.words[2 * index] = key >>> 0;
    this.words[2 * index + 1] = Math.floor(key / 4_294_967_296);
    this.days[index] = day;
  }

  /** Opens a fresh block. Call only when the current one is full. */
  nextBlock(): void {
    this.#full.push({ words: this.words, days: this.days });
    this.words = new Uint32Array(2 * BLOCK_ENTRIES);
    this.days = new Uint16Array(BLOCK_ENTRIES);
    this.blockCount = 0;
  }

  /**
   * Sorts by key and merges duplicates into the latest day. Consumes the entries: releases each
   * block as soon as it is copied. Peak memory: 20 bytes per entry.
   */
  sortUnique(): SortedEntries {
    const count = this.count;
    const blocks = [...this.#full, { words: this.words, days: this.days }];
    this.#full = [];
    this.words = new Uint32Array(0);
    this.days = new Uint16Array(0);
    this.blockCount = 0;
    return mergeDuplicates(sortBlocks(blocks, count), count);
  }
}

/** Least significant digit first, the first pass straight out of the blocks. */
function sortBlocks(blocks: Block[], count: number): Block {
  const starts = bucketStarts(blocks, count);
  let from: Block = newBlock(count);
  const [first = -1, ...rest] = [0, 1, 2, 3].filter((digit) => varies(starts, digit, count));
  let left = count;
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    const entries = Math.min(left, block.days.length);
    if (first === -1) copy(block, entries, from, count - left);
    else scatter(block, entries, from, starts, first);
    left -= entries;
  }
  if (rest.length === 0) return from;
  let to: Block = newBlock(count);
  for (const digit of rest) {
    scatter(from, count, to, starts, digit);
    [from, to] = [to, from];
  }
  return from;
}

function newBlock(count: number): Block {
  return { words: new Uint32Array(2 * count), days: new Uint16Array(count) };
}

function copy(from: Block, entries: number, to: Block, at: number): void {
  to.words.set(from.words.subarray(0, 2 * entries), 2 * at);
  to.days.set(from.days.subarray(0, entries), at);
}

/** For every digit and bucket, the position of its first entry in the sorted order. */
function bucketStarts(blocks: readonly Block[], count: number): Uint32Array {
  const starts = new Uint32Array(DIGITS * DIGIT_BUCKETS);
  let left = count;
  for (const { words, days } of blocks) {
    const entries = Math.min(left, days.length);
    countDigits(words, entries, starts);
    left -= entries;
  }
  for (let digit = 0; digit < DIGITS; digit++) {
    let sum = 0;
    for (let at = digit * DIGIT_BUCKETS; at < (digit + 1) * DIGIT_BUCKETS; at++) {
      const size = starts[at]!; // at is below DIGITS * DIGIT_BUCKETS, the length
      starts[at] = sum;
      sum += size;
    }
  }
  return starts;
}

/** `!`: 2 * i + 1 is below 2 * entries, and every digit is below DIGIT_BUCKETS. */
function countDigits(words: Uint32Array, entries: number, counts: Uint32Array): void {
  for (let i = 0; i < entries; i++) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]!;
    counts[low & 4_095]!++;
    counts[DIGIT_BUCKETS + ((low >>> 12) & 4_095)]!++;
    counts[2 * DIGIT_BUCKETS + ((low >>> 24) | ((high & 15) << 8))]!++;
    counts[3 * DIGIT_BUCKETS + (high >>> 4)]!++;
  }
}

/** Whether a digit has more than one value: if so, no bucket spans from 0 to `count`. */
function varies(starts: Uint32Array, digit: number, count: number): boolean {
  const ofDigit = starts.subarray(digit * DIGIT_BUCKETS, (digit + 1) * DIGIT_BUCKETS);
  return ofDigit.some((start) => start > 0 && start < count);
}

/**
 * One stable pass by one digit. `starts` moves along, so blocks of one pass follow each other.
 * `!`: as in countDigits; a bucket's next place is below the count of all entries.
 */
function scatter(
  from: Block,
  entries: number,
  to: Block,
  starts: Uint32Array,
  digit: number,
): void {
  const { words, days } = from;
  const toWords = to.words;
  const toDays = to.days;
  const base = digit * DIGIT_BUCKETS;
  for (let i = 0; i < entries; i++) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]!;
    const bucket = base + digitOf(low, high, digit);
    const place = starts[bucket]!;
    starts[bucket] = place + 1;
    toWords[2 * place] = low;
    toWords[2 * place + 1] = high;
    toDays[place] = days[i]!;
  }
}

function digitOf(low: number, high: number, digit: number): number {
  if (digit === 0) return low & 4_095;
  if (digit === 1) return (low >>> 12) & 4_095;
  if (digit === 2) return (low >>> 24) | ((high & 15) << 8);
  return high >>> 4;
}

/** In place. `!`: every index is below count, and kept only grows up to it. */
function mergeDuplicates(sorted: Block, count: number): SortedEntries {
  const { words, days } = sorted;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]!;
    const day = days[i]!;
    const last = kept - 1;
    if (kept > 0 && words[2 * last] === low && words[2 * last + 1] === high) {
      if (day > days[last]!) days[last] = day;
      continue;
    }
    words[2 * kept] = low;
    words[2 * kept + 1] = high;
    days[kept++] = day;
  }
  return { numbers: new BigUint64Array(words.buffer, 0, kept), days: days.subarray(0, kept) };
}
