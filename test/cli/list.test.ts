import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import type { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';
import { addList, newStore, temporaryFolder } from '../store/fixture.ts';
import { tacet } from './commands.ts';

const TODAY = brusselsDay(Date.now());

/** Three versions: ten days old and archived, two days old, and yesterday's, which serves. */
async function threeVersions(): Promise<{ store: ListStore; names: string[] }> {
  const store = await newStore();
  const names = await withWriter(store, 'fill', async (writer) => {
    const added: string[] = [];
    for (const [age, numbers] of [
      [10, [32_475_000_001, 32_475_000_002]],
      [2, [32_475_000_002, 32_475_000_003]],
      [1, [32_475_000_003, 32_475_000_004]],
    ] as const) {
      const { name } = await addList(store, writer, TODAY - age, numbers);
      added.push(name);
      await writer.switchTo(name);
    }
    await writer.archiveOld(2);
    return added;
  });
  return { store, names };
}

/** Changes a bit of the numbers. */
function damage(listFile: string): void {
  const bytes = readFileSync(listFile);
  bytes[70_000] = (bytes[70_000] ?? 0) ^ 1;
  writeFileSync(listFile, bytes);
}

describe('tacet list history', () => {
  it('shows the versions, the newest first, with a star at the one that serves', async () => {
    const { store, names } = await threeVersions();
    const { code, stdout } = await tacet(['list', 'history', store.path]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.trim().split(/ +/)[line.startsWith('*') ? 1 : 0])).toEqual(
      names.toReversed(),
    );
    expect(lines[0]).toMatch(/^\* .*valid until \d{4}-\d\d-\d\d 00:00 Brussels time/);
    expect(lines[2]).toContain('archived');
    const json = await tacet(['list', 'history', store.path, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { name: names[2], current: true, archived: false },
      { name: names[1], current: false },
      { name: names[0], archived: true },
    ]);
  });

  it('refuses a folder that is no store', async () => {
    const { code, stderr } = await tacet(['list', 'history', temporaryFolder()]);
    expect(code).toBe(1);
    expect(stderr).toContain('not a store of list versions');
  });
});

describe('tacet list diff', () => {
  it('counts, and writes the numbers to the files named, also of an archived version', async () => {
    const { store, names } = await threeVersions();
    const folder = temporaryFolder();
    const [added, removed] = [join(folder, 'added.csv'), join(folder, 'removed.csv')];
    const files = ['--added', added, '--removed', removed];
    const { code, stdout } = await tacet([
      'list',
      'diff',
      store.path,
      names[0] ?? '',
      'current',
      ...files,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/added +2\nremoved +2\nre-dated +0\n$/);
    expect(readFileSync(added, 'utf8')).toBe('32475000003;2024-10-04\n32475000004;2024-10-04\n');
    expect(readFileSync(removed, 'utf8')).toBe('32475000001;2024-10-04\n32475000002;2024-10-04\n');
    expect(readdirSync(folder)).toHaveLength(2);
    const json = await tacet(['list', 'diff', store.path, 'previous', 'current', '--json']);
    expect(JSON.parse(json.stdout)).toEqual({
      before: names[1],
      after: names[2],
      ...{ added: 1, removed: 1, redated: 0 },
    });
  });

  it('refuses a version that is damaged, and writes no file', async () => {
    const { store, names } = await threeVersions();
    damage(store.listFile(names[1] ?? ''));
    const added = join(temporaryFolder(), 'added.csv');
    const versions = ['previous', 'current', '--added', added];
    const { code, stdout, stderr } = await tacet(['list', 'diff', store.path, ...versions]);
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('ERR_FORMAT')]);
    expect(existsSync(added)).toBe(false);
  });

  it('says which version is not known, or which beginning fits several', async () => {
    const { store } = await threeVersions();
    const unknown = await tacet(['list', 'diff', store.path, '1999-01-01', 'current']);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no such version')]);
    const empty = await tacet(['list', 'diff', store.path, '', 'current']);
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('no such version')]);
    const several = await tacet(['list', 'diff', store.path, '2', 'current']);
    expect(several.stderr).toContain('3 versions begin so');
    const one = await tacet(['list', 'diff', store.path, 'current']);
    expect([one.code, one.stderr]).toEqual([2, expect.stringContaining('B is missing')]);
  });
});

describe('tacet list rollback', () => {
  const who = ['--by', 'An Peeters', '--reason', 'canary missing'];

  it('lets an earlier version serve, and logs who and why', async () => {
    const { store, names } = await threeVersions();
    const { code, stdout } = await tacet(['list', 'rollback', store.path, 'previous', ...who]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${names[1]} serves`)]);
    expect(await store.currentName()).toBe(names[1]);
    const log = readFileSync(store.file('log.jsonl'), 'utf8').trim().split('\n').slice(-2);
    const decision = { by: 'An Peeters', reason: 'canary missing', version: names[1] };
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'rollback', ...decision },
      { event: 'switched', rollback: true, ...decision, before: names[2] },
    ]);
  });

  it('is refused to a stale version, and without a name or a reason', async () => {
    const { store, names } = await threeVersions();
    const stale = await tacet(['list', 'rollback', store.path, names[0] ?? '', ...who]);
    expect([stale.code, stale.stderr]).toEqual([1, expect.stringContaining('ERR_LIST_STALE')]);
    const anonymous = await tacet(['list', 'rollback', store.path, 'previous', '--reason', 'x']);
    expect([anonymous.code, anonymous.stderr]).toEqual([2, expect.stringContaining('--by')]);
    expect(await store.currentName()).toBe(names[2]);
  });

  it('is refused to a version that is damaged', async () => {
    const { store, names } = await threeVersions();
    damage(store.listFile(names[1] ?? ''));
    const { code, stderr } = await tacet(['list', 'rollback', store.path, 'previous', ...who]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('ERR_FORMAT')]);
    expect(await store.currentName()).toBe(names[2]);
  });

  it('writes a damaged pointer anew', async () => {
    const { store, names } = await threeVersions();
    writeFileSync(store.file('current'), 'nonsense');
    const { code } = await tacet(['list', 'rollback', store.path, names[2] ?? '', ...who]);
    expect(code).toBe(0);
    expect(await store.currentName()).toBe(names[2]);
  });
});

describe('tacet list prune', () => {
  it('says what it would remove, then removes it', async () => {
    const { store, names } = await threeVersions();
    const args = ['list', 'prune', store.path, '--keep-days', '5'];
    expect((await tacet([...args, '--dry-run'])).stdout).toBe(`would remove ${names[0]}\n`);
    expect(await store.history()).toHaveLength(3);
    expect((await tacet(args)).stdout).toBe(`removed ${names[0]}\n`);
    expect((await tacet(args)).stdout).toBe('nothing to remove\n');
    expect(await store.history()).toHaveLength(2);
  });
});

describe('tacet list verify', () => {
  it('reads every version, archived ones too, and tells each damage', async () => {
    const { store, names } = await threeVersions();
    const whole = await tacet(['list', 'verify', store.path]);
    expect(whole.code).toBe(0);
    expect(whole.stdout.trimEnd().split('\n')).toHaveLength(6);
    truncateSync(store.archiveFile(names[0] ?? ''), 200);
    writeFileSync(store.file('override.json'), '{}');
    const damaged = await tacet(['list', 'verify', store.path]);
    expect(damaged.code).toBe(1);
    expect(damaged.stdout.match(/DAMAGED/g)).toHaveLength(2);
    expect(damaged.stdout).toContain(`${names[0]}: DAMAGED`);
    expect(damaged.stdout).toContain('override.json: DAMAGED');
  });
});

describe('tacet list override', () => {
  it('is written with who and why, and cleared', async () => {
    const { store } = await threeVersions();
    const who = ['--by', 'An Peeters', '--reason', 'ticket 4711'];
    const set = await tacet(['list', 'override', store.path, ...who, '--for', '8h']);
    expect(set.code).toBe(0);
    expect(await store.override()).toMatchObject({ by: 'An Peeters', reason: 'ticket 4711' });
    for (const time of ['25h', '0h', '8', '8m']) {
      expect(
        (await tacet(['list', 'override', store.path, ...who, '--for', time])).code,
        time,
      ).toBe(2);
    }
    expect((await tacet(['list', 'override', store.path, '--clear'])).code).toBe(0);
    expect(await store.override()).toBeUndefined();
  });
});

it('tacet list without an action, or with one it does not know, is wrong usage', async () => {
  expect((await tacet(['list'])).code).toBe(2);
  expect((await tacet(['list', 'destroy'])).stderr).toContain('unknown action "destroy"');
  expect((await tacet(['list', 'rollback', '--help'])).stdout).toContain(
    'tacet list rollback STORE',
  );
});
