import { fstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ioError, TacetError } from '../errors.ts';
import { identityOf, identityText, realPathOf } from './identity.ts';

/** A file that a command reads or writes, and what errors call it. */
interface NamedFile {
  /** `--summary`, `the input`. */
  readonly role: string;
  /** As the user gave it; `-` is standard input or output. */
  readonly path: string;
  /** Of standard input, which may be a redirected file. */
  readonly fd?: number | undefined;
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
    const identity = await identityOfInput(file).catch(() => undefined);
    if (identity !== undefined) readBy.set(identity, file);
  }
  const takenBy = new Map(readBy);
  for (const file of files.written) {
    const { role, path } = file;
    if (path.endsWith('/') || (await stat(path).catch(() => undefined))?.isDirectory()) {
      const what = `${path} is a directory`;
      throw new TacetError('ERR_USAGE', { what, where: role, fix: 'Name a file' });
    }
    const identity = await identityOfFile(path).catch((cause: unknown) => {
      throw ioError(dirname(path), `write ${role} there`, cause);
    });
    if (identity === undefined) continue;
    const other = takenBy.get(identity);
    if (other !== undefined) {
      const what = `${path} is the same file as ${other.role}`;
      const fix = 'Give every output a name of its own';
      throw new TacetError('ERR_USAGE', { what, where: role, fix });
    }
    const around = await folderAround(path, readBy);
    if (around !== undefined) {
      const what = `${path} is inside ${around.role}`;
      throw new TacetError('ERR_USAGE', { what, where: role, fix: `Write outside ${around.path}` });
    }
    takenBy.set(identity, file);
  }
}

/** Which of `folders`, keyed by identity, contains a file at any depth. */
async function folderAround(
  path: string,
  folders: ReadonlyMap<string, NamedFile>,
): Promise<NamedFile | undefined> {
  if (path === '-') return undefined;
  let inner = await realPathOf(path);
  for (let folder = dirname(inner); folder !== inner; folder = dirname(folder)) {
    const found = folders.get(await identityOf(folder));
    if (found !== undefined) return found;
    inner = folder;
  }
  return undefined;
}

async function identityOfInput({ path, fd }: NamedFile): Promise<string | undefined> {
  if (path !== '-') return identityOfFile(path);
  const stats = fd === undefined ? undefined : fstatSync(fd);
  return stats?.isFile() ? identityText(stats) : undefined;
}

/** Undefined for a device. Errors: those of the operating system, if the folder does not exist. */
async function identityOfFile(path: string): Promise<string | undefined> {
  if (path === '-') return 'standard output';
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isCharacterDevice() || stats?.isFIFO()) return undefined;
  if (stats === undefined && !(await stat(dirname(path))).isDirectory()) {
    throw Object.assign(new Error('no directory'), { code: 'ENOTDIR' });
  }
  return identityOf(path);
}
