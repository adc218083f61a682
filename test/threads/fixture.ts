/** Lists, batches and pools for the tests of the worker pool; all of it gone after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { ALL_LISTS } from '#tacet/engine/judge.js';
import type { ListSet } from '#tacet/engine/list-set.js';
import { writeListFile } from '#tacet/list/write.js';
import type { Layout } from '#tacet/source/layout/layout.js';
import { type ListSetOptions, openListSet } from '#tacet/threads/list-set.js';
import type { BatchContext } from '#tacet/threads/messages.js';
import { MatchPool, type MatchPoolOptions } from '#tacet/threads/pool.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';

export const TODAY = brusselsDay(Date.now());

export const LAYOUT: Layout = {
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

const cleanups: (() => unknown)[] = [];

export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tacet-pool-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every second number from +32 475 00 00 00 on is on the list: 32475000000, 32475000002, ... */
export const FIRST = 32475000000;

export async function writeEvenList(path: string, entries: number): Promise<string> {
  await writeListFile(path, {
    name: 'even',
    snapshotDay: TODAY - 1,
    layout: LAYOUT,
    sourceSha256: '0'.repeat(64),
    numbers: BigUint64Array.from({ length: entries }, (_, i) => BigInt(FIRST + i * 2)),
    days: new Uint16Array(entries).fill(TODAY - 10),
  });
  return path;
}

export async function evenSet(entries = 1000, options: ListSetOptions = {}): Promise<ListSet> {
  const path = await writeEvenList(join(temporaryFolder(), 'even.tacet'), entries);
  const set = await openListSet([path], options);
  afterTest(() => set.close());
  return set;
}

/** A set of one list, for the kernel `wasm`, which reads the slots in place, or for any other. */
export async function setOf(
  list: ReadonlyMap<number, number>,
  kernel: 'wasm' | 'mapped',
): Promise<ListSet> {
  const path = join(temporaryFolder(), 'list.tacet');
  const sorted = [...list].sort(([a], [b]) => a - b);
  await writeListFile(path, {
    name: 'dncm',
    snapshotDay: TODAY,
    layout: LAYOUT,
    sourceSha256: '0'.repeat(64),
    numbers: BigUint64Array.from(sorted, ([key]) => BigInt(key)),
    days: Uint16Array.from(sorted, ([, day]) => day),
  });
  const set = await openListSet([path], { kernel: kernel === 'wasm' ? 'wasm' : 'binary-search' });
  afterTest(() => set.close());
  return set;
}

export function startPool(options: MatchPoolOptions = {}): MatchPool {
  const pool = new MatchPool({ workers: 2, inlineBytesMax: 0, ...options });
  afterTest(() => pool.destroy());
  return pool;
}

export const CONTEXT: BatchContext = {
  belgian: true,
  registrationDays: false,
  reasonsField: 0,
  matchedField: 0,
  lists: ALL_LISTS,
  objections: 2,
  approach: USUAL_APPROACH,
  registers: undefined,
  todayDay: TODAY,
  numbersMax: 131_072,
};

/** `count` numbers from the `from`-th on, and the verdicts they must get: 2, 1, 2, 1, ... */
export function evenKeys(count: number, from = 0): { keys: number[]; verdicts: number[] } {
  const keys = Array.from({ length: count }, (_, i) => FIRST + from + i);
  return { keys, verdicts: keys.map((key) => (key % 2 === 0 ? 2 : 1)) };
}

export async function until(
  what: string,
  condition: () => boolean,
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
