import { TacetError } from '../errors.ts';
import { countUpTo, mix32, mixAll, Permutation } from './random.ts';
import { BLOCK_NUMBERS, type Blocks, sampleBlocks } from './zones.ts';

/** More unique numbers than this would fill the mobile blocks to the last one. */
export const SAMPLE_NUMBERS_MAX = 95_000_000;

/** Mobile numbers, of nine digits, start here; fixed ones, of eight, are below. */
const MOBILE_FIRST = 100_000_000;

/** The list at the end of 2020 had 751,704 mobile numbers among 1,495,466. */
const MOBILE_SHARE = 751_704 / 1_495_466;

/** Blocks are never quite full, so rounding cannot ask for more numbers than one has. */
const BLOCK_USED_MAX = 9_990;

/** Inside a block, numbers are assigned by the hundred. */
const RUN_NUMBERS = 100;

/** How much of a hundred is in use, unless its block is fuller than that. */
const RUN_USED = 30;

/** Steps that visit a whole hundred: 1 gives neighbours, the others scatter. */
const RUN_STEPS = [1, 1, 3, 7, 9, 11, 27, 33] as const;

/**
 * `count` unique Belgian numbers, clustered like real ones, in random order. They are computed one
 * by one; only the blocks are stored. About half are mobile.
 */
export class SampleNumbers {
  readonly count: number;
  private readonly seed: number;
  private readonly order: Permutation;
  /** First number of each block, and how many numbers all blocks up to it hold. */
  private readonly firstNumbers: Uint32Array;
  private readonly sums: Float64Array;

  /**
   * @param options.seed 0 to 2^53 - 1
   * @param options.count 1 to {@link SAMPLE_NUMBERS_MAX}
   * @throws ERR_OPTION
   */
  constructor(options: { readonly seed: number; readonly count: number }) {
    const { seed, count } = options;
    checkSeed(seed);
    checkCount(count, SAMPLE_NUMBERS_MAX);
    this.seed = seed;
    this.count = count;
    this.order = new Permutation(seed, count);
    const mobileCount = Math.round(count * MOBILE_SHARE);
    const { fixed, mobile } = sampleBlocks(seed);
    this.firstNumbers = Uint32Array.of(...fixed.firstNumbers, ...mobile.firstNumbers);
    const mobileSums = sumsOf(mobile, mobileCount).map((sum) => sum + count - mobileCount);
    this.sums = Float64Array.of(...sumsOf(fixed, count - mobileCount), ...mobileSums);
  }

  /**
   * The number at `index` (0 to count - 1) as its national significant number: 8 digits when
   * fixed, 9 when mobile. Different indexes have different numbers.
   */
  at(index: number): number {
    const position = this.order.at(index);
    const block = countUpTo(this.sums, position);
    // position < count, the last sum: the block exists, and the sum before it is its start.
    const start = block === 0 ? 0 : (this.sums[block - 1] as number);
    const used = (this.sums[block] as number) - start;
    const first = this.firstNumbers[block] as number;
    return first + placeInBlock(mixAll(this.seed, first), position - start, used);
  }
}

/**
 * The place in its block of the `index`-th of `used` numbers: 0 to 9,999, different for each index.
 * As few hundreds as possible are in use, each with its own start and step.
 */
function placeInBlock(blockSeed: number, index: number, used: number): number {
  const perRun = Math.max(RUN_USED, Math.ceil(used / RUN_NUMBERS));
  const runs = Math.ceil(used / perRun);
  const run = index % runs;
  const turn = (index - run) / runs; // below 100: used <= runs * 100
  // 37 and 100 have no common factor: different runs get different hundreds.
  const hundred = (blockSeed + run * 37) % 100;
  const runSeed = mix32(blockSeed ^ (run + 1));
  // The index is taken modulo the length of the table.
  const step = RUN_STEPS[runSeed % RUN_STEPS.length] as number;
  return hundred * RUN_NUMBERS + (((runSeed >>> 8) + turn * step) % RUN_NUMBERS);
}

/** Running sums of the numbers taken from each block: `count` in all, no block above its size. */
function sumsOf(blocks: Blocks, count: number): Float64Array {
  const { weights } = blocks;
  const scale = scaleFor(weights, count);
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += Math.min(BLOCK_USED_MAX, (weights[i] ?? 0) * scale);
    sums[i] = sum;
  }
  const correction = sum === 0 ? 0 : count / sum;
  return sums.map((value) => Math.round(value * correction));
}

/** By bisection, the factor at which the weights, capped at a full block, add up to `count`. */
function scaleFor(weights: Float64Array, count: number): number {
  const totalAt = (scale: number): number =>
    weights.reduce((sum, weight) => sum + Math.min(BLOCK_USED_MAX, weight * scale), 0);
  let low = 0;
  let high = 1;
  // The smallest weight is above zero, so some scale fills all blocks; count fits by the limit.
  while (totalAt(high) < count) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (totalAt(middle) < count) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Unique keys (E.164 digits) that look like a Belgian list, in random order: what
 * `writeSampleList` of the same seed and count would write. For tests and benches; 8 bytes each.
 *
 * @throws ERR_OPTION
 */
export function sampleKeys(options: {
  readonly seed: number;
  readonly count: number;
}): Float64Array<ArrayBuffer> {
  const numbers = new SampleNumbers(options);
  const keys = new Float64Array(numbers.count);
  for (let i = 0; i < keys.length; i++) keys[i] = keyOf(numbers.at(i));
  return keys;
}

/** The E.164 digits of a national significant number of 8 or 9 digits. */
export function keyOf(national: number): number {
  return national < MOBILE_FIRST ? 3_200_000_000 + national : 32_000_000_000 + national;
}

/** The first number of its block, see {@link BLOCK_NUMBERS}. */
export function blockOf(national: number): number {
  return national - (national % BLOCK_NUMBERS);
}

/** @throws ERR_OPTION unless 0 to 2^53 - 1 */
export function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new TacetError('ERR_OPTION', {
    what: 'the seed is out of range',
    expected: `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
    got: String(seed),
  });
}

/** @throws ERR_OPTION unless 1 to `max` */
export function checkCount(count: number, max: number): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= max) return;
  throw new TacetError('ERR_OPTION', {
    what: 'the number of rows is out of range',
    expected: `an integer from 1 to ${max}`,
    got: String(count),
  });
}
