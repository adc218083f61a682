import { afterAll, describe, expect, it } from 'vitest';
import { dateFromToday, Folder, start, tacet } from './commands.ts';

const folder = new Folder();
afterAll(() => folder.remove());
const yesterday = dateFromToday(-1);

/** `count` numbers registered yesterday. */
function linesOf(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `04750${String(index).padStart(5, '0')};${yesterday}\n`,
  ).join('');
}

let stores = 0;

/** Flags for a store of its own and the source `name`. */
function flagsOf(name: string): string[] {
  return ['--store', folder.file(`store-${++stores}`), '--from', `file://${folder.file(name)}`];
}

describe('tacet sync', () => {
  it('switches, finds nothing new, refuses, and lets a person decide', async () => {
    folder.write('list.txt', linesOf(100));
    const flags = flagsOf('list.txt');
    const [, store = ''] = flags;
    const first = await tacet(['sync', ...flags, '--confirm-layout']);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^switched: .* serves: 100 numbers, the first version; layout pinned/,
    );
    const second = await tacet(['sync', ...flags, '--json']);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ result: 'unchanged', entries: 100 });
    folder.write('list.txt', linesOf(40));
    const third = await tacet(['sync', ...flags]);
    expect(third.code).toBe(1);
    expect(third.stderr).toContain('list.txt was refused (ERR_GUARD)');
    expect(third.stderr).toContain('removed: 60 of 100 numbers are gone, more than 10');
    expect(third.stderr).toContain('100 entries, valid until');
    const name = /quarantine as (\S+)\. /.exec(third.stderr)?.[1] ?? '';
    const accept = ['list', 'accept', store, name];
    const nameless = await tacet([...accept, '--reason', 'none']);
    expect(nameless.code).toBe(2);
    const accepted = await tacet([...accept, '--by', 'Ann', '--reason', 'a purge']);
    expect(accepted.stdout).toMatch(/ serves: 40 entries, valid until /);
    expect(accepted.code).toBe(0);
    expect((await tacet(['sync', ...flags])).stdout).toMatch(/^unchanged: /);
  });

  it('takes its options from the environment, and flags before them', async () => {
    folder.write('list.txt', linesOf(3));
    const [, store = '', , from = ''] = flagsOf('list.txt');
    const env = { TACET_SYNC_STORE: store, TACET_SYNC_FROM: from, TACET_SYNC_NAME: 'from-env' };
    const named = await tacet(['sync', '--confirm-layout'], { env });
    expect(named.code).toBe(0);
    const other = await tacet(['sync', '--name', 'from-flag', '--json'], { env });
    expect(other.code).toBe(2);
    expect(JSON.parse(other.stdout).message).toContain('the store holds the list from-env');
  });

  it.each([
    [[], '--store is missing'],
    [['--store', 'S'], '--from is missing'],
    [['--store', 'S', '--from', '/list.txt'], 'the address is malformed'],
    [['--store', 'S', '--from', './a list.txt'], `write file://${folder.path}/a%20list.txt (`],
    [['--store', 'S', '--from', 'file:///f', '--stable-for', '5'], 'a time such as 30s'],
    [['--store', 'S', '--from', 'file:///f', '--source-bytes-max', '0'], '1 to'],
    [['--store', 'S', '--from', 'file:///f', '--snapshot', 'today'], 'newest, fetched-day'],
    [['--store', 'S', '--from', 'file:///f', '--host-key', 'MD5:00'], 'no fingerprint'],
    [['--store', 'S', '--from', 'file:///f', '--name', 'a b'], 'letters, digits'],
    [['--store', 'S', '--from', 'sftp://a@h/f'], 'nothing to log in'],
    [['--store', 'S', '--from', 'file:///f', '--password', 'x'], 'unknown option --password'],
    [['--store', 'S', '--from', 'file:///f', 'more'], 'unexpected argument'],
  ])('%j is wrong usage', async (args, says) => {
    const { code, stderr } = await tacet(['sync', ...args], { cwd: folder.path });
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });

  it('says what it waits for in a drop folder', async () => {
    folder.write('drop.txt', `0475000001;${dateFromToday(-1)}\n`);
    const from = `dir://${folder.path}/drop*.txt`;
    const flags = ['--store', folder.file('dropped'), '--from', from, '--confirm-layout'];
    const { code, stderr } = await tacet(['sync', ...flags, '--stable-for', '100ms']);
    const path = folder.file('drop.txt');
    expect(stderr).toBe(`tacet sync: waiting for ${path} to stay the same for 0.1 s\n`);
    expect(code).toBe(0);
  });

  it('reports a store that cannot be made', async () => {
    folder.write('list.txt', linesOf(3));
    const store = folder.write('no-folder', 'a file');
    const args = ['sync', '--store', store, '--from', `file://${folder.file('list.txt')}`];
    const { code, stderr } = await tacet(args);
    expect(code).toBe(1);
    expect(stderr).toContain('no version serves');
  });

  it('killed at any moment leaves a store that serves the old or the new version', async () => {
    const flags = flagsOf('list.txt');
    const [, store = ''] = flags;
    folder.write('list.txt', linesOf(20_000));
    const startedMs = performance.now();
    expect((await tacet(['sync', ...flags, '--confirm-layout'])).code).toBe(0);
    const tookMs = performance.now() - startedMs;
    const versions: string[] = [];
    // From before it begins to after it has ended, whatever the machine.
    for (let round = 1; round <= 12; round++) {
      folder.write('list.txt', linesOf(20_000 + round));
      const { child, ended } = start(['sync', ...flags]);
      const timer = setTimeout(() => child.kill('SIGKILL'), (tookMs * 1.5 * round) / 12);
      await ended;
      clearTimeout(timer);
      const history = await tacet(['list', 'history', store, '--json']);
      expect(history.code).toBe(0);
      const verified = await tacet(['list', 'verify', store]);
      expect(verified.stderr).toBe('');
      versions.push(folder.text(`store-${stores}/current`).trimEnd());
      const whole: { name: string }[] = JSON.parse(history.stdout);
      expect(whole.map(({ name }) => name)).toContain(versions.at(-1));
      // A list file whose record was not written yet is no version, and goes with the next write.
      for (const { name } of whole) expect(verified.stdout).toContain(`${name}: whole, `);
    }
    // Some were killed before they switched, some switched.
    expect(new Set(versions).size).toBeGreaterThan(1);
    const last = await tacet(['sync', ...flags, '--json']);
    expect(JSON.parse(last.stdout)).toMatchObject({ entries: 20_012 });
  });
});
