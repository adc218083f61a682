/**
 * Tells a walk through the numbering plan from a customer base.
 *
 * Customers have their numbers. Whoever walks does not know which numbers somebody has: it is part
 * of what he asks. So two things hold of a walk, whatever blocks he chooses and in whatever order:
 *
 * - his numbers are on the list as often as chance has it in those blocks. Customers are on it more
 *   often, since the rest of a block is nobody's, or hardly ever, since they were scrubbed;
 * - his other numbers do not crowd where listed numbers do. Customers do, scrubbed or not.
 *
 * Either may be so for a customer base, by its kind or while it is scrubbed in part. Both are not.
 */
import { bitCount } from './bit-count.ts';
import { BLOCK_NUMBERS, BLOCK_WORDS, GROUP_BLOCKS } from './coverage-sample.ts';
import { type Crowding, GROUP_EMPTY, GROUP_UNKNOWN, type ListedSample } from './listed-sample.ts';

/** How sure a finding is, in standard deviations. */
const SIGMAS = 3;

/** A block of which half was asked is a run. */
const RUN_NUMBERS_MIN = BLOCK_NUMBERS / 2;
/** So many watched runs, of 65,000 numbers, are more than the extensions of firms. */
const RUNS_MIN = 16;
/** Fewer in runs tell little of the list: about a thousand numbers. */
const RUN_LISTED_MIN = 32;
/** In runs. An operator that asks for all its customers leaves a fifth of a block out. */
const RUN_CHANCE_MIN = 0.75;
const RUN_CHANCE_MAX = 1.25;

/** Of what customers ask, less is where nobody has a number: leads with many errors have 5 %. */
const EMPTY_SHARE_MAX = 0.12;
const EMPTY_LISTED_MIN = 32;

/** By chance: this many times as often as chance has it. */
const CHANCE_MIN = 0.6;
const CHANCE_MAX = 1.6;
/** With fewer, places are not yet known: 3,200 numbers told. */
const CHANCE_LISTED_MIN = 100;

/** Where others are: customers had 0.6 to 1.1 in all that was tried, see bench/coverage. */
const CROWDED_MIN = 0.6;
const CROWDED_MAX = 1.1;
/** Beyond, a measure says nothing. */
const CROWDED_DEVIATION_MAX = 0.3;
/** A block counts at most so many times as the median one, for firms with many extensions. */
const BLOCK_WEIGHT_MAX = 4;

/** Why a party is taken for a walker, as it is told to people. */
export const WALKS = {
  runs: 'most of many whole number blocks was asked',
  'empty-places': 'many numbers were asked where nobody has one',
  chance: 'numbers were asked without knowing which of them somebody has',
} as const;

type Walk = keyof typeof WALKS;

/** How many of the watched numbers asked are listed, and how many chance would have. */
interface ChanceCount {
  readonly found: number;
  readonly expected: number;
  /** Standard deviation of what chance would have. */
  readonly deviation: number;
}

/** An estimate with its standard deviation; not a number where there is nothing to measure. */
interface Measure {
  readonly value: number;
  readonly deviation: number;
}

/** What was found about a party; counts are of watched numbers. */
export interface Judgement {
  /** Why it is taken for a walker; undefined = it is not. */
  readonly walk: Walk | undefined;
  readonly asked: number;
  readonly listed: ChanceCount;
  /** Blocks of which half was asked, and what is listed of those. */
  readonly runs: number;
  readonly listedInRuns: ChanceCount;
  /** The share asked where nobody is, see GROUP_EMPTY. */
  readonly emptyShare: Measure;
  /** How unlisted numbers crowd in blocks, and in groups: 0 as by chance, 1 as listed ones do. */
  readonly inBlocks: Measure;
  readonly inGroups: Measure;
  /** Estimates: distinct numbers asked, those told to be on the list, their share of the list. */
  readonly numbersAsked: number;
  readonly numbersTold: number;
  readonly toldShare: number;
}

type Evidence = Omit<Judgement, 'walk'>;

/** By rank, BLOCK_WORDS each: the bits of the watched numbers asked in either of two periods. */
type AskedBits = readonly [Uint32Array, Uint32Array];

/** Judges what a party has asked by what is listed. Takes less than a millisecond. */
export function judgeWalk(bits: AskedBits, list: ListedSample): Judgement {
  const evidence = evidenceOf(bits, list);
  return { walk: walkOf(evidence, list), ...evidence };
}

function walkOf(evidence: Evidence, list: ListedSample): Walk | undefined {
  const { runs, listedInRuns, listed, emptyShare } = evidence;
  if (runs >= RUNS_MIN && listedInRuns.expected >= RUN_LISTED_MIN && isAsExpected(listedInRuns))
    return 'runs';
  const excess = emptyShare.value - list.emptyShare - EMPTY_SHARE_MAX;
  if (listed.found >= EMPTY_LISTED_MIN && excess > SIGMAS * emptyShare.deviation)
    return 'empty-places';
  return isByChance(listed) && !isWhereOthersAre(evidence) ? 'chance' : undefined;
}

function isAsExpected({ found, expected, deviation }: ChanceCount): boolean {
  const [low, high] = [expected * RUN_CHANCE_MIN, expected * RUN_CHANCE_MAX];
  return found - SIGMAS * deviation >= low && found + SIGMAS * deviation <= high;
}

function isByChance({ found, expected }: ChanceCount): boolean {
  const [low, high] = [expected * CHANCE_MIN, expected * CHANCE_MAX];
  const isBetween =
    found > low + SIGMAS * Math.sqrt(low) && found < high - SIGMAS * Math.sqrt(high);
  return found >= CHANCE_LISTED_MIN && isBetween;
}

/**
 * Whether the unlisted numbers crowd as listed ones do. Who chooses full blocks has them crowd too
 * little within the blocks' groups, or too much within regions. Who asks in a few places only, and
 * is told much there, cannot be acquitted.
 */
function isWhereOthersAre({ inBlocks, inGroups }: Evidence): boolean {
  const isKnown = Math.min(inBlocks.deviation, inGroups.deviation) <= CROWDED_DEVIATION_MAX;
  return isKnown && isUsual(inBlocks) && isUsual(inGroups);
}

/** A base of one area has few groups, and may be well below by accident. */
function isUsual({ value, deviation }: Measure): boolean {
  return value + 2 * deviation >= CROWDED_MIN && value - deviation <= CROWDED_MAX;
}

function evidenceOf(bits: AskedBits, list: ListedSample): Evidence {
  const { blocks, groups, uses, watched } = list;
  const { asked, found, total } = countBlocks(bits, list);
  const unlistedMax = BLOCK_WEIGHT_MAX * medianOf(asked);
  const [listed, listedInRuns] = [new ChanceSum(), new ChanceSum()];
  const [inBlocks, inGroups] = [new CrowdingSum(blocks), new CrowdingSum(groups)];
  let [runs, known, inEmpty, squares] = [0, 0, 0, 0];
  for (let rank = 0; rank < uses.length; rank++) {
    const count = asked[rank] as number; // one of each a rank, as all below
    if (count === 0) continue;
    const block = {
      asked: count,
      found: found[rank] as number,
      listed: blocks.listed[rank] as number,
    };
    listed.add(block);
    if (count >= RUN_NUMBERS_MIN) {
      runs++;
      listedInRuns.add(block);
    }
    const unlisted = Math.min(count - block.found, unlistedMax);
    inBlocks.add(rank, unlisted);
    if (uses[rank] === GROUP_UNKNOWN) continue;
    inGroups.add(rank, unlisted);
    known += count;
    if (uses[rank] !== GROUP_EMPTY) continue;
    inEmpty += count;
    squares += count * count;
  }
  return {
    ...{ asked: total, listed, runs, listedInRuns },
    // What is asked in one block is one decision.
    emptyShare: { value: inEmpty / known, deviation: Math.sqrt(squares) / known },
    ...{ inBlocks: inBlocks.measure, inGroups: inGroups.measure },
    numbersAsked: total * GROUP_BLOCKS,
    numbersTold: listed.found * GROUP_BLOCKS,
    toldShare: watched === 0 ? 0 : listed.found / watched,
  };
}

/** By rank, how many numbers were asked, and how many of these are listed. */
function countBlocks([current, previous]: AskedBits, { bits, uses }: ListedSample) {
  const asked = new Uint8Array(uses.length);
  const found = new Uint8Array(uses.length);
  let total = 0;
  for (let rank = 0, word = 0; rank < uses.length; rank++) {
    let [count, listed] = [0, 0];
    for (const end = word + BLOCK_WORDS; word < end; word++) {
      // In range: each rank has BLOCK_WORDS of all three.
      const mask = (current[word] as number) | (previous[word] as number);
      if (mask === 0) continue;
      count += bitCount(mask);
      listed += bitCount(mask & (bits[word] as number));
    }
    if (count === 0) continue;
    asked[rank] = count;
    found[rank] = listed;
    total += count;
  }
  return { asked, found, total };
}

/** The median of those that are not 0. */
function medianOf(counts: Uint8Array): number {
  const used = counts.filter((count) => count > 0).sort();
  return used[used.length >> 1] ?? 0;
}

/** Adds up over blocks what is listed of the numbers asked, and what chance would have. */
class ChanceSum implements ChanceCount {
  found = 0;
  expected = 0;
  #variance = 0;

  add({ asked, found, listed }: { asked: number; found: number; listed: number }): void {
    const share = asked / BLOCK_NUMBERS;
    const unlisted = BLOCK_NUMBERS - listed;
    this.found += found;
    this.expected += share * listed;
    // A draw without putting back: who asks the whole block finds all, for certain.
    this.#variance += (share * (1 - share) * listed * unlisted) / (BLOCK_NUMBERS - 1);
  }

  get deviation(): number {
    return Math.sqrt(this.#variance);
  }
}

/** Adds up over blocks how the unlisted numbers asked crowd. */
class CrowdingSum {
  readonly #crowding: Crowding;
  #crowded = 0;
  #usual = 0;
  #squares = 0;

  constructor(crowding: Crowding) {
    this.#crowding = crowding;
  }

  add(rank: number, unlisted: number): void {
    const { listed, blind, usual } = this.#crowding;
    const byChance = blind[rank] as number; // one of each a rank
    const crowded = unlisted * ((listed[rank] as number) - byChance);
    this.#crowded += crowded;
    this.#usual += unlisted * ((usual[rank] as number) - byChance);
    this.#squares += crowded * crowded;
  }

  get measure(): Measure {
    const usual = Math.abs(this.#usual);
    return { value: this.#crowded / usual, deviation: Math.sqrt(this.#squares) / usual };
  }
}
