/**
 * A store over a year of daily versions: how much space it takes, and how long an archived version
 * takes to open (restore and verify).
 *
 *     npx tsc -p bench && node build/bench/store.js [--days 365] [--entries 1500000]
 *
 * Every day 500 numbers are added and 300 removed. Writes about 2 GB below the temporary folder,
 * which are removed at the end. Exit code 1 if they are 2.5 GB or more, or if a version takes 2 s.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { formatIsoDay } from '#tacet/calendar/day.js';
import { sampleKeys } from '#tacet/sample/numbers.js';
import { Random } from '#tacet/sample/random.js';
import { ListStore } from '#tacet/store/store.js';
import { verifyVersion } from '#tacet/store/verify.js';
import type { StoredVersion } from '#tacet/store/version.js';
import { withWriter } from '#tacet/store/writer.js';
import { withFolder } from './data.ts';
import { addVersion } from './store-version.ts';

const ADDED_A_DAY = 500;
const REMOVED_A_DAY = 300;
const PLAIN_VERSIONS = 7;
/** What a year of 1.5 M numbers may take, and any version to open. */
const BYTES_MAX = 2.5e9;
const OPEN_SECONDS_MAX = 2;
/** Archived versions that are opened. */
const OPENED = 9;
/** Days of registration reach this far back. */
const REGISTRATION_DAYS = 4000;

export interface StoreBenchOptions {
  readonly days: number;
  readonly entries: number;
  readonly print: (line: string) => void;
}

export interface StoreBenchResult {
  readonly versions: number;
  readonly bytes: number;
  /** Seconds to restore and verify an archived version: the slowest of a few. */
  readonly openSeconds: number;
}

export async function run(options: StoreBenchOptions): Promise<StoreBenchResult> {
  return withFolder(async (folder) => {
    const store = await ListStore.open(join(folder, 'dncm'), { create: true });
    await fill(store, options);
    const bytes = await bytesOf(store);
    const versions = await store.history();
    const openSeconds = await openSome(store, versions);
    options.print(
      `${versions.length} versions of ${options.entries} numbers: ` +
        `${(bytes / 1e9).toFixed(2)} GB; ` +
        `an archived one opens in at most ${openSeconds.toFixed(2)} s`,
    );
    return { versions: versions.length, bytes, openSeconds };
  });
}

async function fill(store: ListStore, { days, entries, print }: StoreBenchOptions): Promise<void> {
  const lastDay = brusselsDay(Date.now()) - 1;
  const list = new ChangingList(entries, lastDay - days);
  for (let day = lastDay - days + 1; day <= lastDay; day++) {
    list.change(day);
    const change = { added: ADDED_A_DAY, removed: REMOVED_A_DAY, snapshotDay: day };
    await addVersion(store, { ...list.content(), ...change }, PLAIN_VERSIONS);
    if ((lastDay - day) % 30 === 0) print(`${formatIsoDay(day)}: ${await bytesOf(store)} bytes`);
  }
}

/** Restores and verifies some archived versions; the seconds of the slowest. */
async function openSome(store: ListStore, versions: readonly StoredVersion[]): Promise<number> {
  const archived = versions.filter((version) => version.archived);
  let openSeconds = 0;
  for (let i = 0; i < OPENED; i++) {
    const version = archived[Math.floor((i * archived.length) / OPENED)];
    if (version === undefined) continue;
    const startMs = performance.now();
    await withWriter(store, 'restore', (writer) => writer.restore(version.name));
    await verifyVersion(store, version.name);
    openSeconds = Math.max(openSeconds, (performance.now() - startMs) / 1000);
  }
  return openSeconds;
}

/** A list that changes a little every day. */
class ChangingList {
  readonly #random = new Random(7, 0);
  readonly #days: Map<number, number>;
  readonly #strangers: Float64Array;
  #next = 0;

  constructor(entries: number, firstDay: number) {
    const keys = sampleKeys({ count: entries + 400 * ADDED_A_DAY, seed: 1 });
    this.#days = new Map(
      Array.from(keys.subarray(0, entries), (key) => [
        key,
        firstDay - this.#random.below(REGISTRATION_DAYS),
      ]),
    );
    this.#strangers = keys.subarray(entries);
  }

  change(day: number): void {
    for (let i = 0; i < ADDED_A_DAY; i++) this.#days.set(this.#strangers[this.#next++] ?? 0, day);
    const skipped = this.#random.below(1000);
    let index = 0;
    const removed: number[] = [];
    for (const key of this.#days.keys()) {
      if (index++ % 4000 === skipped) removed.push(key);
      if (removed.length === REMOVED_A_DAY) break;
    }
    for (const key of removed) this.#days.delete(key);
  }

  content(): { numbers: BigUint64Array; days: Uint16Array } {
    const keys = Float64Array.from(this.#days.keys()).sort();
    const days = Uint16Array.from(keys, (key) => this.#days.get(key) ?? 0);
    return { numbers: BigUint64Array.from(keys, BigInt), days };
  }
}

/** Bytes of all files of the store, as the disk counts them. */
async function bytesOf(store: ListStore): Promise<number> {
  let bytes = 0;
  for (const file of await readdir(store.path, { recursive: true })) {
    bytes += (await stat(join(store.path, file))).blocks * 512;
  }
  return bytes;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '365' },
      entries: { type: 'string', default: '1500000' },
    },
  });
  const { bytes, openSeconds } = await run({
    days: Number(values.days),
    entries: Number(values.entries),
    print: (line) => console.log(line),
  });
  if (bytes >= BYTES_MAX || openSeconds >= OPEN_SECONDS_MAX) process.exitCode = 1;
}
