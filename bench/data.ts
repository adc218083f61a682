import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { type ListContent, writeListFile } from '#tacet/list/write.js';
import { sampleList } from '#tacet/sample/list.js';
import { sampleKeys } from '#tacet/sample/numbers.js';
import type { Layout } from '#tacet/source/layout/layout.js';

/** The layout that `tacet sample list` writes and `tacet pack` detects. */
export const detectedLayout: Layout = {
  kind: 'separated',
  separator: ';',
  columns: ['number', 'date'],
  numberForm: 'trunk',
  dateForm: 'DD/MM/YYYY',
  header: false,
  quotes: false,
  encoding: 'utf-8',
  bom: false,
  lineEnd: 'lf',
};

/** The share of queries that are on the list, as in Belgian contact files. */
const HIT_SHARE = 0.21;

/** A folder that is gone when `use` has ended. */
export async function withFolder<Result>(
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'tacet-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `entries` Belgian numbers as a list file holds them. */
export function benchList({
  entries,
  seed,
}: {
  entries: number;
  seed: number;
}): Pick<ListContent, 'numbers' | 'days' | 'snapshotDay'> {
  const snapshotDay = brusselsDay(Date.now()) - 1;
  const { keys, days } = sampleList({ rows: entries, seed, snapshotDay });
  const order = Uint32Array.from(keys, (_, index) => index).sort(
    (a, b) => (keys[a] as number) - (keys[b] as number),
  );
  return {
    snapshotDay,
    numbers: BigUint64Array.from(order, (index) => BigInt(keys[index] as number)),
    days: Uint16Array.from(order, (index) => days[index] as number),
  };
}

/** A list file of `entries` Belgian numbers, and the numbers themselves. */
export async function writeBenchList(
  path: string,
  size: { entries: number; seed: number },
): Promise<Set<number>> {
  const content = benchList(size);
  const rest = { name: 'bench', layout: detectedLayout, sourceSha256: '0'.repeat(64) };
  await writeListFile(path, { ...content, ...rest });
  return new Set(Array.from(content.numbers, Number));
}

/** `count` numbers in random order, about 21 % of them listed, the rest Belgian and not listed. */
export function benchQueries(
  { known, isListed }: { known: ArrayLike<number>; isListed(key: number): boolean },
  { count, seed }: { count: number; seed: number },
): Float64Array {
  const strangers = sampleKeys({ count: Math.ceil(count * 1.2), seed: seed + 1 });
  const queries = new Float64Array(count);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  const random = (): number => {
    // xorshift32: fast, seeded, good enough to spread accesses over the list.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
  let stranger = 0;
  for (let i = 0; i < count; i++) {
    if (random() < HIT_SHARE) {
      queries[i] = known[Math.floor(random() * known.length)] as number;
      continue;
    }
    while (isListed(strangers[stranger % strangers.length] as number)) stranger++;
    queries[i] = strangers[stranger++ % strangers.length] as number;
  }
  return queries;
}

/** The index of the first key that is not below `key`. */
export function lowerBound(keys: Float64Array, key: number): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    // In range: middle is below high.
    if ((keys[middle] as number) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
