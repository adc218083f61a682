import { emptyTmp, withLock } from '../../store/lock.ts';
import type { ListStore } from '../../store/store.ts';

/**
 * Runs `work` with the folder to fetch into, in the store's file system; its `tmp` is emptied
 * before and afterwards.
 * Fetching takes minutes if a server is slow or a file is still growing. It has its own lock: only
 * one fetch runs at a time, and operators can still roll back or override meanwhile.
 * Errors: ERR_STORE_LOCKED if another sync is still running after `waitMs`; ERR_IO; what `work`
 * throws.
 */
export async function withIncoming<Result>(
  store: ListStore,
  waitMs: number,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = store.file('incoming');
  // Never fails: the next sync removes what cannot be removed now.
  const clear = () => emptyTmp(folder).catch(() => undefined);
  return await withLock(folder, { doing: 'sync', waitMs }, async () => {
    // A killed sync may have left a whole list behind.
    await clear();
    try {
      return await work(folder);
    } finally {
      await clear();
    }
  });
}
