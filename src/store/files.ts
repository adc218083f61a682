import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { DamagedGzip, gunzip } from '../disk/gunzip.ts';
import { ioError, TacetError } from '../errors.ts';

/** SHA-256 of a file, or of its gunzipped content. Errors: ERR_IO; ERR_STORE for damaged gzip. */
export async function digestOf(path: string, compressed = false): Promise<string> {
  const hash = createHash('sha256');
  try {
    const bytes = createReadStream(path);
    await pipeline(compressed ? gunzip(bytes) : bytes, hash);
  } catch (cause) {
    throw cause instanceof DamagedGzip ? damaged(path, cause) : ioError(path, 'read', cause);
  }
  return hash.digest('hex');
}

/**
 * Appends a line and flushes it. First ends a partial line left by a full disk, so that it does not
 * corrupt the new one. Errors: ERR_IO.
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
  await copyThrough(from, to, createGzip({ level: 6 }));
}

/** The reverse of {@link gzipFile}. Errors: ERR_IO; ERR_STORE for a damaged archive. */
export async function gunzipFile(from: string, to: string): Promise<void> {
  await copyThrough(from, to, gunzip);
}

async function copyThrough(from: string, to: string, through: Gzip | typeof gunzip): Promise<void> {
  try {
    await pipeline(createReadStream(from), through, createWriteStream(to));
  } catch (cause) {
    await rm(to, { force: true }).catch(() => undefined);
    if (cause instanceof DamagedGzip) throw damaged(from, cause);
    // An error from opening names its file; otherwise writing failed, on a full disk.
    const path = cause instanceof Error && 'path' in cause ? String(cause.path) : to;
    throw ioError(path, 'copy', cause);
  }
}

function damaged(path: string, cause: DamagedGzip): TacetError {
  return new TacetError('ERR_STORE', {
    what: `the compressed file is damaged: ${cause.message}`,
    where: path,
    fix: 'Restore it from a backup, or remove it and its record',
    cause,
  });
}
