/**
 * The bytes of a coverage snapshot, in little-endian words of u32:
 *
 *     "TCOV" | version | fingerprint (2) | period | blocks now | blocks before
 *     then for each block:  rank | bits (4)      of the period, then of the period before
 */
import { BLOCK_WORDS } from './coverage-sample.ts';

const MAGIC = 0x56_4f_43_54;
const VERSION = 1;
const HEAD_WORDS = 7;
const ENTRY_WORDS = 1 + BLOCK_WORDS;

/** The blocks of one period that have a bit. */
export type SnapshotBlocks = Iterable<{ readonly rank: number; readonly bits: Uint32Array }>;

interface Snapshot<Blocks> {
  /** Number of the period that is current. */
  readonly period: number;
  readonly current: Blocks;
  /** Of the period before. */
  readonly previous: Blocks;
}

/** @param snapshot by rank, all blocks of each period */
export function encodeSnapshot(
  snapshot: Snapshot<Uint32Array> & { readonly fingerprint: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const { fingerprint, period, current, previous } = snapshot;
  const [now, before] = [usedRanks(current), usedRanks(previous)];
  const words = new Uint32Array(HEAD_WORDS + (now.length + before.length) * ENTRY_WORDS);
  words.set([MAGIC, VERSION, ...wordsOf(fingerprint), period, now.length, before.length]);
  let at = HEAD_WORDS;
  for (const [ranks, blocks] of [
    [now, current],
    [before, previous],
  ] as const) {
    for (const rank of ranks) {
      words[at] = rank;
      words.set(blocks.subarray(rank * BLOCK_WORDS, (rank + 1) * BLOCK_WORDS), at + 1);
      at += ENTRY_WORDS;
    }
  }
  return new Uint8Array(words.buffer);
}

/** The content of a snapshot; undefined if it is damaged or not of this sample. */
export function decodeSnapshot(
  bytes: Uint8Array,
  sample: { readonly fingerprint: Uint8Array; readonly groups: number },
): Snapshot<SnapshotBlocks> | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const words = wordsOf(bytes);
  const [magic, version, first, second, period = 0, now = 0, before = 0] = words;
  const [ownFirst, ownSecond] = wordsOf(sample.fingerprint);
  const isOurs =
    magic === MAGIC && version === VERSION && first === ownFirst && second === ownSecond;
  if (!isOurs || words.length !== HEAD_WORDS + (now + before) * ENTRY_WORDS) return undefined;
  const split = HEAD_WORDS + now * ENTRY_WORDS;
  const current = blocksOf(words.subarray(HEAD_WORDS, split));
  const previous = blocksOf(words.subarray(split));
  const isInRange = [...current, ...previous].every(({ rank }) => rank < sample.groups);
  return isInRange ? { period, current, previous } : undefined;
}

function blocksOf(words: Uint32Array): { rank: number; bits: Uint32Array }[] {
  return Array.from({ length: words.length / ENTRY_WORDS }, (_, i) => {
    const at = i * ENTRY_WORDS;
    return { rank: words[at] ?? 0, bits: words.subarray(at + 1, at + ENTRY_WORDS) };
  });
}

function usedRanks(blocks: Uint32Array): number[] {
  const ranks: number[] = [];
  for (let word = 0; word < blocks.length; word++) {
    const rank = Math.floor(word / BLOCK_WORDS);
    if (blocks[word] !== 0 && ranks.at(-1) !== rank) ranks.push(rank);
  }
  return ranks;
}

/** A copy, since bytes may begin anywhere. Not `slice`, which of a Buffer is none. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes).buffer);
}
