/** Fetches from this machine: a file, or the newest file in a drop folder. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isSameFile } from '../../disk/identity.ts';
import { ioError, TacetError } from '../../errors.ts';
import type { SyncOptions } from '../options.ts';
import {
  changedMeanwhile,
  type FetchedFacts,
  fetchCancelled,
  fetchError,
  type Wait,
} from './fetch.ts';
import { namePattern } from './name-pattern.ts';
import type { ReceivedFile } from './received-file.ts';
import { addressText, type FolderAddress } from './source-address.ts';

const PIECE_BYTES = 1_048_576;

/** When the newest file in a folder counts as complete; `stableForMs` 0 = no wait. */
interface Stability extends Pick<SyncOptions, 'stableForMs' | 'stableWaitMaxMs'> {
  readonly wait: Wait;
  /** Told what is waited for. */
  readonly onWait?: ((what: string) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Copies a file on this machine. Its size and mtime must be the same before and after.
 * Errors: ERR_FETCH, ERR_IO, ERR_CANCELLED; ERR_LIMIT from `into`.
 */
export async function fetchFile(
  path: string,
  into: ReceivedFile,
  signal: AbortSignal,
): Promise<FetchedFacts> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    const before = await handle.stat();
    if (!before.isFile()) {
      throw fetchError('it is no regular file', { where: path, fix: 'Name the file itself' });
    }
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (;;) {
      if (signal.aborted) throw fetchCancelled();
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, into.bytes);
      if (bytesRead === 0) break;
      await into.write(buffer.subarray(0, bytesRead));
    }
    for (const after of [await handle.stat(), await statOf(path)]) {
      if (!isSame(before, after) || into.bytes !== before.size) {
        throw changedMeanwhile(path, { bytes: before.size }, { bytes: after.size });
      }
    }
    const modifiedAtUnix = Math.floor(before.mtimeMs / 1000);
    return { fileName: basename(path), modifiedAtUnix, notes: [] };
  } catch (error) {
    throw error instanceof TacetError ? error : unreadable(path, error);
  } finally {
    await handle.close();
  }
}

/**
 * Waits until the newest matching file stays the same for `stableForMs`, then copies it. The mtime
 * alone is not enough: some programs set it before they are done.
 * Errors: as {@link fetchFile}; ERR_FETCH if there is none or it keeps changing.
 */
export async function fetchNewest(
  address: FolderAddress,
  into: ReceivedFile,
  stability: Stability,
): Promise<FetchedFacts> {
  const { stableForMs, stableWaitMaxMs, wait, onWait, signal } = stability;
  let newest = await newestOf(address);
  for (let waitedMs = 0; stableForMs > 0; ) {
    onWait?.(`waiting for ${newest.path} to stay the same for ${stableForMs / 1000} s`);
    await wait(stableForMs, signal);
    waitedMs += stableForMs;
    const now = await newestOf(address);
    const settled = now.path === newest.path && isSame(now.stats, newest.stats);
    newest = now;
    if (settled) break;
    if (waitedMs < stableWaitMaxMs) continue;
    throw fetchError(`the file goes on changing: it is not complete after ${waitedMs / 1000} s`, {
      where: newest.path,
      fix: 'Nothing of it was used; sync again once it is complete',
    });
  }
  return await fetchFile(newest.path, into, signal);
}

interface Candidate {
  readonly path: string;
  readonly stats: Stats;
}

/** The newest matching regular file; if two have the same time, the last by name. */
async function newestOf(address: FolderAddress): Promise<Candidate> {
  const { folder, pattern } = address;
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
  const matches = namePattern(pattern);
  let newest: Candidate | undefined;
  // In descending order, so that of files with the same time the last by name wins.
  for (const name of names.filter(matches).sort().reverse()) {
    const path = join(folder, name);
    // A file may be renamed or removed between the two calls.
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) continue;
    if (newest === undefined || stats.mtimeMs > newest.stats.mtimeMs) newest = { path, stats };
  }
  if (newest !== undefined) return newest;
  throw fetchError('no file matches the pattern', {
    where: addressText(address),
    fix: 'Check the pattern, and whether the file was delivered',
  });
}

function isSame(a: Stats, b: Stats): boolean {
  return isSameFile(a, b) && a.size === b.size && a.mtimeMs === b.mtimeMs;
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** ERR_FETCH instead of ERR_IO: the source is missing, not one of our own files. */
function unreadable(path: string, cause: unknown): TacetError {
  const { what, fix } = ioError(path, 'read the source', cause).detail;
  return fetchError(what, { where: path, cause, ...(fix !== undefined && { fix }) });
}
