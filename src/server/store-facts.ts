import { readdir } from 'node:fs/promises';
import type { ListStore } from '../store/store.ts';

/** What is told of a store besides the version that serves. */
export interface StoreFacts {
  /** Versions it has, archived ones included. */
  readonly versions: number;
  /** Numbers the version that serves added and removed; null for a first version. */
  readonly added: number | null;
  readonly removed: number | null;
  /** The newest file in quarantine, where it is newer than every version; undefined = none is. */
  readonly refused: string | undefined;
}

/** `2026-11-23T031500Z-<digest>`: when a file was refused. */
const QUARANTINED = /^(\d{4}-\d\d-\d\d)T(\d\d)(\d\d)(\d\d)Z-/;

/** Reads the records of a store: some milliseconds for a year of versions. Errors: ERR_IO. */
export async function readStoreFacts(
  store: ListStore,
  servedName: string | undefined,
): Promise<StoreFacts> {
  const history = await store.history();
  const served = history.find(({ name }) => name === servedName);
  const newestUnix = Math.max(
    0,
    ...history.map(({ packedAtUnix, source, accepted }) =>
      Math.max(packedAtUnix, source.fetchedAtUnix, accepted?.atUnix ?? 0),
    ),
  );
  // Absent before the first refusal, perhaps.
  const quarantined = await readdir(store.file('quarantine')).catch(() => []);
  const newest = quarantined.filter((name) => refusedAtUnix(name) > newestUnix).sort();
  return {
    versions: history.length,
    added: served?.added ?? null,
    removed: served?.removed ?? null,
    refused: newest.at(-1),
  };
}

/** When a file was refused, by its name in quarantine; 0 for other names. */
function refusedAtUnix(name: string): number {
  const match = QUARANTINED.exec(name);
  if (match === null) return 0;
  const [, day, hour, minute, second] = match;
  return Date.parse(`${day}T${hour}:${minute}:${second}Z`) / 1000 || 0;
}
