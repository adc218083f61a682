/** Whether two names belong to the same file. */
import type { BigIntStats, Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Identifies a file on this machine, whatever its name. */
type FileIdentity = Pick<Stats, 'dev' | 'ino'> | Pick<BigIntStats, 'dev' | 'ino'>;

export function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** The same text for the same file, as a key of maps and sets. */
export function identityText({ dev, ino }: FileIdentity): string {
  return `${dev}:${ino}`;
}

/**
 * The same text for every name of a file, even one that does not exist yet. Errors: those of the
 * operating system, if the folder does not exist.
 */
export async function identityOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats === undefined ? realPathOf(path) : identityText(stats);
}

/** Where a file is, or would be created, links followed. Errors: as {@link identityOf}. */
export function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
}
