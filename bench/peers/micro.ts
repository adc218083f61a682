import { createRequire } from 'node:module';
import { ALL_LISTS } from '#tacet/engine/judge.js';
import { Matcher } from '#tacet/engine/matcher.js';
import { attachList, closeListFile, openListFile } from '#tacet/list/list.js';
import { VERDICT_BLOCKED } from '#tacet/verdict/verdict.js';
import type { Contest, Contestant } from './contest.ts';
import { type ListData, makeQueries, type Queries, sampled } from './list-data.ts';
import { PEERS_PACKAGE } from './processes.ts';

export interface MicroOptions {
  readonly folder: string;
  readonly queries: number;
}

/** What of roaring is used. */
interface Roaring {
  readonly RoaringBitmap32: new (
    values: Uint32Array,
  ) => { has(value: number): boolean; runOptimize(): boolean };
}

const BATCH = 65_536;

/** Look-ups in this process, on one thread; all must find the same numbers. */
export async function withMicro<Result>(
  list: ListData,
  { folder, queries: count }: MicroOptions,
  hold: (contest: Contest) => Promise<Result>,
): Promise<Result> {
  const queries = await makeQueries(folder, list, count);
  const { keys } = sampled(list);
  // Installed by install.sh at an exact version, which has this class.
  const { RoaringBitmap32 } = createRequire(PEERS_PACKAGE)('roaring') as Roaring;
  const nationals = Int32Array.from(queries.keys, (key) => nationalOf(Number(key)));
  const listed = Int32Array.from(keys, nationalOf);
  const set = new Set(listed);
  const bitmap = new RoaringBitmap32(Uint32Array.from(listed));
  bitmap.runOptimize();
  const handle = await openListFile(list.list);
  try {
    const matcher = new Matcher([attachList(handle, 'auto')]);
    const contestants = [
      lookUp('Tacet, one thread', queries, () => countMatched(matcher, queries.keys)),
      lookUp('Set', queries, () => countIf(nationals, (national) => set.has(national))),
      lookUp('roaring', queries, () => countIf(nationals, (national) => bitmap.has(national))),
    ];
    const of = 'Tacet, one thread';
    const ratios = ['Set', 'roaring'].map((by) => ({
      what: `look-ups/s, Tacet / ${by}`,
      metric: 'millionsPerSecond' as const,
      of,
      by,
    }));
    return await hold({ title: 'look-ups in Node', contestants, ratios });
  } finally {
    closeListFile(handle);
  }
}

/** Fits roaring's 32 bits and V8's small integers (`Set`: twice as fast); one for each number. */
function nationalOf(key: number): number {
  return key < 32_000_000_000 ? key - 3_200_000_000 : key - 32_000_000_000;
}

function lookUp(name: string, { verdicts }: Queries, work: () => number): Contestant {
  const expected = verdicts.reduce(
    (sum, verdict) => sum + (verdict === VERDICT_BLOCKED ? 1 : 0),
    0,
  );
  return {
    name,
    run() {
      const startMs = performance.now();
      const found = work();
      const seconds = (performance.now() - startMs) / 1000;
      if (found !== expected) throw new Error(`${name} found ${found} of ${expected}`);
      return Promise.resolve({ millionsPerSecond: verdicts.length / seconds / 1e6, seconds });
    },
  };
}

function countIf(values: Int32Array, test: (value: number) => boolean): number {
  let count = 0;
  // In range: the loop ends at the length.
  for (let i = 0; i < values.length; i++) if (test(values[i]!)) count++;
  return count;
}

/** Nothing but verdicts is wanted. */
const NO_COLUMNS = { registeredDays: undefined, matchedLists: undefined };

function countMatched(matcher: Matcher, keys: BigUint64Array): number {
  const words = new Uint32Array(keys.buffer);
  const verdicts = new Uint8Array(BATCH);
  const counts = new Int32Array(6);
  for (let from = 0; from < keys.length; from += BATCH) {
    const count = Math.min(BATCH, keys.length - from);
    const part = words.subarray(from * 2, (from + count) * 2);
    const query = { words: part, count, optInDays: undefined, todayDay: 0, lists: ALL_LISTS };
    matcher.match(query, { verdicts, offset: 0, counts, ...NO_COLUMNS });
  }
  return counts[VERDICT_BLOCKED] ?? 0;
}
