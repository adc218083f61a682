import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dedupeFiles } from '#tacet/contacts/dedupe.js';
import { PhoneColumnsFound } from '#tacet/contacts/judge/findings.js';
import type { DedupeFilesOptions } from '#tacet/contacts/options.js';
import { isDateShaped } from '#tacet/contacts/scan/look-up.js';
import { byLastDigit, dedupeOnce, filesIn, inFolder, TestAnswerer } from './scenario.ts';

/** The undecided rows of a file whose column `phone` is dialled, and what was counted. */
async function undecidedOf(content: string, options: Partial<DedupeFilesOptions> = {}) {
  let undecided: string[] = [];
  let counts = { lookedUpToo: 0, otherColumnListed: 0, columns: [] as number[] };
  await inFolder(async (folder) => {
    const input = path.join(folder, 'in');
    fs.writeFileSync(input, content);
    const places = { undecided: path.join(folder, 'u') };
    const all = { input, ...places, columns: ['phone'], separator: ';', ...options };
    const { lookedUpToo, otherColumnListed, lookedUpColumns, commit } = await dedupeOnce(
      all,
      new TestAnswerer(byLastDigit),
    );
    await commit();
    counts = {
      lookedUpToo,
      otherColumnListed,
      columns: lookedUpColumns.map(({ number }) => number),
    };
    undecided = fs.readFileSync(places.undecided, 'utf8').split('\n').slice(1, -1);
  });
  return { undecided, ...counts };
}

/** A column that for the most part holds words. */
function fileWith(name: string, cell: string): string {
  return `phone;${name}\n0475000000;word\n0475000001;${cell}\n0475000002;word\n0475000003;word\n`;
}

describe('a column that nobody named', () => {
  it.each([
    ['0475123455'],
    [' 0475123455'],
    ['   0475 12 34 55 '],
    ['\t0475123455'],
    ['\u00a00475123455'],
    ["'0475123455"],
    ['="0475123455"'],
    ['"=""0475123455"""'],
    ['"0475123455"'],
    ['"\n0475123455"'],
    ['(0475) 12 34 55'],
    ['+32475123455'],
    ['0032 475 12 34 55'],
    ['tel:0475123455'],
    ['０４７５１２３４５５'],
    ['\u200b0475123455'],
    // On the list with an opt-in: nobody asked for that one.
    ['0475123457'],
  ])('with the listed number %j in one cell makes its row undecided', async (cell) => {
    const { undecided, ...counts } = await undecidedOf(fileWith('note', cell));
    expect(undecided.join('\n')).toBe(`0475000001;${cell};undecided;other-column-listed`);
    expect(counts).toEqual({ lookedUpToo: 1, otherColumnListed: 1, columns: [] });
  });

  it.each([
    ['no trunk zero and no country code', 'note', '475123455'],
    ['digits of a company number', 'BTW-nummer', '0475.123.455'],
    ['a word beside it', 'note', 'x 0475123455'],
    ['a callable number', 'note', '0475123451'],
  ])('does not with %s', async (_, name, cell) => {
    expect((await undecidedOf(fileWith(name, cell))).undecided).toEqual([]);
  });

  it.each(['Tel. klant', 'gsm', 'fax phone', 'BTW telefoon'])(
    'whose name %j says telephone is looked up whole',
    async (name) => {
      const found = await undecidedOf(fileWith(name, '475123455'));
      expect(found.undecided).toEqual(['0475000001;475123455;undecided;other-column-listed']);
      expect(found.columns).toEqual([2]);
    },
  );

  it('is left alone where nobody dials it', async () => {
    for (const name of ['note', 'gsm']) {
      const { undecided, lookedUpToo } = await undecidedOf(fileWith(name, '0475123455'), {
        notDialled: [name],
      });
      expect([undecided, lookedUpToo]).toEqual([[], 0]);
    }
  });

  it('of numbers further down is told, whatever the threads, and nothing is left', async () => {
    const words = '0475000000;word\n'.repeat(2500);
    const content = `phone;note\n${words}${'0475000001;475123455\n'.repeat(1500)}${words}`;
    for (const threads of [1, 2]) {
      await inFolder(async (folder) => {
        const input = path.join(folder, 'in');
        fs.writeFileSync(input, content);
        const options = { input, columns: ['phone'], callable: path.join(folder, 'c'), threads };
        const limits = { rowBytesMax: 100, headBytes: 1000, blockBytes: 40_000 };
        const found = await dedupeFiles({ ...options, ...limits }, new TestAnswerer(byLastDigit));
        expect(found).toBeInstanceOf(PhoneColumnsFound);
        expect(found).toMatchObject({ columns: [1] });
        expect(filesIn(folder)).toEqual(['in']);
      });
    }
    const { otherColumnListed } = await undecidedOf(content, { phoneColumns: [1] });
    expect(otherColumnListed).toBe(1500);
  });
});

it.each([
  ['31/01/2026', true],
  ['1.2.80', true],
  ['01/31/2026', true],
  ['2026-01-31', true],
  ['2026-01-31 10:20', true],
  ['31/01/2026T10:20', true],
  ['02/22/68851', false],
  ['13/13/2026', false],
  ['32/01/2026', false],
  ['0475/12.34.56', false],
  ['02.12.34.56', false],
  ['2026-01-31-02', false],
])('%j is a date: %s', (text, isDate) => {
  expect(isDateShaped(text)).toBe(isDate);
});
