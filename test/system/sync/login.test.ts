import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dateFromToday, Folder, start, stop, tacet, until } from '../../cli/commands.ts';
import { type KeyPair, makeKey, Sshd, USER } from './sshd.ts';

/** The ways to log in, each from a file and from the environment, at an OpenSSH server. */

const folder = new Folder();
// Of a user other than the one of the test, who must be able to read it.
const home = mkdtempSync(join(tmpdir(), 'tacet-home-'));
const remote = `${home}/dncm.txt`;
const user = `tacet-${process.pid}`;
const password = 'right-password-5512';
let hostKey: KeyPair;
let userKey: KeyPair;
let sshd: Sshd;
let stores = 0;

beforeAll(async () => {
  chmodSync(home, 0o755);
  // sshd reads the authorized keys as the user that logs in.
  chmodSync(folder.path, 0o755);
  const date = dateFromToday(-1);
  writeFileSync(remote, `0475000001;${date}\n0475000002;${date}\n`, { mode: 0o644 });
  hostKey = makeKey(folder.path, 'host');
  userKey = makeKey(folder.path, 'user');
  sshd = await Sshd.start(folder.path, { hostKey, authorized: [userKey] });
  // sshd looks a password up in /etc/shadow. A user there needs root, as installing packages does.
  const about = ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh'];
  execFileSync('useradd', [...about, user], { stdio: 'pipe' });
  execFileSync('chpasswd', { input: `${user}:${password}\n` });
});
afterAll(async () => {
  await sshd.stop();
  execFileSync('userdel', ['--force', user], { stdio: 'pipe' });
  rmSync(home, { recursive: true, force: true });
  folder.remove();
});

const addressOf = (name: string, server = sshd): string =>
  server.address(remote).replace(`${USER}@`, `${name}@`);

/** Syncs once into a new store. */
async function sync(
  name: string,
  flags: readonly string[],
  env: Record<string, string> = {},
  server = sshd,
) {
  const store = folder.file(`store-${++stores}`);
  const from = addressOf(name, server);
  const fixed = ['--store', store, '--from', from, '--host-key', hostKey.fingerprint];
  const ended = await tacet(['sync', ...fixed, '--confirm-layout', '--json', ...flags], { env });
  return { store, ended, outcome: JSON.parse(ended.stdout) };
}

/** What must be nowhere: not printed, not in the log of the store. */
function expectNowhere(secret: string, { store, ended }: Awaited<ReturnType<typeof sync>>): void {
  const log = execFileSync('cat', [`${store}/log.jsonl`], { encoding: 'utf8' });
  for (const text of [ended.stdout, ended.stderr, log]) expect(text).not.toContain(secret);
}

const SWITCHED = { result: 'switched', entries: 2, logged: true };

describe('a sync logs in with', () => {
  it('a password from a file, and with no other', async () => {
    const right = await sync(user, ['--password-file', folder.write('right', `${password}\n`)]);
    expect(right.outcome).toMatchObject(SWITCHED);
    expectNowhere(password, right);
    const wrong = await sync(user, ['--password-file', folder.write('wrong', `${password}x\n`)]);
    expect(wrong.outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
    expect(wrong.outcome.message).toContain(`refused the password of the user ${user}`);
    expectNowhere(password, wrong);
  });

  it('a password from the environment', async () => {
    const synced = await sync(user, [], { TACET_SYNC_PASSWORD: password });
    expect(synced.outcome).toMatchObject(SWITCHED);
    expectNowhere(password, synced);
  });

  it('a key from a file', async () => {
    const synced = await sync(USER, ['--key-file', userKey.path]);
    expect(synced.outcome).toMatchObject(SWITCHED);
  });

  it('a key from the environment, which a server does too', async () => {
    // As what sets variables may leave it: without the last line end.
    const env = { TACET_SYNC_KEY: folder.text('user').trimEnd() };
    const synced = await sync(USER, [], env);
    expect(synced.outcome).toMatchObject(SWITCHED);
    expectNowhere('PRIVATE KEY', synced);
    const from = ['--sync-from', addressOf(USER), '--sync-host-key', hostKey.fingerprint];
    const list = ['--list', folder.file('served'), '--sync-layout', `${synced.store}/layout.json`];
    const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    const server = start(['serve', ...list, ...from, ...ports], { env });
    await until('it serves', () => server.stdout().includes('2 entries'));
    const { code, stderr } = await stop(server);
    expect(code).toBe(0);
    expect(stderr).not.toContain('PRIVATE KEY');
  });
});

describe('a server that wants more', () => {
  /** A server with these lines in its configuration, for as long as `work` runs. */
  async function withServer(config: readonly string[], work: (server: Sshd) => Promise<void>) {
    const server = await Sshd.start(folder.path, { hostKey, authorized: [userKey], config });
    try {
      await work(server);
    } finally {
      await server.stop();
    }
  }
  const words = (): string[] => ['--password-file', folder.write('words', `${password}\n`)];

  it('gets a key and a password', async () => {
    await withServer(['AuthenticationMethods publickey,password'], async (server) => {
      const both = await sync(user, ['--key-file', userKey.path, ...words()], {}, server);
      expect(both.outcome).toMatchObject(SWITCHED);
      const key = await sync(user, ['--key-file', userKey.path], {}, server);
      expect(key.outcome.message).toContain('took the key');
      expect(key.outcome.message).toContain('asks for password as well');
      const password = await sync(user, words(), {}, server);
      expect(password.outcome.message).toContain('in by publickey only');
    });
  });

  it('gets the password where PAM asks for it', async () => {
    const asking = ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'PasswordAuthentication no'];
    const config = [...asking, 'AuthenticationMethods keyboard-interactive'];
    await withServer(config, async (server) => {
      const right = await sync(user, words(), {}, server);
      expect(right.outcome).toMatchObject(SWITCHED);
      expectNowhere(password, right);
      const wrong = folder.write('wrong', `${password}x\n`);
      const refused = await sync(user, ['--password-file', wrong], {}, server);
      expect(refused.outcome.message).toContain(`refused the password of the user ${user}`);
    });
  });
});
