import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import {
  COMMAND,
  dateFromToday,
  type Ended,
  Folder,
  type Running,
  startProcess,
  stop,
  until,
} from '../../cli/commands.ts';
import { type KeyPair, makeKey, Sshd, USER } from './sshd.ts';

/**
 * The two pages for operators, block by block as they stand, against a real OpenSSH server. Only
 * places are replaced, the folders, the server, its fingerprint, and the user by the one who tests.
 */
const folder = new Folder();
const store = folder.file('var/dncm');
const remote = folder.file('out/dncm.txt');
const day = dateFromToday(-1);
let hostKey: KeyPair;
let sshd: Sshd | undefined;

beforeAll(() => {
  for (const name of ['bin', 'out']) mkdirSync(folder.file(name));
  symlinkSync(COMMAND, folder.file('bin/tacet'));
  hostKey = makeKey(folder.path, 'host');
  deliver(2_000);
});
afterAll(async () => {
  await sshd?.stop();
  folder.remove();
});

/** 0470000000 is the first of them: the number the page takes for a known one. */
function deliver(count: number): void {
  const numbers = Array.from({ length: count }, (_, index) => 470_000_000 + index);
  writeFileSync(remote, numbers.map((number) => `0${number};${day}\n`).join(''));
}

function blocksOf(page: string): string[] {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

function run(block: string): Promise<Ended> {
  return begin(block).ended;
}

function begin(block: string): Running {
  const script = block
    .replaceAll('/tmp/', `${folder.path}/`)
    .replaceAll('-o tacet -g tacet', `-o ${process.getuid?.()} -g ${process.getgid?.()}`)
    .replaceAll('/etc/tacet', folder.file('etc'))
    .replaceAll('/var/lib/tacet', folder.file('var'))
    .replaceAll(
      'acme@sftp.example.org:22/out',
      `${USER}@127.0.0.1:${sshd?.port}${folder.file('out')}`,
    )
    .replaceAll(`SHA256:${'A'.repeat(43)}`, hostKey.fingerprint);
  const env = {
    PATH: `${folder.file('bin')}:${process.env['PATH']}`,
    // Of `tacet serve`: the usual ports may be taken.
    TACET_LISTEN: '127.0.0.1:0',
    TACET_HTTP: '127.0.0.1:0',
  };
  const settingsPath = folder.file('etc/sync.env');
  const settings = `set -e; test ! -e ${settingsPath} || { set -a; . ${settingsPath}; set +a; }\n`;
  return startProcess('bash', ['-c', settings + script], { env });
}

describe('docs/SYNC.md', () => {
  const blocks = blocksOf('SYNC.md');

  it('leads from an empty machine to a serving list, with known numbers and bounds', async () => {
    const [folders, keys, settings, first, canaries, bounds, server, look, ...more] = blocks;
    expect(more).toEqual([]);
    expect(await run(folders ?? '')).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(folder.file('etc')).mode & 0o777).toBe(0o700);
    expect(await run(keys ?? '')).toMatchObject({ code: 0, stderr: '' });
    const path = folder.file('etc/sftp-key');
    const userKey = { path, publicKey: folder.text('etc/sftp-key.pub'), fingerprint: '' };
    sshd = await Sshd.start(folder.path, { hostKey, authorized: [userKey] });
    expect(await run(settings ?? '')).toMatchObject({ code: 0, stderr: '' });
    const synced = await run(first ?? '');
    expect(synced).toMatchObject({ code: 0, stderr: '' });
    expect(synced.stdout).toContain('switched');
    expect(synced.stdout).toContain('2,000');
    expect(synced.stdout).toContain('"dateForm": "YYYY-MM-DD"');
    const again = await run(canaries ?? '');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('unchanged');
    expect(await run(bounds ?? '')).toMatchObject({ code: 0, stderr: '' });
    // In place of the shell, so that it has the signal.
    const serving = begin((server ?? '').replace('tacet serve', 'exec tacet serve'));
    await until('the server serves', () => {
      if (serving.child.exitCode !== null) throw new Error(serving.stderr());
      return serving.stdout().includes('2,000 entries');
    });
    expect((await stop(serving)).code).toBe(0);
    const seen = await run(look ?? '');
    expect(seen).toMatchObject({ code: 0, stderr: '' });
    expect(seen.stdout).toContain('"event":"unchanged"');
  });
});

describe('docs/REFUSED.md', () => {
  it('leads through the morning after: look, let through, roll back', async () => {
    const before = (await (await ListStore.open(store)).current())?.name;
    deliver(1_000);
    const refused = await run('tacet sync');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('removed: ');
    const [left, wrong, accept, layout, rollback, ...more] = blocksOf('REFUSED.md');
    expect(more).toEqual([]);
    expect(await run(left ?? '')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`* ${before}`),
    });
    const reasons = await run(wrong ?? '');
    expect(reasons).toMatchObject({ code: 0, stderr: '' });
    expect(reasons.stdout).toContain('1,000 of 2,000 numbers are gone');
    // The shell of the page is one: what `wrong` sets is known further down.
    const accepted = await run(`${wrong}\n${accept}`);
    expect(accepted).toMatchObject({ code: 0, stderr: '' });
    expect((await (await ListStore.open(store)).current())?.accepted?.by).toBe('An Example');
    const packed = await run(`${wrong}\n${layout}\ncat /tmp/layout.json`);
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    expect(packed.stdout).toContain('1,000');
    const said = packed.stdout.trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(said)).toEqual(JSON.parse(readFileSync(`${store}/layout.json`, 'utf8')));
    const rolled = await run(rollback ?? '');
    expect(rolled).toMatchObject({ code: 0, stderr: '' });
    expect(await (await ListStore.open(store)).currentName()).toBe(before);
    const later = await run('tacet sync');
    expect(later.stdout).toContain('rolled back from');
    expect(await (await ListStore.open(store)).currentName()).toBe(before);
  });
});
