import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { syncOnce } from '#tacet/sync/sync.js';
import {
  expectUntouched,
  folder,
  hostKey,
  linesOf,
  lockedKey,
  optionsOf,
  remote,
  servingStore,
  sshd,
  today,
  userKey,
} from './sftp-source.ts';
import { CuttingProxy, freePort, makeKey, Sshd, USER } from './sshd.ts';

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
    const options = await servingStore({ keyFile: undefined, password });
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
