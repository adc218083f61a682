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
 * link they are named. Devices may be shared. Errors: ERR_USAGE, and ERR_IO where the directory of
 * an output is missing.
 */
export async function checkDistinct(files: {
  readonly read: readonly NamedFile[];
  readonly written: readonly NamedFile[];
}): Promise<void> {
  const takenBy = new Map<string, string>();
  for (const { role, path } of files.read) {
    // What cannot be looked at is reported by whoever opens it.
    const identity = path === '-' ? undefined : await identityOf(path).catch(() => undefined);
    if (identity !== undefined) takenBy.set(identity, role);
  }
  for (const { role, path } of files.written) {
    if (path === '-') continue;
    const identity = await identityOf(path).catch((cause: unknown) => {
      throw ioError(dirname(path), `write ${role} there`, cause);
    });
    if (identity === undefined) continue;
    const other = takenBy.get(identity);
    if (other !== undefined) {
      throw usage(
        `${role}: ${path} is the same file as ${other}`,
        'Give every output a name of its own',
      );
    }
    takenBy.set(identity, role);
  }
}

/** The same for every name of a file, also of one yet to be made; undefined for a device. */
async function identityOf(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return join(await realpath(dirname(path)), basename(path));
  if (stats.isCharacterDevice() || stats.isFIFO()) return undefined;
  return `${stats.dev}:${stats.ino}`;
}
