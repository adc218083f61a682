import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ioError } from '../errors.ts';
import { usage } from './arguments.ts';

/** A file that a command reads or writes, with what it is called in an error. */
export interface NamedFile {
  /** `--summary`, `the input`. */
  readonly role: string;
  /** As the user gave it; `-` is no file. */
  readonly path: string;
}

/**
 * Refuses outputs that would replace a file that is read, or another output, by whatever path or
 * link they are named; and those that would lie in a folder that is read, which a store is. Devices
 * may be shared. Errors: ERR_USAGE, and ERR_IO where the directory of an output is missing.
 */
export async function checkDistinct(files: {
  readonly read: readonly NamedFile[];
  readonly written: readonly NamedFile[];
}): Promise<void> {
  const readBy = new Map<string, NamedFile>();
  for (const file of files.read) {
    // What cannot be looked at is reported by whoever opens it.
    const identity =
      file.path === '-' ? undefined : await identityOf(file.path).catch(() => undefined);
    if (identity !== undefined) readBy.set(identity, file);
  }
  const takenBy = new Map(readBy);
  for (const file of files.written) {
    const { role, path } = file;
    if (path === '-') continue;
    const identity = await identityOf(path).catch((cause: unknown) => {
      throw ioError(dirname(path), `write ${role} there`, cause);
    });
    if (identity === undefined) continue;
    const other = takenBy.get(identity);
    if (other !== undefined) {
      throw usage(
        `${role}: ${path} is the same file as ${other.role}`,
        'Give every output a name of its own',
      );
    }
    const around = await folderAround(path, readBy);
    if (around !== undefined) {
      throw usage(`${role}: ${path} is inside ${around.role}`, `Write outside ${around.path}`);
    }
    takenBy.set(identity, file);
  }
}

/** Which of `folders`, by their identities, a file lies in, however deep. */
async function folderAround(
  path: string,
  folders: ReadonlyMap<string, NamedFile>,
): Promise<NamedFile | undefined> {
  let inner = await realPathOf(path);
  for (let folder = dirname(inner); folder !== inner; folder = dirname(folder)) {
    const found = folders.get((await identityOf(folder)) ?? '');
    if (found !== undefined) return found;
    inner = folder;
  }
  return undefined;
}

/** The same for every name of a file, also of one yet to be made; undefined for a device. */
async function identityOf(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return realPathOf(path);
  if (stats.isCharacterDevice() || stats.isFIFO()) return undefined;
  return `${stats.dev}:${stats.ino}`;
}

/** Where a file is, or would be made, links followed. */
function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
}
