import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pidSpace, startOf } from './processes.ts';

/** Keeps a temporary name below the 255 bytes of a file name, whatever the final one is. */
const NAME_CHARACTERS_MAX = 50;
/** Of a process: where its pid counts, the pid, when it started; then something random. */
const TEMPORARY = /^\..*\.([0-9a-f]{8})-(\d+)-(\d*)-[0-9a-f]{12}\.tmp$/;

/** Nobody writes for so long and leaves a file alone for longer. */
const SILENT_MS_MAX = 24 * 3_600_000;

/** The folders that this process has swept. */
const swept = new Set<string>();
let space: Promise<string> | undefined;

/** A hidden name beside `path` that says which process uses it. */
export async function temporaryBeside(path: string): Promise<string> {
  const name = basename(path).slice(0, NAME_CHARACTERS_MAX);
  const started = (await startOf(process.pid)) ?? '';
  const owner = `${await ownSpace()}-${process.pid}-${started}`;
  return join(dirname(path), `.${name}.${owner}-${randomBytes(6).toString('hex')}.tmp`);
}

/**
 * Removes the temporary files in a folder whose processes are gone: they were killed, and what they
 * left may hold contacts. Of processes of other machines, containers and boots only the age of
 * their files is known: a day. Once a folder and process; never fails.
 */
export async function sweepTemporaries(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of await readdir(folder).catch(() => [])) {
    const [, itsSpace, pid, started = ''] = TEMPORARY.exec(name) ?? [];
    if (itsSpace === undefined) continue;
    const path = join(folder, name);
    const isOurs = itsSpace === (await ownSpace());
    if (isOurs ? await isGone(Number(pid), started) : await isSilent(path)) {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

async function isGone(pid: number, started: string): Promise<boolean> {
  const running = await startOf(pid);
  return running === undefined || (running !== '' && started !== '' && running !== started);
}

async function isSilent(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > SILENT_MS_MAX;
}

/** Where the pids of this process count: a short digest. */
async function ownSpace(): Promise<string> {
  space ??= pidSpace();
  const text = `${hostname()} ${await space}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
