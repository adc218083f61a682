import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, ioError } from '../errors.ts';

/** Error codes of file systems that cannot sync a folder. */
const CANNOT_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM']);

/**
 * Makes renames in a folder durable, as far as the file system can: some cannot sync a folder.
 * Errors: those of the operating system.
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
 * Removes files of one folder, if they exist, in the order given, and makes that durable.
 * Errors: ERR_IO.
 */
export async function removeFiles(first: string, ...others: readonly string[]): Promise<void> {
  try {
    for (const path of [first, ...others]) await rm(path, { force: true });
    await syncDirectory(dirname(first));
  } catch (cause) {
    throw ioError(first, 'remove', cause);
  }
}

/** Moves a file or a folder, and makes that durable. Errors: ERR_IO. */
export async function moveTo(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await syncDirectory(dirname(to));
  } catch (cause) {
    throw ioError(to, 'rename to this name', cause);
  }
}
