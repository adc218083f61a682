import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { parseIsoDay } from '#tacet/calendar/day.js';
import { attachList, closeListFile, openListFile } from '#tacet/list/list.js';
import { type PackOptions, packList } from '#tacet/list/pack.js';
import { verifyListFile } from '#tacet/list/verify.js';
import { failureOf, temporaryDirectory } from '../source/fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

/** 24 November 2026, noon in Brussels. */
const NOW_MS = Date.UTC(2026, 10, 24, 11);
const LINES = '0475123456;15/03/2021\n021234567;22/11/2026\n0475123456;16/03/2021\n';

const source = directory.write(LINES, 'source.txt');
const out = join(directory.path, 'list.tacet');

async function pack(options: Partial<PackOptions> = {}) {
  return await packList({ source, out, nowMs: NOW_MS, ...options });
}

describe('packList', () => {
  it('writes a list file that verifies and holds what the source holds', async () => {
    const { header, report, layout } = await pack();
    expect(header).toMatchObject({
      name: 'dncm',
      entries: 2,
      snapshotDay: parseIsoDay('2026-11-22'),
    });
    expect(report).toMatchObject({ lines: 3, keys: 2, duplicates: 1, badLines: [] });
    expect(layout.dateForm).toBe('DD/MM/YYYY');
    expect(await verifyListFile(out)).toEqual(header);
    const handle = await openListFile(out, { mapping: 'shared' });
    const list = attachList(handle, 'auto');
    expect([...list.numbers]).toEqual([3221234567n, 32475123456n]);
    expect([...list.days]).toEqual([parseIsoDay('2026-11-22'), parseIsoDay('2021-03-16')]);
    closeListFile(handle);
  });

  it('gives the same bytes for the same source, and one version for one content', async () => {
    const { header } = await pack();
    const first = readFileSync(out);
    await pack();
    expect(readFileSync(out).equals(first)).toBe(true);
    const zipped = directory.write(gzipSync(LINES), 'zipped.txt');
    await pack({ source: zipped });
    expect(readFileSync(out).equals(first)).toBe(true);
    const reversed = directory.write(
      LINES.trim().split('\n').reverse().join('\r\n'),
      'reversed.txt',
    );
    const other = await pack({ source: reversed });
    expect(other.header.sha256).toBe(header.sha256);
    expect(other.header.sourceSha256).not.toBe(header.sourceSha256);
  });

  it('takes name, snapshot, layout and malformed lines as asked', async () => {
    const odd = directory.write(`${LINES}x;y\n`, 'odd.txt');
    const { layout } = await pack();
    const snapshotDay = parseIsoDay('2026-11-23');
    const result = await pack({
      source: odd,
      name: 'be.dncm_1-A',
      snapshotDay,
      layout,
      badLinesMax: 1,
    });
    expect(result.header).toMatchObject({ name: 'be.dncm_1-A', snapshotDay });
    expect(result.report.badLines.map(({ lineNumber }) => lineNumber)).toEqual([4]);
  });
});

describe('the snapshot date', () => {
  it('may be today in Brussels, where it is tomorrow before it is in UTC', async () => {
    const beforeMidnight = Date.UTC(2026, 10, 22, 22, 59, 59);
    const snapshotDay = parseIsoDay('2026-11-23');
    expect(await failureOf(pack({ snapshotDay, nowMs: beforeMidnight }))).toMatch(
      /^ERR_SNAPSHOT --snapshot: .*in the future.*2026-11-22, today in Brussels, got 2026-11-23/,
    );
    const { header } = await pack({ snapshotDay, nowMs: beforeMidnight + 1_000 });
    expect(header.snapshotDay).toBe(snapshotDay);
  });

  it('is refused where the newest registration is in the future, with its line', async () => {
    expect(await failureOf(pack({ nowMs: Date.UTC(2026, 10, 21, 12) }))).toMatch(
      /^ERR_SNAPSHOT .*source\.txt:2: the newest registration.*got 2026-11-22/,
    );
  });

  it('makes a later registration a malformed line', async () => {
    expect(await failureOf(pack({ snapshotDay: parseIsoDay('2026-11-21') }))).toMatch(
      /^ERR_SOURCE_LINE .*:2: .*after the snapshot date 2026-11-21/,
    );
  });

  it('is required where no date is known', async () => {
    for (const text of ['0475123456\n', '0475123456;15/03/1950\n']) {
      const dateless = directory.write(text, 'dateless.txt');
      expect(await failureOf(pack({ source: dateless }))).toMatch(/^ERR_SNAPSHOT .*--snapshot/);
      const snapshotDay = parseIsoDay('2026-11-22');
      const { header } = await pack({ source: dateless, snapshotDay });
      expect(header).toMatchObject({ snapshotDay, entries: 1 });
    }
  });

  it.each([0, -1, 1.5, Number.NaN, 65_536])('is refused: %d', async (snapshotDay) => {
    expect(await failureOf(pack({ snapshotDay }))).toMatch(/^ERR_SNAPSHOT .*out of range/);
  });
});

describe('packList refuses, and leaves nothing behind:', () => {
  const empty = directory.write('', 'empty.txt');
  const folder = join(directory.path, 'folder');
  const hard = join(directory.path, 'hard.txt');
  const soft = join(directory.path, 'soft.txt');
  mkdirSync(folder);
  linkSync(source, hard);
  symlinkSync(source, soft);
  const malformed = directory.write('0475123456;30/02/2021\n', 'malformed.txt');
  const given = {
    kind: 'separated',
    separator: ';',
    columns: ['number', 'date'],
    quotes: false,
  } as const;
  const rest = { numberForm: 'trunk', dateForm: 'DD/MM/YYYY', header: false, bom: false } as const;
  const layout = { ...given, ...rest, encoding: 'utf-8', lineEnd: 'lf' } as const;

  it.each<[string, Partial<PackOptions>, RegExp]>([
    ['an empty source', { source: empty }, /^ERR_SOURCE_FILE .*empty\.txt: the file is empty/],
    ['a missing source', { source: join(folder, 'none.txt') }, /^ERR_IO .*none\.txt: /],
    [
      'lines that are all malformed',
      { source: malformed, badLinesMax: 1, layout },
      /^ERR_SOURCE_FILE .*all 1 lines/,
    ],
    ['an empty name', { name: '' }, /^ERR_OPTION --name/],
    ['a name with a slash', { name: 'a/b' }, /^ERR_OPTION --name/],
    ['a name of 64 characters', { name: 'a'.repeat(64) }, /^ERR_OPTION --name/],
    ['the source as output', { out: source }, /^ERR_USAGE .*replace its own source/],
    ['the source by another name', { out: hard }, /^ERR_USAGE .*replace its own source/],
    ['the source behind a link', { out: soft }, /^ERR_USAGE .*replace its own source/],
    ['a directory as output', { out: folder }, /^ERR_IO .*is a directory/],
    ['a device as output', { out: '/dev/null' }, /^ERR_IO .*no regular file/],
    ['a missing directory', { out: join(folder, 'a', 'b.tacet') }, /^ERR_IO .*no such file or dir/],
    ['a file for a directory', { out: join(empty, 'b.tacet') }, /^ERR_IO .*not a directory/],
  ])('%s', async (_, options, message) => {
    await pack();
    const before = readdirSync(directory.path);
    const bytes = readFileSync(out);
    expect(await failureOf(pack(options))).toMatch(message);
    expect(readdirSync(directory.path)).toEqual(before);
    expect(readFileSync(out).equals(bytes)).toBe(true);
    expect(readFileSync(source, 'utf8')).toBe(LINES);
  });

  it('a bad place before the source is read', async () => {
    // The source is no list, which reading it would have said.
    const options = { source: empty, out: join(folder, 'a', 'b.tacet') };
    expect(await failureOf(pack(options))).toMatch(/^ERR_IO /);
  });
});
