/** Where a source arrives. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError } from '../../errors.ts';
import { CLAIM_PREFIX, withLock } from '../../store/lock.ts';
import type { ListStore } from '../../store/store.ts';

/**
 * Runs `work` with a path for what it fetches, in the file system of the store; afterwards nothing
 * is there. Fetching takes minutes where a server is slow or a file still grows. It has a lock of
 * its own, so that there is one fetch at a time, and meanwhile a person can roll back or give
 * leave.
 *
 * @throws TacetError ERR_STORE_LOCKED where another sync is under way after `waitMs`; ERR_IO; what
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
    // A sync that was killed may have left a whole list.
    await clear(files);
    try {
      return await work(join(files, 'fetched'));
    } finally {
      await clear(files);
    }
  });
}

/** Never fails: what cannot be removed now goes with the next sync. */
async function clear(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    // Those of others who wait for the lock.
    if (name.startsWith(CLAIM_PREFIX)) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
