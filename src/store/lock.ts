import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rm,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeAll } from '../disk/write-all.ts';
import { hasCode, ioError, TacetError } from '../errors.ts';

/** Begins the names of the files in `tmp/` of those who wait for the lock or hold it. */
export const CLAIM_PREFIX = 'lock-';
const LOOK_MS = 50;
const BEAT_MS = 30_000;
const SILENT_MS_MAX = 600_000;

/** How a lock is asked for. */
interface LockOptions {
  /** What others are told that they wait for. */
  readonly doing: string;
  /** How long to wait for others; 0 asks once. */
  readonly waitMs: number;
  /** How often the holder shows that it lives. Default: 30 s. */
  readonly beatMs?: number;
  /** From this silence on a holder of another machine is taken for gone. Default: 10 min. */
  readonly silentMsMax?: number;
}

/** Who holds a lock. */
interface Holder {
  readonly id: string;
  readonly pid: number;
  /** When that process started, in clock ticks since boot: pids are used again. */
  readonly started: string;
  readonly host: string;
  /** Where `pid` has a meaning: machines and containers of one host name number their own. */
  readonly pids: string;
  readonly doing: string;
  readonly sinceUnix: number;
}

/** A process that wants a lock, or has it. */
interface Claim {
  readonly holder: Holder;
  /** Bears the name of the lock while it is held. */
  readonly temporary: string;
  /** The time of the file system is this much ahead of `performance.now()`. */
  readonly aheadMs: number;
  readonly endMs: number;
  readonly silentMsMax: number;
}

/** A lock as another process has left it. */
interface SeenLock {
  /** Undefined where the file holds none. */
  readonly holder: Holder | undefined;
  readonly writtenMs: number;
}

/**
 * Runs `work` while no other process holds the lock of a folder, which is a file `lock` in it that
 * says who holds it. The lock of a process of this machine that is gone is broken at once; that of
 * another machine once it was silent for long, since nothing else is known of it.
 *
 * @throws TacetError ERR_STORE_LOCKED after `waitMs`; ERR_IO, also where the file system has no
 *   hard links; what `work` throws
 */
export async function withLock<Result>(
  folder: string,
  options: LockOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const { beatMs = BEAT_MS } = options;
  const path = join(folder, 'lock');
  const { file, claim } = await makeClaim(folder, options);
  let beat: NodeJS.Timeout | undefined;
  try {
    // Into its own file, whatever has become of the name: a beat cannot hurt another's lock.
    beat = setInterval(() => void write(file, claim.holder).catch(() => undefined), beatMs);
    await asIoError(folder, () => acquire(path, claim));
    await sweepClaims(folder, claim);
    return await work();
  } finally {
    clearInterval(beat);
    await release(path, claim);
    await rm(claim.temporary, { force: true }).catch(() => undefined);
    await file.close().catch(() => undefined);
  }
}

async function makeClaim(folder: string, options: LockOptions) {
  const { doing, waitMs, silentMsMax = SILENT_MS_MAX } = options;
  const holder: Holder = {
    id: randomUUID(),
    pid: process.pid,
    started: (await startOf(process.pid)) ?? '',
    host: hostname(),
    pids: await pidSpace(),
    doing,
    sinceUnix: Math.floor(Date.now() / 1000),
  };
  const temporary = join(folder, 'tmp', `${CLAIM_PREFIX}${holder.id}`);
  return asIoError(folder, async () => {
    await mkdir(join(folder, 'tmp'), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      // Flushed: a lock that is empty after a power failure would belong to nobody.
      await write(file, holder);
      const aheadMs = (await file.stat()).mtimeMs - performance.now();
      const endMs = performance.now() + waitMs;
      return { file, claim: { holder, temporary, aheadMs, endMs, silentMsMax } };
    } catch (cause) {
      await file.close();
      await rm(temporary, { force: true });
      throw cause;
    }
  });
}

async function asIoError<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof TacetError ? cause : ioError(folder, 'lock the store', cause);
  }
}

async function write(file: FileHandle, holder: Holder): Promise<void> {
  await writeAll(file, Buffer.from(`${JSON.stringify(holder)}\n`), 0);
  await file.sync();
}

async function acquire(path: string, claim: Claim): Promise<void> {
  // A link appears with all its bytes: no one reads a lock that is half written.
  while (!(await linked(claim.temporary, path))) {
    const seen = await look(path);
    if (seen !== undefined && (await isGone(seen, claim))) await breakLock(path, claim);
    else if (performance.now() >= claim.endMs) throw locked(path, seen?.holder);
    else await wait(LOOK_MS);
  }
}

/**
 * Removes the lock of a process that is gone, under a lock of its own: of two that find it, the
 * slower one would else remove that of the faster one.
 */
async function breakLock(path: string, claim: Claim): Promise<void> {
  const breaking = `${path}-break`;
  await acquire(breaking, claim);
  try {
    const seen = await look(path);
    if (seen !== undefined && (await isGone(seen, claim))) await rm(path, { force: true });
  } finally {
    await release(breaking, claim);
  }
}

/** Removes what those who are gone have left in `tmp/`; never fails: it only takes space. */
async function sweepClaims(folder: string, claim: Claim): Promise<void> {
  const files = await readdir(join(folder, 'tmp')).catch(() => []);
  for (const file of files) {
    if (!file.startsWith(CLAIM_PREFIX)) continue;
    const path = join(folder, 'tmp', file);
    const seen = await look(path).catch(() => undefined);
    if (seen === undefined || !(await isGone(seen, claim))) continue;
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Only one's own: after a long silence another may have it. */
async function release(path: string, { holder }: Claim): Promise<void> {
  const seen = await look(path).catch(() => undefined);
  if (seen?.holder?.id === holder.id) await rm(path, { force: true }).catch(() => undefined);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Time and text of one file, even if another takes its name meanwhile; undefined without one. */
async function look(path: string): Promise<SeenLock | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const { mtimeMs } = await file.stat();
    return { holder: parseHolder(await file.readFile('utf8')), writtenMs: mtimeMs };
  } finally {
    await file.close();
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, ...others } = JSON.parse(text) as Partial<Holder>;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    const { id = '', started = '', pids = '', doing = '', sinceUnix = 0 } = others;
    return { id, pid, started, host, pids, doing, sinceUnix };
  } catch {
    return undefined;
  }
}

async function isGone({ holder, writtenMs }: SeenLock, claim: Claim): Promise<boolean> {
  if (holder?.host === claim.holder.host && holder.pids === claim.holder.pids) {
    const started = await startOf(holder.pid);
    if (started === undefined) return true;
    if (started !== '') return holder.started !== '' && started !== holder.started;
    // There is a process, perhaps another one: /proc may hide those of other users.
  }
  return claim.aheadMs + performance.now() - writtenMs > claim.silentMsMax;
}

/**
 * When a process started; undefined if there is none that can still do anything, empty where the
 * system does not tell.
 */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is one, of another user.
    if (!hasCode(error, 'EPERM')) return undefined;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 3 and 22; the second may hold spaces but ends with the last ")".
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Dead, but its parent does not ask: in containers no one may.
  if (fields[0] === 'Z') return undefined;
  return fields[19] ?? '';
}

/**
 * Names the space of this process's pid, as far as the system tells. The boot belongs to it: the
 * first namespace bears the same number on every machine.
 */
async function pidSpace(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${boot.trim()} ${namespace}`;
}

function locked(path: string, holder: Holder | undefined): TacetError {
  const who =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid} on ${holder.host} (${holder.doing})`;
  return new TacetError('ERR_STORE_LOCKED', {
    what: `${who} writes to the store`,
    where: path,
    fix: 'Wait for it; if that process is gone on its machine, remove the file',
  });
}
