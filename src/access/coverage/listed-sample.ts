import { bitCount } from './bit-count.ts';
import {
  BLOCK_NUMBERS,
  BLOCK_WORDS,
  type CoverageSample,
  GROUP_BITS,
  GROUP_BLOCKS,
  isInPlan,
  NO_RANK,
} from './coverage-sample.ts';

const GROUP_NUMBERS = 1 << GROUP_BITS;
const GROUP_WORDS = GROUP_BLOCKS * BLOCK_WORDS;
/** A region is about a million numbers: an area code, or three digits of a mobile number. */
const REGION_BITS = 20;
const REGION_GROUPS = 1 << (REGION_BITS - GROUP_BITS);

/** A group is empty if it has less than this share of what a listed number's group usually has. */
const EMPTY_SHARE = 1 / 20;
/** With less in the usual group, the list says too little about a region. */
const USUAL_LISTED_MIN = 20;

/** The list says too little about the region. */
export const GROUP_UNKNOWN = 0;
/** The group has listed numbers as others of its region have. */
const GROUP_USED = 1;
/** The group has hardly any listed number, and others of its region many: nobody is there. */
export const GROUP_EMPTY = 2;

/**
 * How listed numbers crowd: by rank, how many there are in the same part of the plan (a block, or a
 * group), and how many to expect there for a number of the wider part (the group, or the region).
 */
export interface Crowding {
  readonly listed: Uint8Array | Uint16Array;
  /** Of an unlisted number picked blindly. */
  readonly blind: Float32Array;
  /** Of a number that somebody has: the mean over the listed numbers, each without itself. */
  readonly usual: Float32Array;
}

/**
 * What must be known of the lists that serve to judge a {@link CoverageSample}: once per version,
 * by {@link ListedSampleBuilder}. 1.2 MiB.
 */
export interface ListedSample {
  /** How many of the watched numbers are listed. */
  readonly watched: number;
  /** By rank, BLOCK_WORDS each: a bit for each listed number of the watched block. */
  readonly bits: Uint32Array;
  /** Of watched blocks within their groups. */
  readonly blocks: Crowding;
  /** Of groups within their regions. */
  readonly groups: Crowding;
  /** By rank: {@link GROUP_UNKNOWN}, {@link GROUP_USED} or {@link GROUP_EMPTY}. */
  readonly uses: Uint8Array;
  /** Which share of the listed numbers of known regions is in empty groups. */
  readonly emptyShare: number;
}

/** Collects the numbers of the lists that serve, piece by piece. 13 MiB until it is done. */
export class ListedSampleBuilder {
  readonly #sample: CoverageSample;
  /** A bit for each number of the plan's groups, by rank. */
  readonly #bits: Uint32Array;

  constructor(sample: CoverageSample) {
    this.#sample = sample;
    this.#bits = new Uint32Array(sample.groups.length * GROUP_WORDS);
  }

  /**
   * Adds listed numbers; what several lists have counts once.
   *
   * @param words keys as pairs of u32 (low, high), in any order; not kept
   */
  add(words: Uint32Array): void {
    const bits = this.#bits;
    const { ranks } = this.#sample;
    for (let i = 0; i < words.length; i += 2) {
      const low = words[i] as number; // below the length, and so is the next: they are pairs
      const rank = ranks[low >>> GROUP_BITS] as number; // there is one for each
      if (rank === NO_RANK || !isInPlan(words[i + 1] as number, low)) continue;
      const word = rank * GROUP_WORDS + ((low >>> 5) & (GROUP_WORDS - 1));
      bits[word] = (bits[word] as number) | (1 << (low & 31)); // every rank has GROUP_WORDS
    }
  }

  /** What must be known of all that was added. Takes some 20 ms. */
  build(): ListedSample {
    const { groups, watched } = this.#sample;
    const bits = new Uint32Array(groups.length * BLOCK_WORDS);
    const blocks = crowding(new Uint8Array(groups.length));
    const inGroups = new Uint16Array(groups.length);
    const counts = new Uint16Array(GROUP_BLOCKS);
    let watchedListed = 0;
    for (const [rank, group] of groups.entries()) {
      this.#countBlocks(rank, counts);
      const block = watched[group] as number; // every group of the plan has one
      const start = rank * GROUP_WORDS + block * BLOCK_WORDS;
      bits.set(this.#bits.subarray(start, start + BLOCK_WORDS), rank * BLOCK_WORDS);
      const { listed, blind, usual } = crowd(counts, BLOCK_NUMBERS);
      const inBlock = counts[block] as number; // below GROUP_BLOCKS
      watchedListed += inBlock;
      blocks.listed[rank] = inBlock;
      blocks.blind[rank] = blind;
      blocks.usual[rank] = usual;
      inGroups[rank] = listed;
    }
    return { watched: watchedListed, bits, blocks, ...regionsOf(groups, inGroups) };
  }

  #countBlocks(rank: number, counts: Uint16Array): void {
    for (let block = 0; block < GROUP_BLOCKS; block++) {
      const start = rank * GROUP_WORDS + block * BLOCK_WORDS;
      let count = 0;
      for (let word = start; word < start + BLOCK_WORDS; word++) {
        count += bitCount(this.#bits[word] as number); // every rank has GROUP_WORDS
      }
      counts[block] = count;
    }
  }
}

/** What the groups of each region tell of each other. */
function regionsOf(
  groups: Uint32Array,
  inGroups: Uint16Array,
): Pick<ListedSample, 'groups' | 'uses' | 'emptyShare'> {
  const within = crowding(inGroups);
  const uses = new Uint8Array(groups.length).fill(GROUP_UNKNOWN);
  let [known, inEmpty] = [0, 0];
  for (const { first, end } of regionRanges(groups)) {
    const counts = inGroups.subarray(first, end);
    const { listed, blind, usual } = crowd(counts, GROUP_NUMBERS);
    within.blind.fill(blind, first, end);
    within.usual.fill(usual, first, end);
    if (usual < USUAL_LISTED_MIN) continue;
    known += listed;
    for (const [i, count] of counts.entries()) {
      const isEmpty = count < usual * EMPTY_SHARE;
      uses[first + i] = isEmpty ? GROUP_EMPTY : GROUP_USED;
      if (isEmpty) inEmpty += count;
    }
  }
  return { groups: within, uses, emptyShare: known === 0 ? 0 : inEmpty / known };
}

/** The ranks of each region, which are neighbours, since ranks ascend. */
function* regionRanges(groups: Uint32Array): Generator<{ first: number; end: number }> {
  for (let first = 0, end = 0; first < groups.length; first = end) {
    // In range: both are below the length.
    const region = Math.floor((groups[first] as number) / REGION_GROUPS);
    while (end < groups.length && Math.floor((groups[end] as number) / REGION_GROUPS) === region)
      end++;
    yield { first, end };
  }
}

function crowding(listed: Uint8Array | Uint16Array): Crowding {
  const { length } = listed;
  return { listed, blind: new Float32Array(length), usual: new Float32Array(length) };
}

/** Of parts of `size` numbers each, by how many of each are listed. */
function crowd(counts: Uint16Array, size: number) {
  let [listed, byUnlisted, byListed] = [0, 0, 0];
  for (const count of counts) {
    listed += count;
    byUnlisted += (size - count) * count;
    byListed += count * (count - 1);
  }
  const unlisted = counts.length * size - listed;
  return {
    listed,
    blind: unlisted === 0 ? 0 : byUnlisted / unlisted,
    usual: listed === 0 ? 0 : byListed / listed,
  };
}
