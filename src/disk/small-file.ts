import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { hasCode, ioError, TacetError } from '../errors.ts';

/** A file read whole. */
interface SmallFile {
  readonly bytes: Buffer;
  /** See {@link fileVersion}; taken before the bytes, so that what is written later differs. */
  readonly version: string;
}

/**
 * Another text for another file under the name, and for other content: of inode, size and times.
 * Errors: ERR_IO.
 */
export async function fileVersion(path: string): Promise<string> {
  try {
    return versionOf(await stat(path, { bigint: true }));
  } catch (cause) {
    throw ioError(path, 'read', cause);
  }
}

function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/**
 * Reads a regular file whole. Errors: ERR_IO, also for anything else than a regular file; ERR_LIMIT
 * for more than `bytesMax`.
 */
export async function readSmallFile(path: string, bytesMax: number): Promise<SmallFile> {
  const handle = await openAnything(path);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notRegular(path);
    const version = versionOf(stats);
    const buffer = Buffer.allocUnsafe(Math.min(Number(stats.size), bytesMax) + 1);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
      filled += bytesRead;
      if (bytesRead === 0) return { bytes: buffer.subarray(0, filled), version };
      if (filled > bytesMax) throw tooLarge(path, bytesMax);
      if (filled === buffer.length) throw grown(path);
    }
  } catch (error) {
    throw error instanceof TacetError ? error : ioError(path, 'read', error);
  } finally {
    await handle.close();
  }
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
