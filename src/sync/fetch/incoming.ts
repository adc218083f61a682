/** Where a source arrives. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError } from '../../errors.ts';
import { CLAIM_PREFIX, withLock } from '../../store/lock.ts';
import type { ListStore } from '../../store/store.ts';

/**
 * Runs `work` with a path to fetch to, in the store's file system, and removes the file afterwards.
 * Fetching takes minutes if a server is slow or a file is still growing. It has its own lock: only
 * one fetch runs at a time, and operators can still roll back or override meanwhile.
 *
 * @throws TacetError ERR_STORE_LOCKED if another sync is still running after `waitMs`; ERR_IO; what
 *   `work` throws
 */
export async function withIncoming<Result>(
  store: ListStore,
  waitMs: number,
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  const folder = store.file('incoming');
  const files = join(folder, 'tmp');
  try {
    await mkdir(files, { recursive: true });
  } catch (cause) {
    throw ioError(files, 'make a folder for what is fetched', cause);
  }
  return await withLock(folder, { doing: 'sync', waitMs }, async () => {
    // A killed sync may have left a whole list behind.
    await clear(files);
    try {
      return await work(join(files, 'fetched'));
    } finally {
      await clear(files);
    }
  });
}

/** Never fails: the next sync removes what cannot be removed now. */
async function clear(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    // These belong to other processes waiting for the lock.
    if (name.startsWith(CLAIM_PREFIX)) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
