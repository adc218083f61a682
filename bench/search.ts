/**
 * The search kernels, one thread: keys looked up a second, by kernel and size of the list.
 *
 *     npx tsc -p bench && node build/bench/search.js [--queries N] [--time-ms MS] [ENTRIES...]
 *
 * Synthetic Belgian numbers, half of them mobile; 21 % of the queries are drawn from the list, the
 * rest from the plan; batches of 65,536. The kernels' ranks are compared before anything is
 * measured, and the checksum of all ranks is printed.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import {
  buildDirectory,
  checkDirectoryHead,
  DIRECTORY_HEAD_BYTES,
  viewDirectory,
} from '#tacet/list/directory.js';
import { findRanksBinary, findRanksDirectory } from '#tacet/list/search.js';

const BATCH_KEYS = 65_536;
const HIT_SHARE = 0.21;

type Kernel = (words: Uint32Array, count: number, ranks: Int32Array) => void;

export interface BenchOptions {
  /** Sizes of the lists. */
  readonly entries: readonly number[];
  /** Keys looked up, over and over; more than fits in the cache. */
  readonly queries: number;
  /** How long each kernel is measured. */
  readonly timeMs: number;
  readonly print: (line: string) => void;
}

export interface BenchResult {
  readonly kernel: string;
  readonly entries: number;
  /** Million keys a second: by the median batch. */
  readonly millionsPerSecond: number;
}

/** Measures every kernel at every size. */
export async function run(options: BenchOptions): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const entries of options.entries) results.push(...(await runSize(entries, options)));
  return results;
}

async function runSize(entries: number, options: BenchOptions): Promise<BenchResult[]> {
  const { queries, timeMs, print } = options;
  const random = randomOf(20_261_122);
  const numbers = listOf(entries, random);
  const keys = queriesOf(numbers, queries, random);
  const kernels = kernelsOf(numbers);
  const checksum = checksumOf(kernels, wordsOf(keys), queries);
  print(`${numbers.length} entries, ${queries} queries, ranks agree, checksum ${checksum}`);
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4, iterations: 8 });
  for (const [order, words] of [
    ['', wordsOf(keys)],
    [', sorted', wordsOf(keys.slice().sort())],
  ] as const) {
    for (const [name, kernel] of kernels) bench.add(name + order, batches(kernel, words, queries));
  }
  await bench.run();
  return bench.tasks.map((task) => {
    const { result } = task;
    if (result.state !== 'completed') throw new Error(`${task.name} did not complete`);
    const { min, p50, p99, rme } = result.latency;
    const speed = (ms: number) => Math.min(BATCH_KEYS, queries) / ms / 1000;
    const line = [speed(p50), speed(min), speed(p99)].map((value) => value.toFixed(1).padStart(7));
    print(
      `  ${task.name.padEnd(22)}${line.join('')} M/s (median, best, p99)  ±${rme.toFixed(1)} %`,
    );
    return { kernel: task.name, entries, millionsPerSecond: speed(p50) };
  });
}

/** A task that looks up the next batch each time it runs. */
function batches(kernel: Kernel, words: Uint32Array, queries: number): () => void {
  const size = Math.min(BATCH_KEYS, queries);
  const ranks = new Int32Array(size);
  let from = 0;
  return () => {
    if (from + size > queries) from = 0;
    kernel(words.subarray(from * 2, (from + size) * 2), size, ranks);
    from += size;
  };
}

function kernelsOf(numbers: BigUint64Array): ReadonlyMap<string, Kernel> {
  const section = buildDirectory(numbers);
  const counts = checkDirectoryHead(section.subarray(0, DIRECTORY_HEAD_BYTES), {
    bytes: section.length,
    entries: numbers.length,
    where: 'bench',
  });
  const { pages, starts, lowBytes, coveredCount } = viewDirectory(section.buffer, 0, counts);
  const numberWords = wordsOf(numbers);
  return new Map<string, Kernel>([
    ['binary-search', (words, count, ranks) => findRanksBinary(numbers, words, count, ranks)],
    [
      'directory',
      (words, count, ranks) =>
        findRanksDirectory(pages, starts, lowBytes, coveredCount, numberWords, words, count, ranks),
    ],
  ]);
}

/** FNV-1a over the ranks; throws where kernels differ. */
function checksumOf(
  kernels: ReadonlyMap<string, Kernel>,
  words: Uint32Array,
  queries: number,
): string {
  const checksums = [...kernels.values()].map((kernel) => {
    const ranks = new Int32Array(queries);
    kernel(words, queries, ranks);
    return ranks.reduce((hash, rank) => Math.imul(hash ^ rank, 16_777_619), -2_128_831_035);
  });
  const [first = 0] = checksums;
  if (checksums.some((checksum) => checksum !== first)) throw new Error('the kernels differ');
  return (first >>> 0).toString(16).padStart(8, '0');
}

/** Mulberry32: the same seed, the same numbers. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Half mobile (04 5x to 9x), half of 8 digits. */
function belgian(random: () => number): number {
  return random() < 0.5
    ? 32_450_000_000 + Math.floor(random() * 50_000_000)
    : 3_210_000_000 + Math.floor(random() * 89_999_999);
}

/** `entries` unique numbers, ascending; fewer where there are not so many. */
function listOf(entries: number, random: () => number): BigUint64Array {
  const drawn = new Float64Array(Math.ceil(entries * 1.3)).map(() => belgian(random)).sort();
  let unique = 0;
  for (let index = 0; index < drawn.length; index++) {
    // In bounds, as unique is at most index.
    if (unique === 0 || drawn[index] !== drawn[unique - 1]) drawn[unique++] = drawn[index]!;
  }
  const count = Math.min(entries, unique);
  const numbers = new BigUint64Array(count);
  const step = unique / count;
  // In bounds: floor(index * step) is less than unique.
  for (let index = 0; index < count; index++)
    numbers[index] = BigInt(drawn[Math.floor(index * step)]!);
  return numbers;
}

/**
 * Queries in random order: a share is drawn from the list, the rest from the plan, of which the
 * list holds some too: few at 1.5 M entries, a seventh at 20 M.
 */
function queriesOf(numbers: BigUint64Array, queries: number, random: () => number): BigUint64Array {
  const keys = new BigUint64Array(queries);
  for (let index = 0; index < queries; index++) {
    // In bounds: the place is below the length.
    keys[index] =
      random() < HIT_SHARE
        ? numbers[Math.floor(random() * numbers.length)]!
        : BigInt(belgian(random));
  }
  return keys;
}

function wordsOf(keys: BigUint64Array): Uint32Array {
  return new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { queries: { type: 'string' }, 'time-ms': { type: 'string' } },
  });
  await run({
    entries: positionals.length > 0 ? positionals.map(Number) : [1_500_000],
    queries: Number(values.queries ?? 1_048_576),
    timeMs: Number(values['time-ms'] ?? 1000),
    print: (line) => console.log(line),
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
