/**
 * The WebAssembly kernel, one thread: keys judged a second, by index and size of the list, without
 * and with registration days.
 *
 *     npx tsc -p bench && node build/bench/kernel.js [--queries N] [--runs N] [ENTRIES...]
 *
 * Lists and queries are those of the peers' bench: 21 % of the queries are drawn from the list, the
 * rest at random, in batches of 8,192. Both indexes must give the same bytes, which are compared
 * with the reference, the binary search over the mapped file, before anything is measured.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ALL_LISTS } from '#tacet/engine/judge.js';
import { type KernelMemory, loadKernelMemory } from '#tacet/engine/kernel-memory.js';
import { Matcher } from '#tacet/engine/matcher.js';
import { KERNEL_SCRATCH_BYTES, WasmKernel } from '#tacet/engine/wasm-kernel.js';
import { attachList, closeListFile, type List, openListFile } from '#tacet/list/list.js';
import { Random } from '#tacet/sample/random.js';
import { makeList, strangersOf } from './peers/list-data.js';

const BATCH_KEYS = 8192;
const HIT_SHARE = 0.21;
const TODAY_DAY = 30_000;
const INDEXES = ['bitmap', 'directory'] as const;

export interface KernelBenchOptions {
  readonly entries: readonly number[];
  readonly queries: number;
  readonly runs: number;
  readonly print: (line: string) => void;
}

export interface KernelBenchResult {
  readonly entries: number;
  readonly index: (typeof INDEXES)[number];
  readonly dates: boolean;
  /** Million keys a second, the median run. */
  readonly millionsPerSecond: number;
  /** Of the index, with days and tables. */
  readonly memoryMib: number;
  readonly loadMs: number;
}

/** Where questions and answers of a batch lie in the memory of a kernel. */
interface Place {
  readonly kernel: WasmKernel;
  readonly memory: KernelMemory;
  readonly queries: number;
}

export async function run(options: KernelBenchOptions): Promise<KernelBenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tacet-kernel-'));
  try {
    const results: KernelBenchResult[] = [];
    for (const entries of options.entries) {
      const { list } = await makeList(folder, entries);
      results.push(...(await runList(list, entries, options)));
      await rm(list);
    }
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runList(
  path: string,
  entries: number,
  { queries, runs, print }: KernelBenchOptions,
): Promise<KernelBenchResult[]> {
  const handle = await openListFile(path);
  try {
    const list = attachList(handle, 'binary-search');
    const keys = queriesOf(list, entries, queries);
    const expected = referenceOf(list, keys);
    const reserved = KERNEL_SCRATCH_BYTES + 64 + queries * 13 + 64;
    const contestants = [];
    for (const index of INDEXES) {
      const startMs = performance.now();
      const memory = await loadKernelMemory([handle], reserved, index);
      if (memory === undefined) throw new Error(`no ${index} for ${entries} entries`);
      const loadMs = performance.now() - startMs;
      const place = { kernel: new WasmKernel(memory), memory, queries };
      askAll(place, keys, expected);
      const memoryMib = memory.reserved / 1024 ** 2;
      for (const dates of [false, true]) {
        contestants.push({ index, dates, place, loadMs, memoryMib, rates: [] as number[] });
      }
    }
    for (let run = 0; run < runs; run++) {
      for (const { place, dates, rates } of contestants) rates.push(rateOf(place, dates));
    }
    return contestants.map(({ index, dates, loadMs, memoryMib, rates }) => {
      const sorted = rates.toSorted((a, b) => a - b);
      const millionsPerSecond = sorted[sorted.length >> 1] ?? 0;
      print(
        `${entries} entries, ${index}${dates ? ' with days' : ''}: ` +
          `${millionsPerSecond.toFixed(1)} M/s ` +
          `(${sorted[0]?.toFixed(1)}-${sorted.at(-1)?.toFixed(1)}), ${memoryMib.toFixed(0)} MiB, ` +
          `loaded in ${loadMs.toFixed(0)} ms`,
      );
      return { entries, index, dates, millionsPerSecond, memoryMib, loadMs };
    });
  } finally {
    closeListFile(handle);
  }
}

/** Numbers in random order, 21 % of them drawn from the list. */
export function queriesOf(list: List, entries: number, count: number): BigUint64Array {
  const random = new Random(3, 0);
  const strangers = strangersOf(entries);
  const { numbers } = list;
  return BigUint64Array.from({ length: count }, () =>
    random.chance(HIT_SHARE)
      ? (numbers[random.below(numbers.length)] ?? 0n)
      : BigInt(strangers[random.below(strangers.length)] ?? 0),
  );
}

interface Answers {
  readonly verdicts: Uint8Array;
  readonly days: Uint32Array;
}

/** What the binary search says of them. */
export function referenceOf(list: List, keys: BigUint64Array): Answers {
  const verdicts = new Uint8Array(keys.length);
  const registeredDays = new Uint32Array(keys.length);
  const count = new Matcher([list]).match(
    {
      words: new Uint32Array(keys.buffer),
      ...{ count: keys.length, optInDays: undefined, todayDay: TODAY_DAY, lists: ALL_LISTS },
    },
    { verdicts, offset: 0, registeredDays, matchedLists: undefined, counts: new Int32Array(6) },
  );
  return { verdicts, days: registeredDays.slice(0, count) };
}

function placesOf({ memory, queries }: Place) {
  const scratch = memory.reserved + 64;
  const keys = scratch + KERNEL_SCRATCH_BYTES;
  const verdicts = keys + queries * 8;
  return { counts: memory.reserved, scratch, keys, verdicts, days: verdicts + queries };
}

/** Asks for all keys once and compares every byte. */
function askAll(place: Place, keys: BigUint64Array, expected: Answers): void {
  const at = placesOf(place);
  const bytes = new Uint8Array(place.memory.memory.buffer);
  bytes.set(new Uint8Array(keys.buffer), at.keys);
  const dayCount = place.kernel.judge({
    ...at,
    ...{ count: keys.length, optIns: 0, todayDay: TODAY_DAY, registered: at.days },
    ...{ matched: 0, lists: ALL_LISTS },
  });
  const verdicts = Buffer.from(bytes.slice(at.verdicts, at.verdicts + keys.length));
  const days = Buffer.from(bytes.slice(at.days, at.days + dayCount * 4));
  const expectedDays = Buffer.from(expected.days.buffer, 0, expected.days.length * 4);
  if (!verdicts.equals(expected.verdicts) || !days.equals(expectedDays)) {
    throw new Error('the kernel and the reference differ');
  }
}

function rateOf(place: Place, dates: boolean): number {
  const at = placesOf(place);
  const startMs = performance.now();
  for (let from = 0; from < place.queries; from += BATCH_KEYS) {
    place.kernel.judge({
      ...at,
      keys: at.keys + from * 8,
      count: Math.min(BATCH_KEYS, place.queries - from),
      ...{ optIns: 0, todayDay: TODAY_DAY, registered: dates ? at.days : 0 },
      ...{ matched: 0, lists: ALL_LISTS },
    });
  }
  return place.queries / (performance.now() - startMs) / 1000;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values, positionals } = parseArgs({
    options: {
      queries: { type: 'string', default: '4194304' },
      runs: { type: 'string', default: '9' },
    },
    allowPositionals: true,
  });
  await run({
    entries: positionals.length === 0 ? [1_500_000, 20_000_000] : positionals.map(Number),
    queries: Number(values.queries),
    runs: Number(values.runs),
    print: (line) => console.log(line),
  });
}
