import { bitCount } from './bit-count.ts';
import {
  BLOCK_BITS,
  BLOCK_WORDS,
  type CoverageSample,
  GROUP_BITS,
  GROUP_BLOCKS,
  isInPlan,
} from './coverage-sample.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotBlocks } from './coverage-snapshot.ts';
import type { ListedSample } from './listed-sample.ts';
import { type Judgement, judgeWalk } from './walk.ts';

/**
 * How long a question is remembered: to the end of the period that follows the one in which it was
 * last asked, so 180 to 360 days. Periods are counted from 1970-01-01, so all servers agree.
 */
export const PERIOD_DAYS = 180;

/**
 * Judged again when this many watched numbers (8,192 of the plan), and an eighth of all so far, are
 * new: some forty times for a base of 4 million, and never for one that is asked again.
 */
const NEWS_MIN = 256;
const NEWS_SHARE = 1 / 8;

/**
 * What one party has asked: a bit for each watched number (see {@link CoverageSample}), so asking
 * again changes nothing, and what several clients or servers saw is one union. Bounded: 0.8 MiB. No
 * number can be read from it without the secret.
 */
export class Coverage {
  readonly #sample: CoverageSample;
  /** By rank of the group, the numbers asked in this period. */
  readonly #current: Uint32Array;
  /** The same of the period before. */
  readonly #previous: Uint32Array;
  #period = 0;
  #asked = 0;
  /** What was asked when it was last judged. */
  #judged = 0;
  #changes = 0;

  constructor(sample: CoverageSample) {
    const words = sample.groups.length * BLOCK_WORDS;
    this.#sample = sample;
    this.#current = new Uint32Array(words);
    this.#previous = new Uint32Array(words);
  }

  /**
   * Takes note of `count` keys, little-endian u64 at any `address`. Call it with the keys of each
   * batch whose answers depend on the list, before the answers are sent; then {@link isDue} says
   * whether to judge. Any key is allowed. Costs about a nanosecond a key.
   *
   * @returns how many watched numbers this party had not asked before
   */
  observe(keys: DataView, address: number, count: number): number {
    const { watched, ranks } = this.#sample;
    const current = this.#current;
    // In locals: V8 loads imported constants anew for every key, at twice the cost of this loop.
    const [groupBits, blockBits, blockMask] = [GROUP_BITS, BLOCK_BITS, GROUP_BLOCKS - 1];
    const [blockWords, wordMask] = [BLOCK_WORDS, BLOCK_WORDS - 1];
    const end = address + count * 8;
    let added = 0;
    for (let at = address; at < end; at += 8) {
      const low = keys.getUint32(at, true);
      const group = low >>> groupBits;
      if (watched[group] !== ((low >>> blockBits) & blockMask)) continue;
      if (!isInPlan(keys.getUint32(at + 4, true), low)) continue;
      // In range: groups with a watched block have a rank, and ranks their words.
      const word = (ranks[group] as number) * blockWords + ((low >>> 5) & wordMask);
      const bit = 1 << (low & 31);
      if (((current[word] as number) & bit) === 0) added += this.#mark(word, bit);
    }
    this.#asked += added;
    return added;
  }

  /** Sets the bit of a watched number; returns 1 if it is new, else 0. */
  #mark(word: number, bit: number): number {
    this.#current[word] = (this.#current[word] as number) | bit; // as long as previous
    this.#changes++;
    return ((this.#previous[word] as number) & bit) === 0 ? 1 : 0; // as long as current
  }

  /** How many different watched numbers are remembered. */
  get asked(): number {
    return this.#asked;
  }

  /** Moves whenever {@link snapshot} changes. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether enough is new to judge again. */
  get isDue(): boolean {
    return this.#asked - this.#judged >= Math.max(NEWS_MIN, this.#judged * NEWS_SHARE);
  }

  /** Judges all that is remembered by the lists that serve. Takes about a millisecond. */
  judge(list: ListedSample): Judgement {
    this.#judged = this.#asked;
    return judgeWalk([this.#current, this.#previous], list);
  }

  /**
   * Forgets what is too old on `day`, an epoch day. Call it at least once a day; a day that was
   * before is ignored.
   */
  advance(day: number): void {
    const period = Math.floor(day / PERIOD_DAYS);
    const elapsed = period - this.#period;
    if (elapsed <= 0) return;
    if (elapsed === 1) this.#previous.set(this.#current);
    else this.#previous.fill(0);
    this.#current.fill(0);
    this.#period = period;
    this.#recount();
  }

  /** Forgets everything: for a party that was released. */
  clear(): void {
    this.#current.fill(0);
    this.#previous.fill(0);
    this.#recount();
  }

  #recount(): void {
    let asked = 0;
    for (let word = 0; word < this.#current.length; word++) {
      // In range: both have the same length.
      asked += bitCount((this.#current[word] as number) | (this.#previous[word] as number));
    }
    this.#asked = asked;
    this.#judged = 0;
    this.#changes++;
  }

  /** All that is remembered, for {@link merge}: 20 bytes a block, at most 1 MiB. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const period = this.#period;
    return encodeSnapshot({
      fingerprint: this.#sample.fingerprint,
      period,
      current: this.#current,
      previous: this.#previous,
    });
  }

  /**
   * Adds a snapshot: of this party on another server, or on this one before a restart.
   *
   * @returns false, and nothing is added, if it is damaged or of another secret
   */
  merge(snapshot: Uint8Array): boolean {
    const { fingerprint, groups } = this.#sample;
    const found = decodeSnapshot(snapshot, { fingerprint, groups: groups.length });
    if (found === undefined) return false;
    this.advance(found.period * PERIOD_DAYS);
    const age = this.#period - found.period;
    if (age === 0) {
      addBlocks(this.#current, found.current);
      addBlocks(this.#previous, found.previous);
    } else if (age === 1) {
      addBlocks(this.#previous, found.current);
    }
    this.#recount();
    return true;
  }
}

/** Adds blocks of a snapshot to the bits of a period. */
function addBlocks(words: Uint32Array, blocks: SnapshotBlocks): void {
  for (const { rank, bits } of blocks) {
    const start = rank * BLOCK_WORDS;
    // In range: the rank is one of the sample.
    for (const [i, added] of bits.entries())
      words[start + i] = (words[start + i] as number) | added;
  }
}
