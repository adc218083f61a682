import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { identityOf, realPathOf } from '../../disk/identity.ts';
import { ioError } from '../../errors.ts';
import { usage } from '../arguments.ts';

/** A file that a command reads or writes, and what errors call it. */
interface NamedFile {
  /** `--summary`, `the input`. */
  readonly role: string;
  /** As the user gave it; `-` is not a file. */
  readonly path: string;
}

/**
 * Refuses outputs that would replace an input or another output, even through another path or a
 * link, and outputs inside a folder that is read, such as a store. Devices may be shared. Errors:
 * ERR_USAGE, and ERR_IO if the directory of an output is missing.
 */
export async function checkDistinct(files: {
  readonly read: readonly NamedFile[];
  readonly written: readonly NamedFile[];
}): Promise<void> {
  const readBy = new Map<string, NamedFile>();
  for (const file of files.read) {
    // If the file cannot be examined, opening it later reports the error.
    const identity =
      file.path === '-' ? undefined : await identityOfFile(file.path).catch(() => undefined);
    if (identity !== undefined) readBy.set(identity, file);
  }
  const takenBy = new Map(readBy);
  for (const file of files.written) {
    const { role, path } = file;
    if (path === '-') continue;
    const identity = await identityOfFile(path).catch((cause: unknown) => {
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

/** Which of `folders`, keyed by identity, contains a file at any depth. */
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

/** Undefined for a device. */
async function identityOfFile(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isCharacterDevice() || stats?.isFIFO()) return undefined;
  return identityOf(path);
}
