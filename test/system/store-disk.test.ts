import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';
import { Folder, tacet } from '../cli/commands.ts';
import { addList } from '../store/fixture.ts';

/** A store on a real file system of 8 MiB. Mounting one needs root, as installing packages does. */
const folder = new Folder();
const disk = folder.file('disk');
const path = join(disk, 'dncm');
const WHO = ['--by', 'An Peeters', '--reason', 'ticket 4711'];
const TODAY = brusselsDay(Date.now());
let names: readonly string[] = [];

beforeAll(async () => {
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  const store = await ListStore.open(path, { create: true });
  names = await withWriter(store, 'fill', async (writer) => {
    const added: string[] = [];
    for (const age of [2, 1]) {
      added.push((await addList(store, writer, TODAY - age, [32_475_000_000 + age])).name);
      await writer.switchTo(added.at(-1) ?? '');
    }
    return added;
  });
});
afterAll(() => {
  execFileSync('umount', [disk]);
  folder.remove();
});

/** Takes all space but `left` bytes, for as long as `work` runs. */
async function filled(left: number, work: () => Promise<void>): Promise<void> {
  const { bavail, bsize } = statfsSync(disk);
  const filler = join(disk, 'filler');
  writeFileSync(filler, Buffer.alloc(bavail * bsize - left));
  try {
    await work();
  } finally {
    rmSync(filler);
  }
}

/** All files of the store but the log, with what they hold. */
function content(): [string, string][] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'log.jsonl')
    .map((entry): [string, string] => [
      join(entry.parentPath, entry.name),
      readFileSync(join(entry.parentPath, entry.name), 'latin1'),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('a store on a full disk', () => {
  it.each([0, 4096, 8192, 12_288])(
    'with %i bytes left changes wholly or not at all, and says why not',
    async (left) => {
      await tacet(['list', 'rollback', path, names[1] ?? '', ...WHO]);
      const before = content();
      await filled(left, async () => {
        const { code, stderr } = await tacet(['list', 'rollback', path, names[0] ?? '', ...WHO]);
        const current = await (await ListStore.open(path)).currentName();
        expect(current).toBe(code === 0 ? names[0] : names[1]);
        if (code !== 0) {
          expect(stderr).toContain('no space left on the device');
          expect(content()).toEqual(before);
        }
      });
      for (const line of readFileSync(join(path, 'log.jsonl'), 'utf8').trimEnd().split('\n')) {
        expect(() => JSON.parse(line), line).not.toThrow();
      }
    },
  );

  it('takes no new version, keeps the old ones, and goes on once there is space', async () => {
    const store = await ListStore.open(path);
    const before = content();
    const add = () =>
      withWriter(store, 'add', (writer) => addList(store, writer, TODAY, [32_475_999_999]));
    await filled(100_000, async () => {
      await expect(add()).rejects.toThrow('no space left on the device');
      expect((await tacet(['list', 'verify', path])).code).toBe(0);
    });
    await withWriter(store, 'sweep', async () => undefined);
    expect(content()).toEqual(before);
    expect((await add()).snapshotDate > (names[1] ?? '').slice(0, 10)).toBe(true);
  });
});

describe('a store that is mounted read-only', () => {
  beforeAll(async () => {
    const store = await ListStore.open(path);
    await withWriter(store, 'switch', (writer) => writer.switchTo(names[1] ?? ''));
    execFileSync('mount', ['-o', 'remount,ro', disk]);
  });
  afterAll(() => execFileSync('mount', ['-o', 'remount,rw', disk]));

  it.each([
    ['history'],
    ['verify'],
    ['diff', 'previous', 'current'],
    ['prune', '--keep-days', '1', '--dry-run'],
  ])('can be read: tacet list %s', async (action, ...args) => {
    expect(await tacet(['list', action, path, ...args])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['rollback', 'previous', ...WHO],
    ['override', '--for', '1h', ...WHO],
    ['prune', '--keep-days', '1'],
  ])('says that it cannot be written: tacet list %s', async (action, ...args) => {
    const { code, stderr } = await tacet(['list', action, path, ...args]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('the file system is read-only')]);
  });
});
