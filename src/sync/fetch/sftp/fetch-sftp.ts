/** Fetches over sFTP: one connection, one file, read front to back, which must not change. */
import { posix } from 'node:path';
import type { SFTPWrapper } from 'ssh2';
import { TacetError } from '../../../errors.ts';
import { changedMeanwhile, type FetchedFacts } from '../fetch.ts';
import type { ReceivedFile } from '../received-file.ts';
import { findFile, type Told, typeOf } from './find-file.ts';
import { checkSame, notesOn } from './looks.ts';
import {
  NO_SUCH_FILE,
  PERMISSION_DENIED,
  type SftpRequest,
  SftpSession,
  statusOf,
} from './session.ts';

/** Every server can return this much in one message. */
const PIECE_BYTES = 32_768;
/** Concurrent reads: 1 MiB, enough for 100 Mbit/s at 80 ms. */
const PIECES_AHEAD = 32;

/**
 * Fetches the file, or the newest file whose name matches the pattern, into `into`. It is read to
 * its end, and all that the server tells about it must be the same before and after, both for the
 * open file and for its path. What the server does not tell is left to the guard, and noted. Once
 * read to its end, a file is kept even if the server has removed it, or cannot be asked again.
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
  const { path, notes } = await findFile(session, sftp);
  const lookAtPath = () => session.call<Told>('look at', (done) => sftp.stat(path, done));
  const named = await lookAtPath().catch((error: unknown) => {
    // A server that cannot look may still read.
    if (isUnable(error)) return undefined;
    throw error;
  });
  const type = typeOf(named ?? {});
  if (type !== 'file' && type !== 'untold') {
    throw session.error('it is no regular file', { fix: 'Name the file itself' });
  }
  const handle = await session.call<Buffer>('open', (done) => sftp.open(path, 'r', done));
  const lookAtHandle = () => session.call<Told>('look at', (done) => sftp.fstat(handle, done));
  const opened = await lookAtHandle().catch((error: unknown) => {
    if (statusOf(error) === undefined) throw error;
    return undefined;
  });
  const bytes = opened?.size || named?.size || undefined;
  if (bytes !== undefined) await into.expect(bytes);
  await copy(session, { sftp, handle, bytes }, into);
  const openedAgain = opened && (await lookAgain(lookAtHandle));
  const namedAgain = named && (await lookAgain(lookAtPath));
  const looks = [
    { before: opened, after: openedAgain?.told },
    { before: named, after: namedAgain?.told },
  ];
  checkSame(session.where, into.bytes, looks);
  return {
    fileName: posix.basename(path),
    modifiedAtUnix: opened?.mtime || named?.mtime || null,
    notes: [...notes, ...notesOn(into.bytes, looks, namedAgain?.lost)],
  };
}

/** Whether the server cannot do what it was asked, rather than not for this file or user. */
function isUnable(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status !== NO_SUCH_FILE && status !== PERMISSION_DENIED;
}

/** Looks once more at a file that was read to its end: it is kept whatever comes of this. */
async function lookAgain(
  look: () => Promise<Told>,
): Promise<{ readonly told?: Told; readonly lost?: string }> {
  try {
    return { told: await look() };
  } catch (error) {
    if (!(error instanceof TacetError) || error.code !== 'ERR_FETCH') throw error;
    const isGone = statusOf(error) === NO_SUCH_FILE;
    const lost = `the file could not be looked at again: ${error.detail.what}`;
    return { lost: isGone ? 'the server removed the file once it was read' : lost };
  }
}

/** An open file; `bytes` is its size, if the server tells one. */
interface RemoteFile {
  readonly sftp: SFTPWrapper;
  readonly handle: Buffer;
  readonly bytes: number | undefined;
}

/** Reads to the end, many pieces concurrently, and writes them in order. */
async function copy(session: SftpSession, file: RemoteFile, into: ReceivedFile): Promise<void> {
  const { bytes: end = Number.POSITIVE_INFINITY } = file;
  const ahead: Promise<Piece>[] = [];
  let asked = 0;
  let isOver = false;
  for (;;) {
    while (!isOver && asked < end && ahead.length < PIECES_AHEAD) {
      const bytes = Math.min(PIECE_BYTES, end - asked);
      const piece = readPiece(session, file, { at: asked, bytes });
      // The error surfaces when this is awaited; until then it must not count as unhandled.
      piece.catch(() => undefined);
      ahead.push(piece);
      asked += bytes;
    }
    const next = ahead.shift();
    if (next === undefined) break;
    // Behind the end a server may answer as it likes, but not with bytes.
    const piece: Piece = await (isOver ? next.catch(() => NOTHING) : next);
    const { bytes, isLast } = piece;
    if (isOver && bytes.length > 0) throw grew(session, into.bytes, bytes.length);
    await into.write(bytes);
    isOver ||= isLast;
    const of = file.bytes === undefined ? '' : ` of ${file.bytes}`;
    session.progress = `after ${into.bytes}${of} bytes`;
    if (isOver && into.bytes < end && file.bytes !== undefined) throw shorter(session, into.bytes);
  }
  if (file.bytes === undefined) return;
  const beyond = await readPiece(session, file, { at: end, bytes: PIECE_BYTES }).catch(atTheEnd);
  if (beyond.bytes.length > 0) throw grew(session, into.bytes, beyond.bytes.length);
}

/** All that was announced is here: a server that refuses to read on has no more. */
function atTheEnd(error: unknown): Piece {
  if (statusOf(error) === undefined) throw error;
  return NOTHING;
}

function grew(session: SftpSession, bytes: number, more: number): TacetError {
  return changedMeanwhile(session.where, { bytes }, { bytes: bytes + more });
}

function shorter(session: SftpSession, end: number): TacetError {
  return session.error(`the file became shorter while it was read: it ends at byte ${end}`, {
    fix: 'Nothing of it was used; sync again once it is complete',
  });
}

/** A part of a file. */
interface Piece {
  readonly bytes: Buffer;
  /** Whether the server said that the file ends here. */
  readonly isLast: boolean;
}

const NOTHING: Piece = { bytes: Buffer.alloc(0), isLast: true };

/** A server may return less than requested; an empty result is the end of the file. */
async function readPiece(
  session: SftpSession,
  { sftp, handle }: RemoteFile,
  range: { at: number; bytes: number },
): Promise<Piece> {
  const piece = Buffer.allocUnsafe(range.bytes);
  for (let filled = 0; filled < range.bytes; ) {
    const read = await session.call<number>('read', (done) =>
      sftp.read(handle, piece, filled, range.bytes - filled, range.at + filled, (error, count) =>
        done(error, count),
      ),
    );
    if (read === 0) return { bytes: piece.subarray(0, filled), isLast: true };
    filled += read;
  }
  return { bytes: piece, isLast: false };
}
