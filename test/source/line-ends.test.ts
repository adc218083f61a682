import { afterAll, describe, expect, it } from 'vitest';
import type { LineEnd } from '#tacet/source/layout/layout.js';
import {
  contentOf,
  expectedOf,
  failureOf,
  LAYOUT,
  randomEntries,
  randomOf,
  read,
  renderSource,
  temporaryDirectory,
} from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

const ONE = '0475123456;15/03/2021';
const TWO = '021234567;14/03/2021';
const BOTH = [3221234567n, 32475123456n];
const CR = { ...LAYOUT, lineEnd: 'cr' } as const;

describe('lines that end with CR', () => {
  it.each([
    ['as they are', `${ONE}\r${TWO}\r`],
    ['without the last', `${ONE}\r${TWO}`],
    ['with blank lines at the end', `${ONE}\r${TWO}\r\r\r`],
    ['with a header', `Num\u00e9ro;Date\r${ONE}\r${TWO}\r`],
    ['with BOM and header', `\ufeffNum\u00e9ro;Date\r${ONE}\r${TWO}\r`],
    ['with a trailer', `${ONE}\r${TWO}\rTOTAL;2\r`],
  ])('are found, %s, and are as good as given', async (_, text) => {
    const path = directory.write(text);
    const { layout, numbers, report } = await read(path);
    expect(layout.lineEnd).toBe('cr');
    expect([...numbers]).toEqual(BOTH);
    expect(report.lines).toBe(2);
    expect(contentOf(await read(path, { layout })).numbers).toEqual(BOTH);
  });

  it('may be many, over the blocks in which a file is read, and settle the dates', async () => {
    const entries = randomEntries(randomOf(5), 120_000);
    const text = renderSource(entries, CR);
    const list = await read(directory.write(text));
    expect(list.layout).toEqual(CR);
    expect(contentOf(list)).toEqual(expectedOf(entries, true));
    const ambiguous = '0475123456;03/04/2025\r'.repeat(100_000);
    const settled = await read(directory.write(`${ambiguous}${ONE}\r`));
    expect(settled.layout.dateForm).toBe('DD/MM/YYYY');
  });

  it('know their numbers: one malformed line is named, and one that is too long', async () => {
    const path = directory.write(`${ONE}\rx;y\r${'0'.repeat(3_000)}\r${TWO}\r`);
    const { report, numbers } = await read(path, { badLinesMax: 2 });
    expect(report.badLines.map(({ lineNumber }) => lineNumber)).toEqual([2, 3]);
    expect([...numbers]).toEqual(BOTH);
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LINE .*:2: /);
  });
});

describe('a file that drifts from its line end', () => {
  const ends: Readonly<Record<LineEnd, string>> = { lf: '\n', crlf: '\r\n', cr: '\r' };
  const all = Object.entries(ends) as [LineEnd, string][];

  for (const [lineEnd] of all) {
    for (const [got, end] of all.filter(([other]) => other !== lineEnd)) {
      it.each([2, 1_000])(`is refused: ${got} for ${lineEnd}, %i lines`, async (lines) => {
        for (const header of [false, true]) {
          const text = `${header ? `a;b${end}` : ''}${`${ONE}${end}`.repeat(lines)}`;
          const layout = { ...LAYOUT, lineEnd, header };
          const path = directory.write(text);
          const failure = await failureOf(read(path, { layout }));
          expect(failure).toMatch(/^ERR_SOURCE_LINE .*:[12]: malformed line: drifts/);
          const names = `expected the line end ${lineEnd.toUpperCase()}, got ${got.toUpperCase()}`;
          expect(failure).toContain(names);
          expect(failure).toContain(`--layout FILE, "lineEnd": "${got}" in it`);
          const right = await read(path, { layout: { ...layout, lineEnd: got } });
          expect(right.report.lines).toBe(lines);
        }
      });
    }
  }

  it('is refused where CR and LF mix, and loses no line in silence where it may pass', async () => {
    const mixed = directory.write(`${ONE}\r${TWO}\n${ONE}\n${ONE}\r${TWO}\r`);
    expect(await failureOf(read(mixed, { badLinesMax: 9 }))).toMatch(
      /^ERR_SOURCE_LAYOUT .*others in a line feed, expected LF, CRLF or CR/,
    );
    expect(await failureOf(read(mixed, { layout: CR }))).toMatch(/:2: .*line end CR, got LF/);
    const { report } = await read(mixed, { layout: CR, badLinesMax: 2 });
    expect(report.badLines.map(({ lineNumber }) => lineNumber)).toEqual([2, 3]);
    expect(report.lines).toBe(5);
  });

  it('is refused where LF comes behind the lines that are looked at', async () => {
    const path = directory.write(`${`${ONE}\r`.repeat(20_000)}${TWO}\n`);
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LINE .*:20001: .*got LF/);
  });
});

it('accounts for every line of a damaged source whose lines end with CR', async () => {
  const random = randomOf(29);
  const pieces = ['\r', '\n', '\r\n', ';', '"', ' ', '\0', '9', 'x', '0475123', 'TOTAL;', '#'];
  let accepted = 0;
  for (let round = 0; round < 300; round++) {
    const entries = randomEntries(random, 1 + random(40));
    let text = renderSource(entries, { ...CR, header: random(2) === 0 }).toString('latin1');
    if (random(2) === 0) text += `TOTAL;${entries.length}\r`;
    for (let damage = random(4); damage > 0; damage--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + (pieces[random(pieces.length)] ?? '') + text.slice(at + random(3));
    }
    const path = directory.write(Buffer.from(text, 'latin1'), 'damaged.txt');
    try {
      const { layout, report } = await read(path, { badLinesMax: 5 });
      let body = text.replace(/[\r\n]+$/, '');
      if (layout.trailer !== undefined) body = body.replace(/[\r\n]+[^\r\n]*$/, '');
      const lines = body.split(layout.lineEnd === 'cr' ? /[\r\n]/ : '\n').length;
      expect(report.lines, JSON.stringify(text)).toBe(lines - (layout.header ? 1 : 0));
      expect(report.keys + report.duplicates + report.badLines.length).toBe(report.lines);
      accepted++;
    } catch (error) {
      expect(error, JSON.stringify(text)).toMatchObject({
        code: expect.stringMatching(/^ERR_SOURCE_(FILE|LAYOUT|LINE)$/),
      });
    }
  }
  expect(accepted).toBeGreaterThan(100);
});
