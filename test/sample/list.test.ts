import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SAMPLE_LIST_FORMS, sampleList, writeSampleList } from '#tacet/sample/list.js';
import { SampleNumbers, sampleKeys } from '#tacet/sample/numbers.js';
import { Permutation } from '#tacet/sample/random.js';

const SNAPSHOT_DAY = 20_779; // 2026-11-22
const SEED = 20_261_122;

const FIXED =
  /^(?:80[2-8]\d{5}|(?:1[0-69]|[23][2-8]|4[23]|5\d|6[013-57-9]|71|8[1-79]|9[2-4])\d{6})$/;
const MOBILE = /^4[5-9]\d{7}$/;
const LINE = /^0(\d{8,9});(\d\d)\/(\d\d)\/(\d{4})$/;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tacet-sample-list-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function linesOf(
  rows: number,
  options: { seed?: number; snapshotDay?: number; form?: keyof typeof SAMPLE_LIST_FORMS } = {},
): Promise<string[]> {
  const out = join(folder, 'list.txt');
  await writeSampleList({ rows, seed: SEED, snapshotDay: SNAPSHOT_DAY, out, ...options });
  const text = await readFile(out, 'latin1');
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

function isoDate(line: string): string {
  const [, , day, month, year] = LINE.exec(line) ?? [];
  return `${year}-${month}-${day}`;
}

describe('writeSampleList', () => {
  let lines: string[];
  beforeAll(async () => {
    lines = await linesOf(100_000);
  });

  it('writes one line a row, each a number of the plan and a real date', () => {
    expect(lines.length).toBe(100_000);
    for (const line of lines) {
      const [, national = ''] = LINE.exec(line) ?? [];
      expect(FIXED.test(national) || MOBILE.test(national), line).toBe(true);
      const date = isoDate(line);
      expect(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(date);
    }
  });

  it('writes no number twice', () => {
    expect(new Set(lines.map((line) => line.split(';')[0])).size).toBe(100_000);
  });

  it('dates the first line 17/01/2005, the last the snapshot day, and never goes back', () => {
    expect(lines[0]).toMatch(/;17\/01\/2005$/);
    expect(lines.at(-1)).toMatch(/;22\/11\/2026$/);
    const dates = lines.map(isoDate);
    expect(dates).toEqual(dates.toSorted());
  });

  it('does not sort by number', () => {
    const numbers = lines.slice(0, 1000).map((line) => Number(line.split(';')[0]));
    const ascents = numbers.filter((number, i) => number > (numbers[i - 1] ?? 0)).length;
    expect(ascents).toBeGreaterThan(400);
    expect(ascents).toBeLessThan(600);
  });

  it('has 50.3 % mobile numbers, and most fixed ones in Brussels', () => {
    const mobile = lines.filter((line) => /^04[5-9]\d{7};/.test(line)).length;
    expect(mobile).toBe(50_266); // 751,704 of 1,495,466
    const shareOf = (zone: RegExp) => lines.filter((line) => zone.test(line)).length / 49_734;
    expect(shareOf(/^02\d{7};/)).toBeGreaterThan(0.12);
    expect(shareOf(/^03\d{7};/)).toBeGreaterThan(0.09);
    expect(shareOf(/^04[23]\d{6};/)).toBeGreaterThan(0.04);
    expect(shareOf(/^080\d{6};/)).toBeLessThan(0.02);
  });

  it('clusters: a tenth of the blocks of 10,000 holds a third of the numbers', () => {
    const blocks = new Map<string, number>();
    for (const line of lines) {
      const block = line.split(';')[0]?.slice(0, -4) ?? '';
      blocks.set(block, (blocks.get(block) ?? 0) + 1);
    }
    const counts = [...blocks.values()].sort((a, b) => b - a);
    const tenth = counts.slice(0, 1047).reduce((sum, count) => sum + count, 0);
    expect(tenth).toBeGreaterThan(33_000);
  });

  it('gives the same bytes for the same seed, others for another', async () => {
    expect(await linesOf(2000)).toEqual(await linesOf(2000));
    expect(await linesOf(2000)).not.toEqual(await linesOf(2000, { seed: SEED + 1 }));
    expect(await linesOf(2000)).not.toEqual(await linesOf(2000, { seed: SEED + 2 ** 32 }));
  });

  it('is the list that sampleKeys and sampleList hold in memory', async () => {
    const written = await linesOf(3000);
    const { keys, days } = sampleList({ rows: 3000, seed: SEED, snapshotDay: SNAPSHOT_DAY });
    expect(sampleKeys({ seed: SEED, count: 3000 })).toEqual(keys);
    const fromMemory = Array.from(keys, (key, i) => {
      const [year, month, day] = new Date((days[i] ?? 0) * 86_400_000)
        .toISOString()
        .slice(0, 10)
        .split('-');
      return `0${String(key).slice(2)};${day}/${month}/${year}`;
    });
    expect(fromMemory).toEqual(written);
  });

  it.each([1, 2, 3, 10])('writes %i rows, the last of the snapshot day', async (rows) => {
    const few = await linesOf(rows);
    expect(few.length).toBe(rows);
    expect(few.at(-1)).toMatch(/;22\/11\/2026$/);
  });

  it.each([
    ['national', /^0\d{8,9};/],
    ['plus', /^\+32\d{8,9};/],
    ['double-zero', /^0032\d{8,9};/],
    ['country-code', /^32\d{8,9};/],
    ['bare', /^[1-9]\d{7,8};/],
  ] as const)('writes the form %s', async (form, pattern) => {
    const [national, written] = [await linesOf(50), await linesOf(50, { form })];
    for (const [i, line] of written.entries()) {
      expect(line).toMatch(pattern);
      expect(line.endsWith(national[i]?.slice(1) ?? '?')).toBe(true);
    }
  });

  it.each([
    ['no rows', { rows: 0 }],
    ['half a row', { rows: 1.5 }],
    ['more rows than numbers', { rows: 95_000_001 }],
    ['a negative seed', { seed: -1 }],
    ['a snapshot before the first registration', { snapshotDay: 12_799 }],
    ['a snapshot that is no day', { snapshotDay: Number.NaN }],
    ['an unknown form', { form: 'roman' as 'plus' }], // what a caller without types may pass
  ])('refuses %s', async (_, wrong) => {
    const options = { rows: 10, seed: 1, snapshotDay: SNAPSHOT_DAY, out: join(folder, 'no.txt') };
    await expect(writeSampleList({ ...options, ...wrong })).rejects.toMatchObject({
      code: 'ERR_OPTION',
    });
    expect(await readdir(folder)).not.toContain('no.txt');
  });

  it('names the file it cannot write, and leaves nothing behind', async () => {
    const options = { rows: 10, seed: 1, snapshotDay: SNAPSHOT_DAY };
    await writeFile(join(folder, 'file'), 'x');
    for (const out of [
      folder,
      join(folder, 'none', 'list.txt'),
      join(folder, 'file', 'list.txt'),
    ]) {
      await expect(writeSampleList({ ...options, out })).rejects.toMatchObject({
        code: 'ERR_IO',
        message: expect.stringContaining(out),
      });
    }
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('SampleNumbers', () => {
  it('has a number of its own at each index, up to nearly full blocks', () => {
    // 95,000,000 numbers fill nearly all blocks; half a million of them meet in each hundred.
    const numbers = new SampleNumbers({ seed: SEED, count: 95_000_000 });
    const seen = new Set<number>();
    for (let i = 0; i < 500_000; i++) seen.add(numbers.at(i));
    expect(seen.size).toBe(500_000);
  });
});

describe('Permutation', () => {
  it('reaches every place once, for every size up to 300', () => {
    for (let count = 1; count <= 300; count++) {
      const permutation = new Permutation(SEED, count);
      const places = Array.from({ length: count }, (_, i) => permutation.at(i));
      expect(places.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  });
});
