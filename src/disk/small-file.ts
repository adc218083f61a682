import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, ioError, TacetError } from '../errors.ts';
import { syncDirectory } from './directory.ts';

/**
 * Reads a regular file whole. Errors: ERR_IO, also for anything else than a regular file; ERR_LIMIT
 * for more than `bytesMax`.
 */
export async function readSmallFile(path: string, bytesMax: number): Promise<Buffer> {
  const handle = await openAnything(path);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notRegular(path);
    const buffer = Buffer.allocUnsafe(Math.min(stats.size, bytesMax) + 1);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
      filled += bytesRead;
      if (bytesRead === 0) return buffer.subarray(0, filled);
      if (filled > bytesMax) throw tooLarge(path, bytesMax);
      if (filled === buffer.length) throw grown(path);
    }
  } catch (error) {
    throw error instanceof TacetError ? error : ioError(path, 'read', error);
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file that was not there, which only its owner can read, and flushes it. Errors: those of
 * the operating system, EEXIST if there is one.
 */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(path));
}

/** Without O_NONBLOCK, opening a FIFO waits for a writer. */
async function openAnything(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw hasCode(cause, 'ENXIO') ? notRegular(path) : ioError(path, 'read', cause);
  }
}

function notRegular(where: string): TacetError {
  return new TacetError('ERR_IO', {
    what: 'is no regular file',
    where,
    fix: 'Name the file itself',
  });
}

function tooLarge(where: string, bytesMax: number): TacetError {
  return new TacetError('ERR_LIMIT', { what: `has more than ${bytesMax} bytes`, where });
}

function grown(where: string): TacetError {
  const fix = 'Rename a whole file over it, never write into it';
  return new TacetError('ERR_IO', { what: 'grew while it was read', where, fix });
}
