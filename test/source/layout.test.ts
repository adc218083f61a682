import { afterAll, describe, expect, it } from 'vitest';
import {
  describeLayout,
  type FixedLayout,
  type Layout,
  parseLayout,
} from '#tacet/source/layout/layout.js';
import {
  contentOf,
  type Entry,
  failureOf,
  LAYOUT,
  read,
  renderSource,
  temporaryDirectory,
} from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

const FIXED: FixedLayout = {
  kind: 'fixed',
  number: { offset: 0, bytes: 12 },
  date: { offset: 14, bytes: 8 },
  numberForm: 'trunk',
  dateForm: 'YYYYMMDD',
  header: false,
  encoding: 'utf-8',
  bom: false,
  lineEnd: 'lf',
};

/** 0475 12 34 56 twice, 02 123 45 67, 03 212 34 56 (which begins with 32), 071 23 45 67. */
const ENTRIES: readonly Entry[] = [
  { key: 32475123456, day: 18701 }, // 2021-03-15
  { key: 3221234567, day: 16801 }, // 2016-01-01
  { key: 3232123456, day: 20780 }, // 2026-11-23
  { key: 32475123456, day: 18702 },
  { key: 3271234567, day: 1 }, // 1970-01-02
];
const EXPECTED = {
  numbers: [3221234567n, 3232123456n, 3271234567n, 32475123456n],
  days: [16801, 20780, 1, 18702],
};

describe('fixed width', () => {
  it('reads padded columns in either order, with header and CRLF', async () => {
    for (const layout of [
      FIXED,
      { ...FIXED, header: true, lineEnd: 'crlf' as const, bom: true },
      { ...FIXED, number: { offset: 10, bytes: 12 }, date: { offset: 0, bytes: 8 } },
    ]) {
      const list = await read(directory.write(renderSource(ENTRIES, layout)), { layout });
      expect(contentOf(list)).toEqual(EXPECTED);
    }
  });

  it('reads numbers alone', async () => {
    const layout: Layout = { ...FIXED, date: null, dateForm: null };
    const list = await read(directory.write('0475123456  \n021234567\n'), { layout });
    expect(contentOf(list).numbers).toEqual([3221234567n, 32475123456n]);
  });

  it.each([
    ['a short line', '0475123456'],
    ['a line without its date', '0475123456    '],
    ['text between the columns', '0475123456   x20210315'],
    ['text behind the columns', '0475123456    202103151'],
    ['a number beyond its column', '00000475123456 20210315'],
  ])('refuses %s', async (_, line) => {
    const failure = await failureOf(read(directory.write(`${line}\n`), { layout: FIXED }));
    expect(failure).toMatch(/^ERR_SOURCE_LINE .*:1: malformed line/);
  });
});

describe('a profile', () => {
  it('is what a detected layout is as JSON', () => {
    for (const layout of [LAYOUT, FIXED, { ...FIXED, date: null, dateForm: null }]) {
      expect(parseLayout(JSON.stringify(layout), 'p.json')).toEqual(layout);
    }
  });

  it('may leave out what has a default', () => {
    const json = `{"separator": ";", "columns": ["number", "date"], "numberForm": "trunk",
      "dateForm": "DD/MM/YYYY"}`;
    expect(parseLayout(json, 'p.json')).toEqual(LAYOUT);
    expect(parseLayout('{"columns": ["number"], "numberForm": "plus"}', 'p.json')).toEqual({
      ...LAYOUT,
      columns: ['number'],
      numberForm: 'plus',
      dateForm: null,
    });
  });

  it.each([
    ['{', 'the layout is not JSON'],
    ['[]', 'the layout is not an object, got []'],
    ['null', 'the layout is not an object, got null'],
    [{ ...LAYOUT, colour: 1 }, 'unknown key "colour" in the layout, expected kind, numberForm'],
    [{ ...LAYOUT, number: { offset: 0, bytes: 1 } }, 'unknown key "number"'],
    [{ ...FIXED, separator: ';' }, 'unknown key "separator"'],
    [{ ...LAYOUT, kind: 'xml' }, 'bad "kind" in the layout, expected "separated", "fixed"'],
    [{ ...LAYOUT, separator: ':' }, 'bad "separator"'],
    [{ ...LAYOUT, separator: undefined }, '"separator" is missing'],
    [{ ...LAYOUT, columns: 'number' }, 'bad "columns"'],
    [{ ...LAYOUT, columns: ['number', 'name'] }, 'bad "columns"'],
    [{ ...LAYOUT, columns: ['date'] }, 'bad "columns"'],
    [{ ...LAYOUT, columns: ['number', 'number'] }, 'bad "columns"'],
    [{ ...LAYOUT, columns: ['number', 'date', 'date'] }, 'bad "columns"'],
    [{ ...LAYOUT, columns: ['number', ...Array(8).fill('empty')] }, 'up to 8'],
    [{ ...LAYOUT, columns: undefined }, '"columns" is missing'],
    [{ ...LAYOUT, quotes: 'yes' }, 'bad "quotes" in the layout, expected true or false, got "yes"'],
    [{ ...LAYOUT, numberForm: '0475' }, 'bad "numberForm" in the layout, expected "trunk"'],
    [{ ...LAYOUT, dateForm: 'D/M/YY' }, 'bad "dateForm"'],
    [{ ...LAYOUT, dateForm: null }, '"dateForm" is missing'],
    [{ ...LAYOUT, columns: ['number'] }, 'bad "dateForm" in the layout, expected null'],
    [{ ...LAYOUT, header: 1 }, 'bad "header"'],
    [{ ...LAYOUT, encoding: 'latin1' }, 'bad "encoding"'],
    [{ ...LAYOUT, encoding: 'windows-1252', bom: true }, 'bad "bom"'],
    [{ ...LAYOUT, lineEnd: '\r' }, 'bad "lineEnd"'],
    [{ ...FIXED, number: 3 }, '"number" of the layout is not an object'],
    [{ ...FIXED, number: { offset: -1, bytes: 3 } }, 'bad "number.offset"'],
    [{ ...FIXED, number: { offset: 0, bytes: 1.5 } }, 'bad "number.bytes"'],
    [{ ...FIXED, number: { offset: 0, bytes: 9, pad: 0 } }, 'unknown key "pad"'],
    [{ ...FIXED, number: { offset: 1020, bytes: 9 } }, 'within the first 1024 bytes'],
    [{ ...FIXED, date: { offset: 11, bytes: 8 } }, 'does not overlap'],
  ])('is refused: %j', async (profile, message) => {
    const json = typeof profile === 'string' ? profile : JSON.stringify(profile);
    const failure = await failureOf((async () => parseLayout(json, 'p.json'))());
    expect(failure).toContain('ERR_SOURCE_LAYOUT p.json: ');
    expect(failure).toContain(message);
  });

  it('is refused where the file begins differently than it says', async () => {
    const plain = directory.write('0475123456;15/03/2021\n');
    const layout = { ...LAYOUT, bom: true };
    expect(await failureOf(read(plain, { layout }))).toMatch(/^ERR_SOURCE_LAYOUT .*BOM/);
    const marked = directory.write('\ufeff0475123456;15/03/2021\n');
    expect(await failureOf(read(marked, { layout: LAYOUT }))).toMatch(/^ERR_SOURCE_LAYOUT .*BOM/);
    const header = { ...LAYOUT, header: true };
    expect(await failureOf(read(plain, { layout: header }))).toMatch(
      /^ERR_SOURCE_LAYOUT .*:1: the layout has a header, but this line reads as a number/,
    );
  });
});

describe('describeLayout', () => {
  it('says a layout in one line', () => {
    expect(describeLayout({ ...LAYOUT, header: true, quotes: true, bom: true })).toBe(
      'number, date separated by ";"; numbers as 0NNNNNNNNN, dates as DD/MM/YYYY; ' +
        'header, quotes, utf-8 with BOM, LF',
    );
    expect(
      describeLayout({ ...LAYOUT, columns: ['number'], dateForm: null, lineEnd: 'crlf' }),
    ).toBe('one column: number; numbers as 0NNNNNNNNN, no dates; no header, utf-8, CRLF');
    expect(describeLayout(FIXED)).toBe(
      'fixed width: number at byte 0 (12), date at 14 (8); numbers as 0NNNNNNNNN, ' +
        'dates as YYYYMMDD; no header, utf-8, LF',
    );
  });
});
