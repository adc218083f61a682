/** Fetches over sFTP: one connection, one file, read front to back, which must not change. */
import { posix } from 'node:path';
import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import { changedMeanwhile, type FetchedFacts } from './fetch.ts';
import { isPattern, namePattern } from './name-pattern.ts';
import type { ReceivedFile } from './received-file.ts';
import { type SftpRequest, SftpSession } from './sftp-session.ts';

/** Every server can return this much in one message. */
const PIECE_BYTES = 32_768;
/** Concurrent reads: 1 MiB, enough for 100 Mbit/s at 80 ms. */
const PIECES_AHEAD = 32;

/**
 * Fetches the file, or the newest file whose name matches the pattern, into `into`. Size and mtime
 * must be the same before and after, both for the open file and for its path.
 * Errors: ERR_FETCH with what to do; ERR_IO, ERR_LIMIT from `into`; ERR_CANCELLED.
 */
export async function fetchSftp(request: SftpRequest, into: ReceivedFile): Promise<FetchedFacts> {
  const session = new SftpSession(request);
  try {
    const sftp = await session.open();
    return await fetchFile(session, sftp, into);
  } finally {
    session.close();
  }
}

async function fetchFile(
  session: SftpSession,
  sftp: SFTPWrapper,
  into: ReceivedFile,
): Promise<FetchedFacts> {
  const path = await pathOf(session, sftp);
  const statPath = (): Promise<Stats> => session.call('look at', (done) => sftp.stat(path, done));
  const named = await statPath();
  if (!named.isFile()) {
    throw session.error('it is no regular file', { fix: 'Name the file itself' });
  }
  const handle = await session.call<Buffer>('open', (done) => sftp.open(path, 'r', done));
  const statHandle = (): Promise<Stats> =>
    session.call('look at', (done) => sftp.fstat(handle, done));
  const before = await statHandle();
  await copy(session, { sftp, handle, bytes: before.size }, into);
  for (const after of [await statHandle(), await statPath()]) {
    const isSame = after.size === before.size && after.mtime === before.mtime;
    if (!isSame || into.bytes !== before.size) {
      throw changedMeanwhile(session.where, { bytes: before.size }, { bytes: after.size });
    }
  }
  return { fileName: posix.basename(path), modifiedAtUnix: before.mtime };
}

/** Reads `bytes` bytes, many pieces concurrently, and writes them in order. */
async function copy(
  session: SftpSession,
  file: { sftp: SFTPWrapper; handle: Buffer; bytes: number },
  into: ReceivedFile,
): Promise<void> {
  const ahead: Promise<Buffer>[] = [];
  let asked = 0;
  while (asked < file.bytes || ahead.length > 0) {
    while (asked < file.bytes && ahead.length < PIECES_AHEAD) {
      const bytes = Math.min(PIECE_BYTES, file.bytes - asked);
      const piece = readPiece(session, file, { at: asked, bytes });
      // The error surfaces when this is awaited; until then it must not count as unhandled.
      piece.catch(() => undefined);
      ahead.push(piece);
      asked += bytes;
    }
    const piece = await ahead.shift();
    if (piece !== undefined) await into.write(piece);
    session.progress = `after ${into.bytes} of ${file.bytes} bytes`;
  }
}

/** A server may return less than requested; an empty result is the end of the file. */
async function readPiece(
  session: SftpSession,
  { sftp, handle }: { sftp: SFTPWrapper; handle: Buffer },
  range: { at: number; bytes: number },
): Promise<Buffer> {
  const piece = Buffer.allocUnsafe(range.bytes);
  for (let filled = 0; filled < range.bytes; ) {
    const read = await session.call<number>('read', (done) =>
      sftp.read(handle, piece, filled, range.bytes - filled, range.at + filled, (error, count) =>
        done(error, count),
      ),
    );
    if (read === 0) {
      const end = range.at + filled;
      throw session.error(`the file became shorter while it was read: it ends at byte ${end}`, {
        fix: 'Nothing of it was used; sync again once it is complete',
      });
    }
    filled += read;
  }
  return piece;
}

/** The path itself, or the newest match; if two have the same second, the last by name. */
async function pathOf(session: SftpSession, sftp: SFTPWrapper): Promise<string> {
  const { path } = session.request.address;
  const name = posix.basename(path);
  if (!isPattern(name)) return path;
  const folder = posix.dirname(path);
  const entries = await session.call<FileEntryWithStats[]>('list the folder', (done) =>
    sftp.readdir(folder, done),
  );
  const matches = namePattern(name);
  const [newest] = entries
    .filter(({ filename, attrs }) => matches(filename) && attrs.isFile())
    .sort((a, b) => b.attrs.mtime - a.attrs.mtime || (a.filename < b.filename ? 1 : -1));
  if (newest === undefined) {
    const fix = 'Check the pattern, and whether the file was delivered';
    throw session.error('no file matches the pattern', { fix });
  }
  return posix.join(folder, newest.filename);
}
