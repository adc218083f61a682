import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import type { SyncOutcome } from '#tacet/sync/outcome.js';
import { SyncScheduler } from '#tacet/sync/schedule.js';
import { syncOnce } from '#tacet/sync/sync.js';
import { HOST_KEY, PASSWORD, SftpServer } from '../../sync/fetch/sftp/sftp-server.ts';
import {
  expectUntouched,
  folder,
  hostKey,
  linesOf,
  remote,
  servingStore,
  sshd,
  userKey,
} from './sftp-source.ts';
import { freePort, Sshd } from './sshd.ts';

describe('a sync onto a full disk', () => {
  const disk = folder.file('disk');
  beforeEach(() => {
    mkdirSync(disk, { recursive: true });
    // A real file system of 4 MiB. Mounting one needs root, as installing packages does.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
  });
  // Lazy: this process has lists of it mapped until their memory is collected.
  afterEach(() => void execFileSync('umount', ['--lazy', disk]));

  it('fails clearly, leaves the old version serving, and succeeds once there is room', async () => {
    writeFileSync(remote, linesOf(90_000));
    const options = await servingStore({ store: `${disk}/store` });
    const outcome = await syncOnce(options);
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_IO' } });
    expect(outcome.message).toContain('no space left on the device');
    await expectUntouched(options.store);
    execFileSync('mount', ['-o', 'remount,size=32m', disk]);
    expect(await syncOnce(options)).toMatchObject({ result: 'refused' });
    writeFileSync(remote, linesOf(1_000));
    expect(await syncOnce(options)).toMatchObject({ result: 'switched', entries: 1_000 });
  });

  it.each([
    ['leaves on the server what it has no room for', 1_900_000, 1],
    ['keeps what a server has removed since', 2_300_000, 0],
  ])('%s, and takes it once there is room', async (_, bytesLeft, filesLeft) => {
    execFileSync('mount', ['-o', 'remount,size=32m', disk]);
    const server = await SftpServer.start({ removesRead: true });
    try {
      server.put('/out/dncm.txt', linesOf(90_000));
      const access = { hostKeys: [HOST_KEY.fingerprint], password: PASSWORD, keyFile: undefined };
      const seeded = await servingStore({ store: `${disk}/store`, ...access });
      const options = { ...seeded, from: server.address('/out/dncm.txt') };
      writeFileSync(`${options.store}/guard.json`, '{ "added_per_day_max": 100000 }');
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(`${disk}/filler`, Buffer.alloc(bavail * bsize - bytesLeft));
      const full = await syncOnce(options);
      expect(full).toMatchObject({ result: 'failed', error: { code: 'ERR_IO' } });
      expect(full.message).toContain('no space left on the device');
      expect(server.files.size).toBe(filesLeft);
      await expectUntouched(options.store);
      rmSync(`${disk}/filler`);
      expect(await syncOnce(options)).toMatchObject({ result: 'switched', entries: 90_000 });
    } finally {
      await server.close();
    }
  });
});

describe('a server that is down until 05:00', () => {
  it('is asked again and again, and the list is there at 05:00', async () => {
    writeFileSync(remote, linesOf(500));
    const port = await freePort();
    const options = await servingStore();
    const opened = await ListStore.open(options.store);
    const packedAt = ((await opened.current())?.packedAtUnix ?? 0) * 1000;
    // The night after the first version came; times are those of Brussels.
    let nowMs = packedAt;
    const clock = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Europe/Brussels',
      hour: '2-digit',
      minute: '2-digit',
    });
    let timer: { callback: () => void; atMs: number } | undefined;
    const outcomes: { outcome: SyncOutcome; at: string; atMs: number }[] = [];
    let told: () => void = () => undefined;
    const scheduler = new SyncScheduler(
      { ...options, from: sshd.address(remote, port), jitterMs: 0 },
      {
        nowMs: () => nowMs,
        setTimer: (callback, ms) => {
          timer = { callback, atMs: nowMs + ms };
          return () => {
            timer = undefined;
          };
        },
        random: () => 0,
        sync: (asked, signal) => syncOnce(asked, { nowMs: () => nowMs, signal }),
        onOutcome: (outcome) => {
          outcomes.push({ outcome, at: clock.format(nowMs), atMs: nowMs });
          told();
        },
      },
    );
    await scheduler.start();
    let late: Sshd | undefined;
    try {
      const isOver = (): boolean => outcomes.at(-1)?.outcome.result === 'switched';
      for (let steps = 0; steps < 2_000 && !isOver(); steps++) {
        const next = timer;
        if (next === undefined) throw new Error('nothing is waited for');
        timer = undefined;
        nowMs = next.atMs;
        const isNight = outcomes.length > 0;
        if (isNight && late === undefined && clock.format(nowMs) >= '05:00') {
          late = await Sshd.start(folder.path, { hostKey, authorized: [userKey], port });
        }
        const ended = new Promise<void>((resolve) => {
          told = resolve;
        });
        next.callback();
        // Either it waits on, or a sync began and will be told of.
        if (timer === undefined) await ended;
      }
    } finally {
      await scheduler.stop();
      await late?.stop();
    }
    const failed = outcomes.slice(0, -1);
    expect(outcomes[0]?.at).toBe('01:30');
    expect(failed.every(({ outcome }) => outcome.error?.code === 'ERR_FETCH')).toBe(true);
    expect(failed[0]?.outcome.message).toContain('the connection was refused');
    expect(outcomes.at(-1)?.outcome).toMatchObject({ result: 'switched', entries: 500 });
    const at = outcomes.at(-1)?.at ?? '';
    expect(at >= '05:00' && at <= '05:30', at).toBe(true);
    const waits = outcomes.slice(1).map(({ atMs }, index) => {
      const before = outcomes[index]?.atMs ?? 0;
      return Math.round((atMs - before) / 60_000);
    });
    expect(waits.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 30]);
    expect(Math.max(...waits)).toBe(30);
  });
});
