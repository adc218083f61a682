import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { syncOnce } from '#tacet/sync/sync.js';
import { folder, linesOf, optionsOf, remote, today } from './sftp-source.ts';
import { makeKey, Sshd } from './sshd.ts';

/** Keys as tools make them, and host keys of several types, at an OpenSSH server. */

const SWITCHED = { result: 'switched', entries: 10 };
const PASSPHRASE = 'a passphrase 5517';
let passphraseFile = '';
let servers = 0;

beforeAll(() => {
  passphraseFile = folder.write('passphrase-5517', `${PASSPHRASE}\n`);
  writeFileSync(remote, linesOf(10));
});

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** An sshd with these lines in its configuration, for as long as `work` runs. */
async function withServer(
  options: { authorized?: string; config?: readonly string[]; type?: 'rsa' | 'ed25519' },
  work: (sshd: Sshd, hostKey: string) => Promise<void>,
): Promise<void> {
  const hostKey = makeKey(folder.path, `host-${++servers}`, '', options.type);
  const authorized = [{ publicKey: options.authorized ?? '' }];
  const { config = [] } = options;
  const sshd = await Sshd.start(folder.path, { hostKey, authorized, config });
  try {
    await work(sshd, hostKey.fingerprint);
  } finally {
    await sshd.stop();
  }
}

/** Syncs with a key file from a server that knows its public key. */
async function syncWith(keyFile: string, authorized: string, secret?: string) {
  let outcome: Awaited<ReturnType<typeof syncOnce>> | undefined;
  await withServer({ authorized }, async (sshd, fingerprint) => {
    const options = { from: sshd.address(remote), hostKeys: [fingerprint], keyFile };
    const { ...more } = secret === undefined ? {} : { passphraseFile: secret };
    outcome = await syncOnce(optionsOf({ ...options, ...more }));
  });
  if (outcome === undefined) throw new Error('nothing was synced');
  return outcome;
}

describe('a key made by openssl', () => {
  it.each([
    ['RSA', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['Ed25519', ['-algorithm', 'ED25519']],
    ['P-256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
  ])('of %s as PKCS#8 logs in, with a passphrase and without', async (name, kind) => {
    const plain = folder.file(`openssl-${name}`);
    run('openssl', 'genpkey', ...kind, '-out', plain);
    expect(readFileSync(plain, 'utf8')).toContain('BEGIN PRIVATE KEY');
    // ssh-keygen reads PKCS#8 of OpenSSL but of Ed25519; our own key in OpenSSH's form it reads.
    const authorized = publicOf(plain);
    expect(await syncWith(plain, authorized)).toMatchObject(SWITCHED);
    const encrypted = `${plain}-encrypted`;
    run(
      'openssl',
      'pkcs8',
      '-topk8',
      '-in',
      plain,
      '-out',
      encrypted,
      '-passout',
      `pass:${PASSPHRASE}`,
    );
    expect(readFileSync(encrypted, 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(await syncWith(encrypted, authorized, passphraseFile)).toMatchObject(SWITCHED);
    const missing = await syncWith(encrypted, authorized);
    expect(missing.message).toContain(`${encrypted}: the key cannot be used`);
  });

  /** Its public key for authorized_keys. */
  function publicOf(key: string): string {
    const der = execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-outform', 'DER']);
    const pem = folder.write('public.pem', run('openssl', 'pkey', '-in', key, '-pubout'));
    const isEd25519 = der.length === 44;
    if (!isEd25519) return run('ssh-keygen', '-i', '-m', 'PKCS8', '-f', pem);
    const field = (bytes: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    };
    const blob = [Buffer.from('ssh-ed25519'), der.subarray(12)].map(field);
    return `ssh-ed25519 ${Buffer.concat(blob).toString('base64')}\n`;
  }
});

describe('a key made by puttygen', () => {
  const none = '/dev/null';
  it.each([
    ['rsa', '3'],
    ['ed25519', '3'],
    ['ecdsa', '3'],
    ['rsa', '2'],
    ['ed25519', '2'],
    ['ecdsa', '2'],
  ])('of %s in version %s logs in', async (type, version) => {
    const key = folder.file(`putty-${type}-${version}.ppk`);
    const made = ['--ppk-param', `version=${version}`, '-C', 'a comment: of é', '-o', key];
    run('puttygen', '-q', '-t', type, ...made, '--new-passphrase', none);
    expect(readFileSync(key, 'latin1')).toContain(`PuTTY-User-Key-File-${version}`);
    const authorized = `${run('puttygen', '-L', key).trimEnd()}\n`;
    expect(await syncWith(key, authorized)).toMatchObject(SWITCHED);
    const locked = `${key}-locked`;
    const change = ['--ppk-param', `version=${version}`, '-o', locked];
    run('puttygen', key, '-P', '-O', 'private', ...change, '--new-passphrase', passphraseFile);
    const outcome = await syncWith(locked, authorized, passphraseFile);
    if (version === '2') expect(outcome).toMatchObject(SWITCHED);
    else expect(outcome.message).toContain('puttygen key.ppk -O private-openssh -o KEY');
    expect(outcome.message).not.toContain(PASSPHRASE);
    // What the message says to do works.
    const converted = `${locked}-converted`;
    const openssh = ['-O', 'private-openssh', '-o', converted, '--new-passphrase', passphraseFile];
    run('puttygen', locked, '--old-passphrase', passphraseFile, ...openssh);
    expect(await syncWith(converted, authorized, passphraseFile)).toMatchObject(SWITCHED);
    const text = readFileSync(key, 'latin1');
    const damaged = folder.write(
      'damaged.ppk',
      Buffer.from(text.replace('comment', 'remark'), 'latin1'),
    );
    expect((await syncWith(damaged, authorized)).message).toContain('it is damaged');
  });
});

describe('an OpenSSH server', () => {
  const userKey = () => makeKey(folder.path, `user-${++servers}`);

  it('with RSA and Ed25519 keys is the right one where RSA is pinned', async () => {
    const user = userKey();
    const rsa = makeKey(folder.path, `rsa-${++servers}`, '', 'rsa');
    const config = [`HostKey ${rsa.path}`];
    await withServer({ authorized: user.publicKey, config }, async (sshd, ed25519) => {
      for (const fingerprint of [rsa.fingerprint, ed25519]) {
        const options = { from: sshd.address(remote), hostKeys: [fingerprint], keyFile: user.path };
        expect(await syncOnce(optionsOf(options))).toMatchObject(SWITCHED);
      }
    });
  });

  it.each([
    ['HostKeyAlgorithms ssh-rsa', 'got ssh-rsa. '],
    ['KexAlgorithms diffie-hellman-group14-sha1', 'got diffie-hellman-group14-sha1. '],
    [
      'KexAlgorithms diffie-hellman-group-exchange-sha1',
      'got diffie-hellman-group-exchange-sha1. ',
    ],
  ])('with %s needs --legacy-algorithms', async (line, got) => {
    const user = userKey();
    const server = { authorized: user.publicKey, config: [line], type: 'rsa' } as const;
    await withServer(server, async (sshd, fingerprint) => {
      const options = { from: sshd.address(remote), hostKeys: [fingerprint], keyFile: user.path };
      const { message } = await syncOnce(optionsOf(options));
      expect(message).toContain(got);
      expect(message).toContain('--legacy-algorithms');
      expect(await syncOnce(optionsOf({ ...options, legacyAlgorithms: true }))).toMatchObject(
        SWITCHED,
      );
    });
  });

  it('gives a symbolic link that matches the pattern', async () => {
    const user = userKey();
    symlinkSync(remote, folder.file('current-dncm.txt'));
    symlinkSync(folder.file('none'), folder.file('dangling-dncm.txt'));
    await withServer({ authorized: user.publicKey }, async (sshd, fingerprint) => {
      const from = sshd.address(folder.file('*-dncm.txt'));
      const options = { from, hostKeys: [fingerprint], keyFile: user.path };
      const outcome = await syncOnce(optionsOf({ ...options, snapshot: 'fetched-day' }));
      expect(outcome).toMatchObject({ ...SWITCHED, snapshotDate: today });
      expect(outcome.source?.fileName).toBe('current-dncm.txt');
    });
  });
});
