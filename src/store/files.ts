import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { syncDirectory } from '../disk/directory.ts';
import { ioError, TacetError } from '../errors.ts';

/*
 * Files of a store appear whole: written under a temporary name in the same file system, flushed,
 * renamed, and the folder flushed. Whatever moment the process is killed at, there is the old file
 * or the new one.
 */

/** Whether an error is one of these of the operating system. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Writes `text` to `temporary` and gives it the name `path`. Errors: ERR_IO. */
export async function writeWhole(path: string, temporary: string, text: string): Promise<void> {
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw ioError(path, 'write', cause);
  }
  await moveTo(temporary, path);
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
 * Removes files, if they are there, and makes that last. They lie in one folder, and go in the order
 * given. Errors: ERR_IO.
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

/** SHA-256 of a file, or of what it holds compressed. Errors: ERR_IO. */
export async function digestOf(path: string, compressed = false): Promise<string> {
  const hash = createHash('sha256');
  try {
    if (compressed) await pipeline(createReadStream(path), createGunzip(), hash);
    else await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw ioError(path, 'read', cause);
  }
  return hash.digest('hex');
}

/**
 * Appends a line and flushes it. Half a line that a full disk has left is ended first, so that it
 * spoils no other. Errors: ERR_IO.
 */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      const isWhole = size === 0 || last.toString() === '\n';
      await file.appendFile(`${isWhole ? '' : '\n'}${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw ioError(path, 'append a line', cause);
  }
}

/** Compresses `from` into `to`. Errors: ERR_IO. */
export async function gzipFile(from: string, to: string): Promise<void> {
  await transform(from, to, createGzip({ level: 6 }));
}

/** The reverse of {@link gzipFile}. Errors: ERR_IO; ERR_STORE for a damaged archive. */
export async function gunzipFile(from: string, to: string): Promise<void> {
  await transform(from, to, createGunzip());
}

async function transform(
  from: string,
  to: string,
  through: ReturnType<typeof createGzip> | ReturnType<typeof createGunzip>,
): Promise<void> {
  try {
    await pipeline(createReadStream(from), through, createWriteStream(to));
  } catch (cause) {
    await rm(to, { force: true }).catch(() => undefined);
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
      throw new TacetError('ERR_STORE', {
        what: 'the compressed file is damaged',
        where: from,
        fix: 'Restore it from a backup, or remove it and its record',
        cause,
      });
    }
    // Opening says which of the two it was; else it is writing that fails, on a full disk.
    const path = cause instanceof Error && 'path' in cause ? String(cause.path) : to;
    throw ioError(path, 'copy', cause);
  }
}
