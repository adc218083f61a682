import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, ioError } from '../errors.ts';

/** What file systems say that cannot sync a folder. */
const CANNOT_SYNC = ['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM'];

/**
 * Makes what was renamed in a folder last. Some file systems cannot sync one: there it lasts as it
 * does. Errors: those of the operating system.
 */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    if (!hasCode(error, ...CANNOT_SYNC)) throw error;
  } finally {
    await directory.close();
  }
}

/** Flushes a file to the disk and gives it the name `path`. Errors: ERR_IO. */
export async function publishSynced(temporary: string, path: string): Promise<void> {
  try {
    const file = await open(temporary, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw ioError(temporary, 'flush to the disk', cause);
  }
  await moveTo(temporary, path);
}

/**
 * Removes files, if they are there, and makes that last. They lie in one folder, and go in the
 * order given. Errors: ERR_IO.
 */
export async function removeFiles(first: string, ...others: readonly string[]): Promise<void> {
  try {
    for (const path of [first, ...others]) await rm(path, { force: true });
    await syncDirectory(dirname(first));
  } catch (cause) {
    throw ioError(first, 'remove', cause);
  }
}

/** Moves a file or a folder, and makes that last. Errors: ERR_IO. */
export async function moveTo(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await syncDirectory(dirname(to));
  } catch (cause) {
    throw ioError(to, 'give what is finished its name', cause);
  }
}
