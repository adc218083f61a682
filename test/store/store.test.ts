import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { versionsBeyond } from '#tacet/store/retention.js';
import { isStore, ListStore } from '#tacet/store/store.js';
import { verifyVersion } from '#tacet/store/verify.js';
import { withWriter } from '#tacet/store/writer.js';
import { addList, fill, newStore, temporaryFolder } from './fixture.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a store', () => {
  it('has no version at first, and is told from other folders', async () => {
    const store = await newStore();
    expect(await store.currentName()).toBeUndefined();
    expect(await store.history()).toEqual([]);
    expect(await isStore(store.path)).toBe(true);
    const other = temporaryFolder();
    expect(await isStore(other)).toBe(false);
    await expect(ListStore.open(other)).rejects.toEqual(code('ERR_STORE'));
  });

  it('keeps versions, newest snapshot first, and serves the one switched to', async () => {
    const store = await newStore();
    const [first, second, third] = await fill(store, [20_001, 20_003, 20_002]);
    expect((await store.history()).map(({ name }) => name)).toEqual([
      second?.name,
      third?.name,
      first?.name,
    ]);
    expect(await store.currentName()).toBe(third?.name);
    expect(await store.current()).toMatchObject({ entries: 2, previous: second?.name });
    expect(readFileSync(store.file('current'), 'utf8')).toBe(`${third?.name}\n`);
  });

  it('takes the same version once', async () => {
    const store = await newStore();
    const added = await withWriter(store, 'twice', async (writer) => [
      await addList(store, writer, 20_001, [32_475_000_001]),
      await addList(store, writer, 20_001, [32_475_000_001]),
    ]);
    expect(added[1]).toEqual(added[0]);
    expect(await store.history()).toHaveLength(1);
  });

  it('opens for reading without writing anything', async () => {
    const store = await newStore();
    await fill(store, [20_001]);
    const before = readdirSync(store.path, { recursive: true });
    const reader = await ListStore.open(store.path);
    await reader.history();
    await reader.current();
    expect(readdirSync(store.path, { recursive: true })).toEqual(before);
  });

  it('archives all but the newest and the serving one, restores them byte for byte', async () => {
    const store = await newStore();
    const days = [20_001, 20_002, 20_003, 20_004, 20_005];
    const versions = await fill(store, days);
    const oldest = versions[0]?.name ?? '';
    const bytes = readFileSync(store.listFile(oldest));
    const archived = await withWriter(store, 'archive', async (writer) => {
      await writer.switchTo(versions[1]?.name ?? '');
      return writer.archiveOld(2);
    });
    expect(archived.sort()).toEqual([versions[0]?.name, versions[2]?.name].sort());
    expect(existsSync(store.listFile(oldest))).toBe(false);
    expect((await verifyVersion(store, oldest)).archived).toBe(true);
    await expect(withWriter(store, 'switch', (writer) => writer.switchTo(oldest))).rejects.toEqual(
      code('ERR_STORE'),
    );
    await withWriter(store, 'restore', (writer) => writer.restore(oldest));
    expect(readFileSync(store.listFile(oldest)).equals(bytes)).toBe(true);
    expect(existsSync(store.archiveFile(oldest))).toBe(false);
  });

  it('prunes by age and by count, never what serves or served before', async () => {
    const store = await newStore();
    const names = (await fill(store, [20_001, 20_002, 20_003, 20_004])).map(({ name }) => name);
    const nowMs = 20_005 * 86_400_000;
    const prune = (ageDaysMax: number, countMax: number, dryRun: boolean) =>
      withWriter(store, 'prune', (writer) =>
        dryRun
          ? versionsBeyond(store, { ageDaysMax, countMax, nowMs })
          : writer.prune({ ageDaysMax, countMax, nowMs }),
      );
    expect(await prune(3, 100, true)).toEqual([names[0]]);
    expect(await store.history()).toHaveLength(4);
    expect(await prune(3, 100, false)).toEqual([names[0]]);
    expect(await prune(100, 1, false)).toEqual([names[1]]);
    expect((await store.history()).map(({ name }) => name)).toEqual([names[3], names[2]]);
  });

  it('keeps what a damaged pointer might mean, and prunes nothing', async () => {
    const store = await newStore();
    const [first, second] = await fill(store, [20_001, 20_002]);
    rmSync(store.recordFile(first?.name ?? ''));
    const retention = { ageDaysMax: 1, countMax: 1, nowMs: 30_000 * 86_400_000 };
    const prune = () => withWriter(store, 'prune', (writer) => writer.prune(retention));
    writeFileSync(store.file('current'), 'nonsense\n');
    await expect(prune()).rejects.toEqual(code('ERR_STORE'));
    expect(existsSync(store.listFile(first?.name ?? ''))).toBe(true);
    writeFileSync(store.file('current'), `${first?.name}\n`);
    await expect(prune()).rejects.toEqual(code('ERR_STORE'));
    expect(existsSync(store.listFile(first?.name ?? ''))).toBe(true);
    expect((await store.history()).map(({ name }) => name)).toEqual([second?.name]);
  });

  it('logs at the time that it is told, each line apart from a half one before it', async () => {
    const store = await newStore();
    writeFileSync(store.file('log.jsonl'), '{"event":"cut');
    const nowMs = () => Date.UTC(2026, 10, 23, 2);
    await withWriter(store, 'log', (writer) => writer.log({ event: 'first' }), { nowMs });
    await withWriter(store, 'log', (writer) => writer.log({ event: 'second' }), { nowMs });
    expect(readFileSync(store.file('log.jsonl'), 'utf8').split('\n')).toEqual([
      '{"event":"cut',
      '{"at":"2026-11-23T02:00:00.000Z","event":"first"}',
      '{"at":"2026-11-23T02:00:00.000Z","event":"second"}',
      '',
    ]);
  });

  it('logs every decision', async () => {
    const store = await newStore();
    await fill(store, [20_001]);
    const lines = readFileSync(store.file('log.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ event: 'switched', before: null }),
    ]);
  });
});

describe('a damaged store', () => {
  it('says so where the pointer is no name, and where it names nothing', async () => {
    const store = await newStore();
    await fill(store, [20_001]);
    for (const text of ['', 'nonsense\n', '../../etc/passwd\n', '2026-01-01-0123456789ab']) {
      writeFileSync(store.file('current'), text);
      await expect(store.currentName(), text).rejects.toEqual(code('ERR_STORE'));
    }
    writeFileSync(store.file('current'), '2026-01-01-0123456789ab\n');
    await expect(store.current()).rejects.toEqual(code('ERR_STORE'));
  });

  it.each([
    ['without its record', (store: ListStore, name: string) => rmSync(store.recordFile(name))],
    ['without its list file', (store: ListStore, name: string) => rmSync(store.listFile(name))],
    [
      'with a record that is cut',
      (store: ListStore, name: string) => truncateSync(store.recordFile(name), 40),
    ],
  ])('does not show a version %s', async (_, damage) => {
    const store = await newStore();
    const [first, second] = await fill(store, [20_001, 20_002]);
    damage(store, first?.name ?? '');
    expect((await store.history()).map(({ name }) => name)).toEqual([second?.name]);
    await expect(store.version(first?.name ?? '')).rejects.toEqual(code('ERR_STORE'));
  });

  it('says which file it cannot read, rather than that there is no such version', async () => {
    const store = await newStore();
    const [first] = await fill(store, [20_001, 20_002]);
    const record = store.recordFile(first?.name ?? '');
    rmSync(record);
    mkdirSync(record);
    for (const read of [() => store.history(), () => store.version(first?.name ?? '')]) {
      await expect(read()).rejects.toEqual(code('ERR_IO'));
      await expect(read()).rejects.toThrow(record);
    }
  });

  it('drops incomplete versions with the next write, and keeps what is not its own', async () => {
    const store = await newStore();
    const [first] = await fill(store, [20_001, 20_002]);
    rmSync(store.recordFile(first?.name ?? ''));
    const notes = join(store.path, 'versions', 'notes.txt');
    writeFileSync(notes, 'mine');
    mkdirSync(join(store.path, 'tmp', 'half'), { recursive: true });
    await withWriter(store, 'anything', async () => undefined);
    expect(existsSync(store.listFile(first?.name ?? ''))).toBe(false);
    expect(readFileSync(notes, 'utf8')).toBe('mine');
    expect(readdirSync(join(store.path, 'tmp'))).toEqual([]);
  });

  it('reports a list file that differs from its record, and an archive that is cut', async () => {
    const store = await newStore();
    const [first, second, third] = await fill(store, [20_001, 20_002, 20_003]);
    const [a = '', b = '', c = ''] = [first?.name, second?.name, third?.name];
    writeFileSync(store.listFile(b), readFileSync(store.listFile(c)));
    await expect(verifyVersion(store, b)).rejects.toEqual(code('ERR_STORE'));
    await withWriter(store, 'archive', (writer) => writer.archiveOld(2));
    truncateSync(store.archiveFile(a), 100);
    await expect(verifyVersion(store, a)).rejects.toEqual(code('ERR_STORE'));
    await expect(withWriter(store, 'restore', (writer) => writer.restore(a))).rejects.toEqual(
      code('ERR_STORE'),
    );
    expect(existsSync(store.listFile(a))).toBe(false);
  });
});
