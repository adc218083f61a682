import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pidSpace, startOf } from '../disk/processes.ts';
import { writeAll } from '../disk/write-all.ts';
import { type ErrorCode, hasCode, ioError, TacetError } from '../errors.ts';
import { linked } from './hard-link.ts';

/** Prefix of the files in `tmp/` of processes that wait for the lock or hold it. */
const CLAIM_PREFIX = 'lock-';
const LOOK_MS = 50;
const BEAT_MS = 30_000;
const SILENT_MS_MAX = 600_000;

/** How to acquire a lock. */
interface LockOptions {
  /** What waiting processes are told the holder is doing. */
  readonly doing: string;
  /** How long to wait for others; 0 tries once. */
  readonly waitMs: number;
  /** How often the holder shows that it is alive. Default: 30 s. */
  readonly beatMs?: number;
  /** What the lock protects, in errors, and their code. Default: the store, ERR_STORE_LOCKED. */
  readonly place?: { readonly name: string; readonly code: ErrorCode };
  /** After this silence a holder on another machine is considered gone. Default: 10 min. */
  readonly silentMsMax?: number;
}

/** Who holds a lock. */
interface Holder {
  readonly id: string;
  readonly pid: number;
  /** When that process started, in clock ticks since boot: pids are reused. */
  readonly started: string;
  readonly host: string;
  /** The pid namespace of `pid`: machines and containers with the same host name have their own. */
  readonly pids: string;
  readonly doing: string;
  readonly sinceUnix: number;
}

/** A process that wants a lock, or has it. */
interface Claim {
  readonly holder: Holder;
  /** The claim's own file; linked to the lock's name while the lock is held. */
  readonly temporary: string;
  /** How far the file system's clock is ahead of `performance.now()`. */
  readonly aheadMs: number;
  readonly endMs: number;
  readonly silentMsMax: number;
  readonly place: Place;
}

/** What a lock protects. */
type Place = NonNullable<LockOptions['place']>;

const STORE: Place = { name: 'the store', code: 'ERR_STORE_LOCKED' };

/** A lock as found on disk. */
interface SeenLock {
  /** Undefined if the file names none. */
  readonly holder: Holder | undefined;
  readonly writtenMs: number;
}

/**
 * Runs `work` while holding the lock of a folder. Errors: those of {@link acquireLock}; anything
 * `work` throws.
 */
export async function withLock<Result>(
  folder: string,
  options: LockOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const unlock = await acquireLock(folder, options);
  try {
    return await work();
  } finally {
    await unlock();
  }
}

/**
 * Acquires the lock of a folder: a file `lock` in it that names the holder; returns what gives it
 * back, which never fails. If the holder was a process of this machine that is gone, its lock is
 * broken at once. A holder on another machine is only known by its beats, so its lock is broken
 * after a long silence. Errors: that of the place after `waitMs`; ERR_IO, also if the file system
 * has no hard links.
 */
export async function acquireLock(
  folder: string,
  options: LockOptions,
): Promise<() => Promise<void>> {
  const { beatMs = BEAT_MS } = options;
  const path = join(folder, 'lock');
  const { file, claim } = await makeClaim(folder, options);
  // Writes to its own file, not by the lock's name: a beat cannot damage another holder's lock.
  const beat = setInterval(() => void write(file, claim.holder).catch(() => undefined), beatMs);
  const unlock = async (): Promise<void> => {
    clearInterval(beat);
    await release(path, claim);
    await rm(claim.temporary, { force: true }).catch(() => undefined);
    await file.close().catch(() => undefined);
  };
  try {
    await asIoError(folder, claim.place, () => acquire(path, claim));
    await sweepClaims(folder, claim);
    return unlock;
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function makeClaim(folder: string, options: LockOptions) {
  const { doing, waitMs, silentMsMax = SILENT_MS_MAX, place = STORE } = options;
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
  return asIoError(folder, place, async () => {
    await mkdir(join(folder, 'tmp'), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      // Flushed: a lock left empty by a power failure would belong to nobody.
      await write(file, holder);
      const aheadMs = (await file.stat()).mtimeMs - performance.now();
      const endMs = performance.now() + waitMs;
      return { file, claim: { holder, temporary, aheadMs, endMs, silentMsMax, place } };
    } catch (cause) {
      await file.close();
      await rm(temporary, { force: true });
      throw cause;
    }
  });
}

async function asIoError<Result>(
  folder: string,
  { name }: Place,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof TacetError ? cause : ioError(folder, `lock ${name}`, cause);
  }
}

async function write(file: FileHandle, holder: Holder): Promise<void> {
  await writeAll(file, Buffer.from(`${JSON.stringify(holder)}\n`), 0);
  await file.sync();
}

async function acquire(path: string, claim: Claim): Promise<void> {
  // A link appears with all its bytes: nobody reads a half-written lock.
  while (!(await linked(claim.temporary, path, claim.place.name))) {
    const seen = await look(path);
    if (seen !== undefined && (await isGone(seen, claim))) await breakLock(path, claim);
    else if (performance.now() >= claim.endMs) throw locked(path, claim.place, seen?.holder);
    else await wait(LOOK_MS);
  }
}

/**
 * Removes the lock of a process that is gone. Takes another lock to do so: otherwise, of two
 * processes that find it, the slower would remove the new lock of the faster.
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

/** Removes what processes that are gone left in `tmp/`. Never fails: leftovers only take space. */
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

/** Empties the `tmp/` of a locked folder, but for the claims. Errors: ERR_IO. */
export async function emptyTmp(folder: string): Promise<void> {
  const tmp = join(folder, 'tmp');
  try {
    for (const file of await readdir(tmp)) {
      if (file.startsWith(CLAIM_PREFIX)) continue;
      await rm(join(tmp, file), { recursive: true, force: true });
    }
  } catch (cause) {
    throw ioError(tmp, 'sweep', cause);
  }
}

/** Removes only its own lock: after a long silence another process may hold it. */
async function release(path: string, { holder }: Claim): Promise<void> {
  const seen = await look(path).catch(() => undefined);
  if (seen?.holder?.id === holder.id) await rm(path, { force: true }).catch(() => undefined);
}

/**
 * Time and text of one file, even if another takes its name meanwhile; undefined if none exists.
 */
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
    // A process exists, perhaps another one: /proc may hide those of other users.
  }
  return claim.aheadMs + performance.now() - writtenMs > claim.silentMsMax;
}

function locked(path: string, { name, code }: Place, holder: Holder | undefined): TacetError {
  const who =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid} on ${holder.host} (${holder.doing})`;
  return new TacetError(code, {
    what: `${who} writes to ${name}`,
    where: path,
    fix: 'Wait for it, or stop it; if it is gone from its machine, remove the file',
  });
}
