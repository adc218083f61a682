import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';
import { zipOf } from '../../../fixtures/zip.ts';
import { expectServes, linesOf, PATH, serverWith, YESTERDAY, YESTERDAY_UNIX } from './fixture.ts';
import type { Quirks, RemoteFile } from './sftp-server.ts';

/** Real sFTP servers differ: each of these is what some server does. */

const SWITCHED = { result: 'switched', entries: 5_000, snapshotDate: YESTERDAY };
const NO_SIZE = 'tells no size of the file: that it is whole rests on its last line';
const NOTHING_TOLD = 'tells neither size nor time of change of the file: that it is whole rests on';

const grow = (file: RemoteFile): void => {
  file.content = Buffer.concat([file.content, Buffer.from(linesOf(1))]);
};

describe('a server that tells little of a file', () => {
  it.each<[string, Quirks, string]>([
    ['tells no size', { tells: ({ size, ...all }) => all }, NO_SIZE],
    ['has the size 0 for every file', { tells: (all) => ({ ...all, size: 0 }) }, NO_SIZE],
    [
      'has the size 0 under fstat',
      { tells: (all, call) => (call === 'fstat' ? { ...all, size: 0 } : all) },
      '',
    ],
    [
      'tells no size under fstat',
      { tells: ({ size, ...all }, call) => (call === 'fstat' ? all : { ...all, size }) },
      '',
    ],
    ['has no fstat', { noFstat: true }, ''],
    [
      'has no fstat, and tells no size',
      { noFstat: true, tells: ({ size, ...all }) => all },
      NO_SIZE,
    ],
    ['tells no type', { tells: (all) => ({ ...all, mode: all.mode & 0o777 }) }, ''],
    ['tells no mode', { tells: ({ mode, ...all }) => all }, ''],
    [
      'tells no time of change',
      { tells: ({ mtime, ...all }) => all },
      'tells no time of change of the file: only its size was compared',
    ],
    ['has the time 0', { tells: (all) => ({ ...all, mtime: 0 }) }, 'tells no time of change'],
    ['tells nothing', { tells: () => ({}) }, NOTHING_TOLD],
  ])('%s: gives its file all the same, and what is not known is said', async (_, quirks, note) => {
    const { place, sync } = await serverWith(quirks);
    const outcome = await sync();
    expect(outcome).toMatchObject(SWITCHED);
    expect(outcome.source?.bytes).toBe(5_000 * 22);
    if (note === '') expect(outcome.message).toMatch(/first version; layout pinned/);
    else expect(outcome.message).toContain(note);
    await expectServes(place, 5_000);
    expect(await sync()).toMatchObject({ result: 'unchanged' });
  });

  it('gives a file of exactly one read, and one of none', async () => {
    const { server, sync } = await serverWith({ tells: () => ({}) });
    const text = linesOf(16_384);
    // 32,768 bytes is what one read asks for.
    server.put(PATH, text.slice(0, 22 * 1489).padEnd(32_768, '\n'));
    expect((await sync()).source?.bytes).toBe(32_768);
    server.put(PATH, '');
    const empty = await sync();
    expect(empty.result).toBe('refused');
    expect(empty.message).toContain('the file is empty');
  });

  it.each<[string, Quirks, string]>([
    ['tells all', {}, 'still being written'],
    ['tells no size', { tells: ({ size, ...all }) => all }, 'was changed while it was read'],
    [
      'had the size 0',
      { tells: (all, call) => (call === 'fstat' ? {} : { ...all, mtime: 1 }) },
      'still being written',
    ],
  ])('%s: a file that changes while it is read is refused', async (_, quirks, says) => {
    let grown = false;
    const { server, sync } = await serverWith({
      ...quirks,
      onRead: (file) => {
        if (grown) return;
        grown = true;
        grow(file);
        file.modifiedAtUnix++;
      },
    });
    if (says.startsWith('still') && quirks.tells !== undefined) server.put(PATH, '');
    const outcome = await sync();
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
    expect(outcome.message).toContain(says);
  });

  it('is not believed where it says less than it gives', async () => {
    const { sync } = await serverWith({ tells: (all) => ({ ...all, size: 4_000 * 22 }) });
    const outcome = await sync();
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
    expect(outcome.message).toContain('still being written');
  });

  it('and cuts the text: the last line shows it', async () => {
    const { server, sync } = await serverWith({ tells: () => ({}) });
    server.put(PATH, linesOf(5_000).slice(0, -1));
    const outcome = await sync();
    expect(outcome).toMatchObject({ result: 'refused' });
    expect(outcome.message).toContain('the last line has no line end');
    expect(outcome.message).toContain(NOTHING_TOLD);
  });

  it('and cuts a zip: its checksum shows it', async () => {
    const { server, sync } = await serverWith({ tells: () => ({}) });
    const zip = zipOf([{ text: linesOf(5_000) }]);
    server.put(PATH, zip.subarray(0, -9));
    expect((await sync()).message).toContain('corrupted or cut short');
    server.put(PATH, zip);
    expect(await sync()).toMatchObject(SWITCHED);
  });
});

describe('the snapshot by the day of the fetch', () => {
  const OLD = '2020-01-31';
  it.each<[string, Quirks]>([
    ['tells no time of change', { tells: ({ mtime, ...all }) => all }],
    ['has the time 0', { tells: (all) => ({ ...all, mtime: 0 }) }],
    ['has a time that is yet to come', { tells: (all) => ({ ...all, mtime: 4_294_967_295 }) }],
  ])('is that of the newest registration where a server %s', async (_, quirks) => {
    const { server, sync } = await serverWith(quirks);
    const fresh = await sync({ snapshot: 'fetched-day' });
    expect(fresh).toMatchObject(SWITCHED);
    expect(fresh.message).toContain('the snapshot is its newest registration');
    // A file that nobody builds any more must not look fresh for want of a time.
    server.put(PATH, linesOf(5_000, OLD));
    const old = await sync({ snapshot: 'fetched-day' });
    expect(old).toMatchObject({ result: 'refused', snapshotDate: YESTERDAY });
    expect(old.message).toContain(`stale: the file is of ${OLD}`);
  });
});

describe('a symbolic link that matches the pattern', () => {
  it('is followed: the time is that of its target', async () => {
    const { server, sync } = await serverWith();
    server.put('/store/new', linesOf(20), YESTERDAY_UNIX);
    server.put('/store/old', linesOf(10), YESTERDAY_UNIX - 3_600);
    server.link('/drop/dncm-1.txt', '../store/new');
    server.link('/drop/dncm-2.txt', '../store/old', YESTERDAY_UNIX + 7_200);
    server.link('/drop/dncm-3.txt', '../store/none', YESTERDAY_UNIX + 9_000);
    server.put('/drop/dncm-4.md', 'no list');
    const outcome = await sync({ from: server.address('/drop/dncm-*.txt') });
    expect(outcome).toMatchObject({ result: 'switched', entries: 20 });
    expect(outcome.source?.fileName).toBe('dncm-1.txt');
  });

  it('to nothing is not taken for a file', async () => {
    const { server, sync } = await serverWith();
    server.link('/drop/dncm-3.txt', '../store/none');
    const outcome = await sync({ from: server.address('/drop/dncm-*.txt') });
    expect(outcome.message).toContain(
      'no file matches the pattern, got 1 names that are no regular',
    );
  });

  it('beside files without type or time: the last by name is taken, and that is said', async () => {
    const { server, sync } = await serverWith({ tells: () => ({}) });
    server.put('/drop/dncm-1.txt', linesOf(10));
    server.put('/drop/dncm-2.txt', linesOf(20));
    const outcome = await sync({ from: server.address('/drop/dncm-*.txt') });
    expect(outcome).toMatchObject({ result: 'switched', entries: 20 });
    expect(outcome.message).toContain('the last by name counts as the newest');
  });
});

describe('a file that was read to its end', () => {
  it.each<[string, Quirks, string]>([
    [
      'the server removes it',
      { removesRead: true },
      'the server removed the file once it was read',
    ],
    ['the server cuts the connection', { cutsSecondLook: true }, 'could not be looked at again'],
    [
      'the server removes it, and tells nothing',
      { removesRead: true, tells: () => ({}) },
      'tells no size',
    ],
  ])('is used though %s', async (_, quirks, note) => {
    const { place, sync } = await serverWith(quirks);
    const outcome = await sync();
    expect(outcome).toMatchObject(SWITCHED);
    expect(outcome.message).toContain(note);
    await expectServes(place, 5_000);
  });

  it('is not taken for whole where the connection ends before its end is seen', async () => {
    const { server, sync } = await serverWith({
      tells: () => ({}),
      onRead: async (_, offset) => {
        if (offset === 98_304) await server.close();
      },
    });
    const outcome = await sync();
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
    expect(outcome.message).toMatch(/the connection was cut (after \d+ bytes|before)/);
  });

  it('is not read, and so not removed, where it is larger than allowed', async () => {
    const { server, sync } = await serverWith({ removesRead: true });
    const outcome = await sync({ sourceBytesMax: 100_000 });
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'ERR_LIMIT' } });
    expect(server.files.has(PATH)).toBe(true);
    expect(await sync()).toMatchObject(SWITCHED);
  });

  it('is kept where the store is locked, and used by the next sync', async () => {
    const { server, place, sync } = await serverWith({ removesRead: true });
    expect(await sync()).toMatchObject(SWITCHED);
    server.put(PATH, linesOf(5_100));
    const store = await ListStore.open(place.store);
    const locked = await withWriter(store, 'a long one', () => sync({ lockWaitMs: 0 }));
    expect(locked).toMatchObject({ result: 'failed', error: { code: 'ERR_STORE_LOCKED' } });
    expect(server.files.has(PATH)).toBe(false);
    const outcome = await sync();
    expect(outcome).toMatchObject({ result: 'switched', entries: 5_100 });
    expect(outcome.message).toContain('there is none now');
    expect(outcome.message).toContain('no such file');
    // It was decided on: nothing is left of it, and there is no file any more.
    expect(readdirSync(store.file('incoming'))).toEqual(['tmp']);
    expect(await sync()).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
  });

  it('is kept until a person has confirmed its layout', async () => {
    const { sync } = await serverWith({ removesRead: true });
    const first = await sync({ confirmLayout: false });
    expect(first.message).toContain('the layout of this list is not pinned yet');
    expect(await sync()).toMatchObject(SWITCHED);
  });

  it('and damaged while it was kept is not used', async () => {
    const { place, sync } = await serverWith({ removesRead: true });
    await sync({ confirmLayout: false });
    const [kept = ''] = readdirSync(place.file('store/incoming')).filter((name) =>
      name.startsWith('whole-'),
    );
    place.write(`store/incoming/${kept}/source`, linesOf(4_999));
    expect(await sync()).toMatchObject({ result: 'failed', error: { code: 'ERR_FETCH' } });
  });

  it('gives way to one that is fetched later', async () => {
    const { server, sync } = await serverWith();
    await sync({ confirmLayout: false });
    server.put(PATH, linesOf(5_001));
    expect(await sync()).toMatchObject({ result: 'switched', entries: 5_001 });
  });
});
