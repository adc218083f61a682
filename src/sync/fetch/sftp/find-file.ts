/** Which file on an sFTP server is fetched, and what the server tells about it. */
import { posix } from 'node:path';
import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import { isPattern, namePattern } from '../name-pattern.ts';
import { type SftpSession, statusOf } from './session.ts';

const TYPE_BITS = 0o170_000;
const REGULAR = 0o100_000;
const LINK = 0o120_000;

/** The attributes of a file; a server may leave out any of them. */
export type Told = Partial<Pick<Stats, 'mode' | 'size' | 'mtime'>>;

/** The type of a file by its attributes; some servers give none. */
export function typeOf({ mode = 0 }: Told): 'file' | 'link' | 'other' | 'untold' {
  const type = mode & TYPE_BITS;
  if (type === 0) return 'untold';
  return type === REGULAR ? 'file' : type === LINK ? 'link' : 'other';
}

interface Found {
  readonly path: string;
  readonly notes: readonly string[];
}

interface Candidate {
  readonly name: string;
  /** Unix seconds; 0 if the server does not tell. */
  readonly modified: number;
}

/**
 * The path itself, or the newest match, links followed; if two have the same second, the last by
 * name. Errors: ERR_FETCH if there is none.
 */
export async function findFile(session: SftpSession, sftp: SFTPWrapper): Promise<Found> {
  const { path } = session.request.address;
  const name = posix.basename(path);
  if (!isPattern(name)) return { path, notes: [] };
  const folder = posix.dirname(path);
  const entries = await session.call<FileEntryWithStats[]>('list the folder', (done) =>
    sftp.readdir(folder, done),
  );
  const matches = namePattern(name);
  const matching = entries.filter(({ filename }) => matches(filename));
  const candidates: Candidate[] = [];
  for (const { filename, attrs } of matching) {
    const told = await followed(session, sftp, posix.join(folder, filename), attrs);
    if (told !== undefined) candidates.push({ name: filename, modified: told.mtime ?? 0 });
  }
  const [newest] = candidates.sort((a, b) => b.modified - a.modified || (a.name < b.name ? 1 : -1));
  if (newest === undefined) {
    throw session.error('no file matches the pattern', {
      ...(matching.length > 0 && { got: `${matching.length} names that are no regular files` }),
      fix: 'Check the pattern, and whether the file was delivered',
    });
  }
  const isTimeless = candidates.length > 1 && candidates.some(({ modified }) => modified === 0);
  const timeless =
    `the server does not tell when each of the ${candidates.length} files that match ` +
    'was changed, so that the last by name counts as the newest';
  return { path: posix.join(folder, newest.name), notes: isTimeless ? [timeless] : [] };
}

/** What is told of the file of an entry; undefined if it is none. */
async function followed(
  session: SftpSession,
  sftp: SFTPWrapper,
  path: string,
  listed: Told,
): Promise<Told | undefined> {
  const type = typeOf(listed);
  if (type === 'other') return undefined;
  if (type === 'file' && listed.mtime !== undefined) return listed;
  try {
    const told = await session.call<Told>('look at', (done) => sftp.stat(path, done));
    return typeOf(told) === 'file' || typeOf(told) === 'untold' ? told : undefined;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    // A link to nothing; or a server that cannot look, but may read.
    return type === 'link' ? undefined : listed;
  }
}
