/** Stores for servers: versions of real list files, added and switched to as a sync does. */
import { join } from 'node:path';
import { closeListFile, openListFile } from '#tacet/list/list.js';
import { ListStore } from '#tacet/store/store.js';
import { headerFacts, type VersionRecord } from '#tacet/store/version.js';
import { withWriter } from '#tacet/store/writer.js';
import { SNAPSHOT, temporaryFolder, writeList } from '../server/fixture.ts';

export function newStore(): Promise<ListStore> {
  return ListStore.open(join(temporaryFolder(), 'store'), { create: true });
}

/** The record of a list file, as a sync would write it. */
async function recordOf(file: string, more: Partial<VersionRecord>): Promise<VersionRecord> {
  const handle = await openListFile(file);
  closeListFile(handle);
  const { header } = handle;
  return {
    ...headerFacts(header),
    ...{ added: null, removed: null, redated: null, previous: null, accepted: null },
    source: {
      from: 'file:///list.txt',
      fileName: 'list.txt',
      fetchedAtUnix: (header.snapshotDay + 1) * 86_400,
      bytes: 1,
      sha256: '1'.repeat(64),
      modifiedAtUnix: null,
    },
    packedAtUnix: (header.snapshotDay + 1) * 86_400,
    ...more,
  };
}

/** Adds a version of these numbers, each registered long ago, and lets it serve; its name. */
export async function addVersion(
  store: ListStore,
  numbers: readonly number[],
  {
    snapshotDay = SNAPSHOT,
    ...more
  }: { readonly snapshotDay?: number } & Partial<VersionRecord> = {},
): Promise<string> {
  return withWriter(store, 'test', async (writer) => {
    const file = writer.tmpPath('packed.tacet');
    const day = Math.min(SNAPSHOT, snapshotDay) - 200;
    await writeList(file, new Map(numbers.map((key) => [key, day])), { snapshotDay });
    const { name } = await writer.addVersion(file, await recordOf(file, more));
    await writer.switchTo(name);
    return name;
  });
}

/** Lets a version serve that the store has. */
export function switchTo(store: ListStore, name: string): Promise<void> {
  return withWriter(store, 'test', (writer) => writer.switchTo(name));
}
