import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { SYNC_DEFAULTS, type SyncOptions } from '#tacet/sync/options.js';
import type { SyncOutcome } from '#tacet/sync/outcome.js';
import { SyncScheduler } from '#tacet/sync/schedule.js';
import { syncOnce } from '#tacet/sync/sync.js';
import { dateFromToday, Folder } from '../../cli/commands.ts';
import { CuttingProxy, freePort, type KeyPair, makeKey, Sshd, USER } from './sshd.ts';

const folder = new Folder();
const today = dateFromToday(-1);
let hostKey: KeyPair;
let userKey: KeyPair;
let lockedKey: KeyPair;
let sshd: Sshd;
const remote = folder.file('dncm.txt');

/** `count` numbers, all registered yesterday: 22 bytes a line. */
function linesOf(count: number): string {
  const lines: string[] = [];
  for (let index = 0; index < count; index++) lines.push(`04751${String(index).padStart(5, '0')}`);
  return lines.map((number) => `${number};${today}\n`).join('');
}

let stores = 0;

function optionsOf(options: Partial<SyncOptions> = {}): SyncOptions {
  return {
    ...SYNC_DEFAULTS,
    store: folder.file(`store-${++stores}`),
    from: sshd.address(remote),
    hostKeys: [hostKey.fingerprint],
    keyFile: userKey.path,
    confirmLayout: true,
    ...options,
  };
}

/** A store that serves three numbers, so that what a failure does to it shows. */
async function servingStore(options: Partial<SyncOptions> = {}): Promise<SyncOptions> {
  const seeded = optionsOf(options);
  const first = folder.write('first.txt', linesOf(3));
  const outcome = await syncOnce({ ...seeded, from: `file://${first}` });
  expect(outcome.result).toBe('switched');
  return seeded;
}

/** What must hold after any failure: the old version serves, nothing half is left. */
async function expectUntouched(store: string): Promise<void> {
  const opened = await ListStore.open(store);
  const versions = await opened.history();
  expect(versions.map(({ entries }) => entries)).toEqual([3]);
  expect(await opened.currentName()).toBe(versions[0]?.name);
  expect(readdirSync(`${store}/tmp`)).toEqual([]);
  expect(readdirSync(`${store}/quarantine`)).toEqual([]);
}

beforeAll(async () => {
  hostKey = makeKey(folder.path, 'host');
  userKey = makeKey(folder.path, 'user');
  lockedKey = makeKey(folder.path, 'locked', 'a passphrase');
  sshd = await Sshd.start(folder.path, { hostKey, authorized: [userKey, lockedKey] });
});
afterAll(async () => {
  await sshd.stop();
  folder.remove();
});

describe('a sync from an OpenSSH server', () => {
  it('fetches the file, and says where it came from', async () => {
    writeFileSync(remote, linesOf(5_000));
    const options = optionsOf();
    const outcome = await syncOnce(options);
    expect(outcome).toMatchObject({ result: 'switched', entries: 5_000, snapshotDate: today });
    expect(outcome.source).toMatchObject({
      from: sshd.address(remote),
      fileName: 'dncm.txt',
      bytes: 5_000 * 22,
      sha256: folder.sha256('dncm.txt'),
    });
    expect(await syncOnce(options)).toMatchObject({ result: 'unchanged' });
  });

  it('fetches the newest file that matches a pattern', async () => {
    const drop = folder.file('drop');
    mkdirSync(drop);
    writeFileSync(`${drop}/dncm-1.txt`, linesOf(10));
    execFileSync('touch', ['-d', '2 hours ago', `${drop}/dncm-1.txt`]);
    writeFileSync(`${drop}/dncm-2.txt`, linesOf(20));
    writeFileSync(`${drop}/readme.md`, 'not this one');
    const outcome = await syncOnce(optionsOf({ from: sshd.address(`${drop}/dncm-*.txt`) }));
    expect(outcome).toMatchObject({ result: 'switched', entries: 20 });
    expect(outcome.source?.fileName).toBe('dncm-2.txt');
  });

  it('logs in with a key that has a passphrase', async () => {
    writeFileSync(remote, linesOf(10));
    const passphraseFile = folder.write('passphrase', 'a passphrase\n');
    const outcome = await syncOnce(optionsOf({ keyFile: lockedKey.path, passphraseFile }));
    expect(outcome).toMatchObject({ result: 'switched', entries: 10 });
    const wrong = folder.write('wrong-passphrase', 'another\n');
    const refused = await syncOnce(optionsOf({ keyFile: lockedKey.path, passphraseFile: wrong }));
    expect(refused.error?.code).toBe('ERR_FETCH');
    expect(refused.message).toContain('another passphrase');
  });

  it('takes the host key from a known_hosts file, hashed or not', async () => {
    writeFileSync(remote, linesOf(10));
    const line = `[127.0.0.1]:${sshd.port} ${hostKey.publicKey}`;
    const knownHostsFile = folder.write('known_hosts', `# comment\n${line}`);
    const plain = await syncOnce(optionsOf({ hostKeys: [], knownHostsFile }));
    expect(plain.result).toBe('switched');
    execFileSync('ssh-keygen', ['-q', '-H', '-f', knownHostsFile], { stdio: 'ignore' });
    expect(folder.text('known_hosts')).toContain('|1|');
    const hashed = await syncOnce(optionsOf({ hostKeys: [], knownHostsFile }));
    expect(hashed.result).toBe('switched');
  });
});

describe('a sync that cannot have the file', () => {
  it('refuses a server that nobody pinned, and shows how to pin it', async () => {
    const options = await servingStore({ hostKeys: [] });
    const outcome = await syncOnce(options);
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
    expect(outcome.message).toContain('no key of this host is pinned');
    expect(outcome.message).toContain(`--host-key ${hostKey.fingerprint}`);
    await expectUntouched(options.store);
  });

  it('refuses a changed host key, and shows both', async () => {
    const options = await servingStore();
    const otherKey = makeKey(folder.path, 'other-host');
    const other = await Sshd.start(folder.path, { hostKey: otherKey, authorized: [userKey] });
    try {
      const outcome = await syncOnce({ ...options, from: other.address(remote) });
      expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
      expect(outcome.message).toContain('the host key is not the one pinned');
      expect(outcome.message).toContain(hostKey.fingerprint);
      expect(outcome.message).toContain(otherKey.fingerprint);
    } finally {
      await other.stop();
    }
    await expectUntouched(options.store);
  });

  it('says that the server refused the password, and never shows it', async () => {
    const password = 'no-such-password-5511';
    const options = await servingStore({ keyFile: null, password });
    const outcome = await syncOnce(options);
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
    expect(outcome.message).toContain(`refused the password of the user ${USER}`);
    expect(JSON.stringify(outcome)).not.toContain(password);
    await expectUntouched(options.store);
    const log = readFileSync(`${options.store}/log.jsonl`, 'utf8');
    expect(log).toContain('refused the password');
    expect(log).not.toContain(password);
  });

  it('says that the server refused the key', async () => {
    const stranger = makeKey(folder.path, 'stranger');
    const options = await servingStore({ keyFile: stranger.path });
    const outcome = await syncOnce(options);
    expect(outcome.message).toContain(`refused the key of the user ${USER}`);
    await expectUntouched(options.store);
  });

  it('uses nothing of a file whose connection was cut half-way', async () => {
    writeFileSync(remote, linesOf(90_000));
    const proxy = await CuttingProxy.start(sshd.port, {
      afterBytes: 1_000_000,
      act: (started) => started.cut(),
    });
    try {
      const options = await servingStore();
      const outcome = await syncOnce({ ...options, from: sshd.address(remote, proxy.port) });
      expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
      expect(outcome.message).toMatch(/the connection was cut after \d+ of 1980000 bytes/);
      await expectUntouched(options.store);
    } finally {
      await proxy.close();
    }
  });

  it('refuses a file that grows while it is read, and takes it once it is whole', async () => {
    writeFileSync(remote, linesOf(90_000));
    const proxy = await CuttingProxy.start(sshd.port, {
      afterBytes: 1_000_000,
      act: () => appendFileSync(remote, '02234'),
    });
    try {
      const options = await servingStore();
      const outcome = await syncOnce({ ...options, from: sshd.address(remote, proxy.port) });
      expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
      expect(outcome.message).toContain('it is still being written');
      await expectUntouched(options.store);
      writeFileSync(remote, linesOf(1_000));
      const whole = await syncOnce(options);
      expect(whole).toMatchObject({ result: 'switched', entries: 1_000 });
    } finally {
      await proxy.close();
    }
  });

  it('gives up on a server that takes the connection and says nothing', async () => {
    const options = await servingStore({ connectTimeoutMs: 300 });
    const silent = await CuttingProxy.start(await freePort(), {
      afterBytes: 1,
      act: () => undefined,
    });
    try {
      const outcome = await syncOnce({ ...options, from: sshd.address(remote, silent.port) });
      expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
      await expectUntouched(options.store);
    } finally {
      await silent.close();
    }
  });

  it('says that there is no such file', async () => {
    const options = await servingStore();
    const outcome = await syncOnce({ ...options, from: sshd.address(`${remote}.none`) });
    expect(outcome.message).toContain('no such file');
    await expectUntouched(options.store);
  });
});

describe('a sync onto a full disk', () => {
  const disk = folder.file('disk');
  beforeAll(() => {
    mkdirSync(disk);
    // A real file system of 4 MiB. Mounting one needs root, as installing packages does.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
  });
  // Lazy: this process has lists of it mapped until their memory is collected.
  afterAll(() => void execFileSync('umount', ['--lazy', disk]));

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
