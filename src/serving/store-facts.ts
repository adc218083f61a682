import type { ListStore } from '../store/store.ts';

/** What is reported about a store besides the version being served. */
export interface StoreFacts {
  /** Versions it has, archived ones included. */
  readonly versions: number;
  /** Numbers that the served version added and removed; null for a first version. */
  readonly added: number | null;
  readonly removed: number | null;
}

/** Reads the records of a store; takes some milliseconds for a year of versions. Errors: ERR_IO. */
export async function readStoreFacts(
  store: ListStore,
  servedName: string | undefined,
): Promise<StoreFacts> {
  const history = await store.history();
  const served = history.find(({ name }) => name === servedName);
  return {
    versions: history.length,
    added: served?.added ?? null,
    removed: served?.removed ?? null,
  };
}
