import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { withLock } from '#tacet/store/lock.js';
import { withWriter } from '#tacet/store/writer.js';
import { newStore } from './fixture.ts';

/** A lock as a process of this machine would have it. */
function writeLock(path: string, holder: object): void {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const here = { host: hostname(), pids: `${boot} ${readlinkSync('/proc/self/ns/pid')}` };
  const lock = { id: 'x', ...here, started: '1', doing: 'sync', sinceUnix: 1, ...holder };
  writeFileSync(path, `${JSON.stringify(lock)}\n`);
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the lock of a store', () => {
  it('lets one writer in at a time', async () => {
    const store = await newStore();
    let inside = 0;
    let most = 0;
    const write = () =>
      withWriter(store, 'write', async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inside--;
      });
    await Promise.all(Array.from({ length: 8 }, write));
    expect(most).toBe(1);
    expect(existsSync(store.file('lock'))).toBe(false);
  });

  it('tells who holds it when it waits in vain', async () => {
    const store = await newStore();
    await withWriter(store, 'sync', async () => {
      const waiting = withWriter(store, 'prune', async () => undefined, { waitMs: 100 });
      await expect(waiting).rejects.toEqual(code('ERR_STORE_LOCKED'));
      await expect(waiting).rejects.toThrow(`process ${process.pid} on ${hostname()} (sync)`);
    });
  });

  it('is given back when the work fails', async () => {
    const store = await newStore();
    await expect(
      withWriter(store, 'fail', () => Promise.reject(new Error('no'))),
    ).rejects.toThrow();
    expect(await withWriter(store, 'next', async () => 'in', { waitMs: 0 })).toBe('in');
  });

  it('is broken where the process that held it is gone, also by several at once', async () => {
    const store = await newStore();
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    for (let round = 0; round < 20; round++) {
      writeLock(store.file('lock'), { pid: child.pid });
      let inside = 0;
      const enter = () =>
        withWriter(store, 'write', async () => {
          expect(++inside).toBe(1);
          await new Promise(setImmediate);
          inside--;
        });
      await Promise.all([enter(), enter(), enter()]);
    }
  });

  it('is broken where its process id belongs to another process by now', async () => {
    const store = await newStore();
    writeLock(store.file('lock'), { pid: process.pid });
    expect(await withWriter(store, 'write', async () => 'in', { waitMs: 0 })).toBe('in');
  });

  it.each([
    ['another machine', { pid: 1, host: 'elsewhere' }],
    ['another container of the same host name', { pid: 2 ** 30, pids: 'pid:[1]' }],
    [
      'another machine of the same host name',
      { pid: 2 ** 30, pids: `other-boot ${readlinkSync('/proc/self/ns/pid')}` },
    ],
    // No process has pid 0, yet one may signal it: like one that /proc hides.
    ['a process that the system hides', { pid: 0 }],
  ])('of %s is left to it, until it was silent for long', async (_, other) => {
    const store = await newStore();
    const path = store.file('lock');
    writeLock(path, other);
    const enter = () => withWriter(store, 'write', async () => 'in', { waitMs: 0 });
    await expect(enter()).rejects.toEqual(code('ERR_STORE_LOCKED'));
    expect(existsSync(path)).toBe(true);
    const elevenMinutesAgo = Date.now() / 1000 - 660;
    utimesSync(path, elevenMinutesAgo, elevenMinutesAgo);
    expect(await enter()).toBe('in');
    expect(existsSync(path)).toBe(false);
  });

  it('is broken where the process that held it is a zombie', async () => {
    const store = await newStore();
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
    try {
      const [pid] = await once(parent.stdout, 'data');
      const stat = (): string => readFileSync(`/proc/${Number(pid)}/stat`, 'utf8');
      await vi.waitUntil(() => stat().includes(') Z '), { timeout: 5000, interval: 5 });
      const started = stat().slice(stat().lastIndexOf(')')).split(' ')[20];
      writeLock(store.file('lock'), { pid: Number(pid), started });
      expect(await withWriter(store, 'write', async () => 'in', { waitMs: 0 })).toBe('in');
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('leaves nothing of those that died holding or awaiting it, all of the living', async () => {
    const store = await newStore();
    writeLock(join(store.path, 'tmp', 'lock-dead'), { pid: process.pid });
    writeLock(join(store.path, 'tmp', 'lock-elsewhere'), { pid: 1, host: 'elsewhere' });
    await withWriter(store, 'write', async () => undefined);
    expect(readdirSync(join(store.path, 'tmp'))).toEqual(['lock-elsewhere']);
  });

  it('keeps the place of one that waits long', async () => {
    const store = await newStore();
    const tmp = join(store.path, 'tmp');
    await withWriter(store, 'write', async () => {
      const lock = { doing: 'wait', waitMs: 60_000, beatMs: 5 };
      const own = readdirSync(tmp);
      const waiting = withLock(store.path, lock, async () => 'in');
      const placeOf = () => readdirSync(tmp).find((file) => !own.includes(file));
      const place = await vi.waitUntil(placeOf, { timeout: 5000, interval: 5 });
      utimesSync(join(tmp, place), 1, 1);
      await vi.waitUntil(() => statSync(join(tmp, place)).mtimeMs > 1000, {
        timeout: 5000,
        interval: 5,
      });
      return { waiting };
    }).then(async ({ waiting }) => expect(await waiting).toBe('in'));
  });

  it.each([
    ['', 'nothing'],
    ['{"pid":', 'half a line'],
    ['[]', 'something else'],
  ])('that holds %j is left alone, until it was silent for long', async (text) => {
    const store = await newStore();
    writeFileSync(store.file('lock'), text);
    const enter = (silentMsMax: number) =>
      withLock(store.path, { doing: 'write', waitMs: 0, silentMsMax }, async () => 'in');
    await expect(enter(60_000)).rejects.toThrow('another process writes to the store');
    expect(await enter(-60_000)).toBe('in');
  });

  it('shows that its holder lives', async () => {
    const store = await newStore();
    const path = store.file('lock');
    await withLock(store.path, { doing: 'write', waitMs: 0, beatMs: 5 }, async () => {
      utimesSync(path, 1, 1);
      await vi.waitUntil(() => statSync(path).mtimeMs > 1000, { timeout: 5000, interval: 5 });
      expect(readFileSync(path, 'utf8')).toContain(`"pid":${process.pid}`);
    });
  });

  it('is entered again where a process died while it broke another', async () => {
    const store = await newStore();
    writeLock(store.file('lock'), { pid: process.pid });
    writeLock(store.file('lock-break'), { pid: process.pid });
    writeLock(store.file('lock-break-break'), { pid: process.pid });
    expect(await withWriter(store, 'write', async () => 'in', { waitMs: 0 })).toBe('in');
    expect(readdirSync(store.path).filter((file) => file.startsWith('lock'))).toEqual([]);
  });

  it('that was lost to another is not given back in its place', async () => {
    const store = await newStore();
    const path = store.file('lock');
    await withWriter(store, 'write', async () => writeLock(path, { pid: 1, host: 'elsewhere' }));
    expect(readFileSync(path, 'utf8')).toContain('elsewhere');
  });
});
