import { afterAll, describe, expect, it } from 'vitest';
import { type Layout, parseLayout } from '#tacet/source/layout/layout.js';
import {
  contentOf,
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

const LINES = '0475123456;15/03/2021\n021234567;14/03/2021\n0475123456;16/03/2021\n';
const BOTH = [3221234567n, 32475123456n];
const PINNED: Layout = { ...LAYOUT, trailer: 'TOTAL;{count}' };

describe('a trailer', () => {
  it.each([
    ['TOTAL;3', 'TOTAL;{count}'],
    ['T;3', 'T;{count}'],
    ['#3', '#{count}'],
    ['TRAILER 3', 'TRAILER {count}'],
    ['  TRAILER    0000003  ', 'TRAILER {count}'],
    ['"TOTAL";"3"', '"TOTAL";"{count}"'],
    ['Nombre d\u2019enregistrements : 3', 'Nombre d\u2019enregistrements : {count}'],
    ['T\t3\t', 'T\t{count}\t'],
    ['# records=3;', '# records={count};'],
  ])('is found, pinned and checked: %j', async (line, trailer) => {
    for (const [header, end] of [
      ['', ''],
      ['Nummer;Datum\n', '\n'],
      ['', '\n\n\n'],
    ]) {
      const path = directory.write(`${header}${LINES}${line}${end}`);
      const list = await read(path);
      expect(list.layout).toEqual({ ...LAYOUT, header: header !== '', trailer });
      expect(list.report).toMatchObject({ lines: 3, keys: 2, duplicates: 1, badLines: [] });
      expect([...list.numbers]).toEqual(BOTH);
      const given = parseLayout(JSON.stringify(list.layout), 'l.json');
      expect(given).toEqual(list.layout);
      expect(await read(path, { layout: given })).toEqual(list);
      const less = directory.write(`${header}${LINES.slice(22)}${line}${end}`);
      for (const layout of ['auto' as const, given]) {
        expect(await failureOf(read(less, { layout, badLinesMax: 9 }))).toMatch(
          /^ERR_SOURCE_FILE .*:[34]: .*cut or damaged, expected 2, as many as were read, got 3\./,
        );
      }
    }
  });

  it('may stand behind blank lines, and in a file of any line end', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const path = directory.write(`${LINES}\n\nTOTAL;3\n`.replaceAll('\n', end));
      const { layout, numbers } = await read(path);
      expect(layout.trailer).toBe('TOTAL;{count}');
      expect([...numbers]).toEqual(BOTH);
    }
  });

  it('is found behind many lines, of which not all have the plainest form', async () => {
    const entries = randomEntries(randomOf(7), 100_000);
    const text = renderSource(entries, LAYOUT).toString().replace('\n', ' \n');
    const list = await read(directory.write(`${text}TOTAL;100000\n`));
    expect(list.layout).toEqual(PINNED);
    expect(list.report.lines).toBe(100_000);
    expect(await failureOf(read(directory.write(`${text}TOTAL;99999\n`)))).toMatch(
      /^ERR_SOURCE_FILE .*:100001: .*expected 100000, as many as were read, got 99999/,
    );
  });

  it('counts neither header nor itself', async () => {
    for (const count of [0, 2, 4, 5, 30]) {
      const path = directory.write(`Nummer;Datum\n${LINES}TOTAL;${count}\n`);
      expect(await failureOf(read(path))).toMatch(
        /^ERR_SOURCE_FILE .*:5: the trailer does not count the lines that there are/,
      );
    }
  });

  it('counts malformed lines that may pass, and no blank ones', async () => {
    const path = directory.write(`${LINES}x;y\n\n${LINES}TOTAL;7\n`);
    const { report } = await read(path, { badLinesMax: 2 });
    expect(report).toMatchObject({ lines: 8, duplicates: 4 });
    expect(report.badLines.map(({ lineNumber }) => lineNumber)).toEqual([4, 5]);
  });

  it('of a list that is empty does not make it one', async () => {
    for (const text of ['TOTAL;0\n', 'Nummer;Datum\nTOTAL;0\n', '\nTOTAL;0\n']) {
      const path = directory.write(text);
      expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_(FILE|LAYOUT) /);
      const layout = { ...PINNED, header: text.startsWith('N') };
      expect(await failureOf(read(path, { layout }))).toMatch(/^ERR_SOURCE_FILE /);
    }
  });

  it('shows no count that might be a number', async () => {
    const failure = await failureOf(read(directory.write(`${LINES}x;0475123499\n`)));
    expect(failure).toMatch(/^ERR_SOURCE_FILE .*:4: .*got "999999999"/);
    expect(failure).not.toContain('75123499');
  });
});

describe('no trailer is', () => {
  it.each([
    ['a number alone', '3'],
    ['a number glued to a letter', 'T3'],
    ['a number with a sign', 'TOTAL;+3'],
    ['a number with marks in it', 'TOTAL;1.003'],
    ['a bad number', 'TOTAL;3x'],
    ['no number', 'TOTAL;'],
    ['two numbers', 'TOTAL;3;3'],
    ['a digit of another script', 'TOTAL;\u0663'],
    ['a damaged registration', '0475x23456;15/03/2021'],
    ['a registration without its date', '0475123459'],
    ['a cut registration', '04751'],
  ])('%s', async (_, line) => {
    for (const layout of ['auto' as const, PINNED]) {
      const failure = await failureOf(read(directory.write(`${LINES}${line}\n`), { layout }));
      expect(failure).toMatch(/^ERR_SOURCE_LINE .*:4: malformed line: /);
    }
    // Let pass as malformed, it is still no trailer.
    const path = directory.write(`${LINES}${line}\n`);
    expect(await failureOf(read(path, { layout: PINNED, badLinesMax: 1 }))).toMatch(/no trailer/);
    expect((await read(path, { badLinesMax: 1 })).layout).toEqual(LAYOUT);
  });

  it('a line that another follows', async () => {
    for (const layout of ['auto' as const, PINNED]) {
      for (const between of ['', '\n\n']) {
        const text = `${LINES}TOTAL;3\n${between}${LINES}TOTAL;6\n`;
        const path = directory.write(text);
        expect(await failureOf(read(path, { layout }))).toMatch(
          /^ERR_SOURCE_LINE .*:4: malformed line: no phone number/,
        );
        const options = { layout, badLinesMax: 3 };
        expect(await failureOf(read(path, options))).toMatch(
          /^ERR_SOURCE_FILE .*expected 7.*got 6/,
        );
        const right = directory.write(text.replace('TOTAL;6', 'TOTAL;7'));
        const { report } = await read(right, options);
        const blank = between === '' ? [] : [5, 6];
        expect(report.badLines.map(({ lineNumber }) => lineNumber)).toEqual([4, ...blank]);
        expect(report.lines).toBe(7 + blank.length);
      }
    }
  });

  it('a line that reads as a registration, whatever the layout says', async () => {
    const columns = ['number'] as const;
    const layout: Layout = { ...LAYOUT, columns, dateForm: null, trailer: '047512345{count}' };
    const path = directory.write('0475123456\n0475123457\n0475123452\n');
    expect(await failureOf(read(path, { layout }))).toMatch(/^ERR_SOURCE_FILE .*has no trailer/);
  });
});

describe('once a trailer is pinned', () => {
  it('a file without it is refused as cut, even where malformed lines may pass', async () => {
    for (const text of [LINES, LINES.slice(0, -1), `${LINES}\n\n`]) {
      for (const badLinesMax of [0, 9]) {
        const path = directory.write(text, 'cut.txt');
        expect(await failureOf(read(path, { layout: PINNED, badLinesMax }))).toMatch(
          /^ERR_SOURCE_FILE .*cut\.txt: the file has no trailer.*"TOTAL;\{count\}".*--layout FILE/,
        );
      }
    }
    const { trailer: _, ...without } = PINNED;
    expect((await read(directory.write(LINES), { layout: without })).report.lines).toBe(3);
  });

  it('another is refused', async () => {
    for (const line of ['T;3', 'TOTAL,3', 'total;3', 'TOTAL;3;', 'TOTAL;3 x', 'xTOTAL;3']) {
      const path = directory.write(`${LINES}${line}\n`);
      expect(await failureOf(read(path, { layout: PINNED }))).toMatch(/^ERR_SOURCE_LINE .*:4: /);
    }
  });

  it('a file with one is refused where none is', async () => {
    const path = directory.write(`${LINES}TOTAL;3\n`);
    expect(await failureOf(read(path, { layout: LAYOUT }))).toMatch(
      /^ERR_SOURCE_LINE .*:4: .*--layout FILE, "trailer": "TOTAL;\{count\}" in it/,
    );
  });

  it('it may be of fixed width, or have digits in it', async () => {
    const number = { offset: 2, bytes: 10 };
    const profile = { kind: 'fixed', number, numberForm: 'trunk', trailer: '99{count}' };
    const layout = parseLayout(JSON.stringify(profile), 'l.json');
    const path = directory.write('  0475123456\n  021234567 \n9900000002\n');
    expect(contentOf(await read(path, { layout })).numbers).toEqual(BOTH);
    const wrong = directory.write('  0475123456\n  021234567 \n9900000003\n');
    expect(await failureOf(read(wrong, { layout }))).toMatch(/^ERR_SOURCE_FILE .*got 3\./);
  });

  it.each([3, true, '', 'TOTAL', '{count}', ' "{count}" ', '{count};{count}', 'T\n{count}', {}])(
    'its form in the layout is not %j',
    async (trailer) => {
      const json = JSON.stringify({ ...LAYOUT, trailer });
      const failure = await failureOf((async () => parseLayout(json, 'p.json'))());
      expect(failure).toMatch(
        /^ERR_SOURCE_LAYOUT p\.json: bad "trailer" in the layout, expected te/,
      );
    },
  );
});
