/** Stores in temporary folders, with small lists. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { writeListFile } from '#tacet/list/write.js';
import { ListStore } from '#tacet/store/store.js';
import { headerFacts, type VersionRecord } from '#tacet/store/version.js';
import { type StoreWriter, withWriter } from '#tacet/store/writer.js';
import { LAYOUT } from '../source/fixture.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tacet-store-'));
  folders.push(folder);
  return folder;
}

export function newStore(): Promise<ListStore> {
  return ListStore.open(join(temporaryFolder(), 'dncm'), { create: true });
}

/** Writes a list of these numbers, each registered on day 20,000; its record, as yet without the
 * version before it. */
export async function writeList(
  path: string,
  snapshotDay: number,
  numbers: readonly number[],
): Promise<VersionRecord> {
  const header = await writeListFile(path, {
    name: 'dncm',
    snapshotDay,
    layout: LAYOUT,
    sourceSha256: '0'.repeat(64),
    numbers: BigUint64Array.from(
      [...numbers].sort((a, b) => a - b),
      BigInt,
    ),
    days: new Uint16Array(numbers.length).fill(20_000),
  });
  const packedAtUnix = snapshotDay * 86_400;
  return {
    ...headerFacts(header),
    ...{ packedAtUnix, accepted: null },
    ...{ added: null, removed: null, redated: null, previous: null },
    source: {
      ...{ from: 'file:///dncm.txt', fileName: 'dncm.txt', fetchedAtUnix: packedAtUnix },
      ...{ bytes: 100, sha256: '1'.repeat(64), modifiedAtUnix: null },
    },
  };
}

/** Adds a list of these numbers with the snapshot of a day. */
export async function addList(
  store: ListStore,
  writer: StoreWriter,
  snapshotDay: number,
  numbers: readonly number[],
): Promise<VersionRecord> {
  const path = writer.tmpPath(`${snapshotDay}.tacet`);
  const record = await writeList(path, snapshotDay, numbers);
  const previous = (await store.currentName()) ?? null;
  return writer.addVersion(path, { ...record, previous });
}

/** Adds versions of the days given, each of another number, and lets the last one serve. */
export function fill(store: ListStore, days: readonly number[]): Promise<VersionRecord[]> {
  return withWriter(store, 'fill', async (writer) => {
    const added: VersionRecord[] = [];
    for (const day of days) {
      added.push(await addList(store, writer, day, [32_475_000_000 + day, 3_222_000_001]));
      await writer.switchTo(added.at(-1)?.name ?? '');
    }
    return added;
  });
}
