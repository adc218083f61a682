import { afterAll, describe, expect, it } from 'vitest';
import { type Layout, parseLayout } from '#tacet/source/layout/layout.js';
import { failureOf, LAYOUT, read, temporaryDirectory } from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

const GOOD = '0475123456;15/03/2021\n';
/** More than is looked at to find the layout. */
const MANY = GOOD.repeat(13_000);
const FIXED = {
  kind: 'fixed',
  number: { offset: 0, bytes: 10 },
  date: { offset: 10, bytes: 8 },
  numberForm: 'trunk',
  dateForm: 'YYYYMMDD',
};

/** What the error of a file says to write into the layout, as JSON; null for nothing. */
function adviceOf(failure: string): Record<string, unknown> | null {
  const [, keys] = /--layout FILE, (".*) in it;/.exec(failure) ?? [];
  return keys === undefined ? null : (JSON.parse(`{${keys}}`) as Record<string, unknown>);
}

/** With the layout that was found, and the advice in it. */
function advised(layout: Layout, advice: Record<string, unknown> | null): Layout {
  return parseLayout(JSON.stringify({ ...layout, ...advice }), 'advised.json');
}

describe('advice to give a layout, where the layout was found by itself,', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['quotes', `${MANY}"0475123457";"15/03/2021"\n`, { quotes: true }],
    ['no-break spaces', `${MANY}0475\u00a012;15/03/2021\n`, { encoding: 'windows-1252' }],
    ['another form of number', `${MANY}+32475123457;15/03/2021\n`, { numberForm: 'any' }],
    ['a time', `${MANY}0475123457;15/03/2021 10:00\n`, { dateForm: 'DD/MM/YYYY[ HH:mm]' }],
    [
      'no time',
      '0475123456;2021-03-15T10:00:00\n0475123457;2021-03-15\n',
      { dateForm: 'YYYY-MM-DD[THH:mm:ss]' },
    ],
    ['a header with a year', `Liste 2026\n${GOOD}`, { header: true }],
  ])('can be followed: %s', async (_, text, expected) => {
    const path = directory.write(Buffer.from(text, 'latin1'));
    const failure = await failureOf(read(path));
    expect(failure).toMatch(/^ERR_SOURCE_LINE /);
    expect(adviceOf(failure)).toEqual(expected);
    const { layout } = await read(path, { badLinesMax: 1 });
    const list = await read(path, { layout: advised(layout, expected) });
    expect(list.report.badLines).toEqual([]);
    expect(list.layout).toMatchObject(expected);
  });

  it.each([
    ['a letter in a number', `${GOOD}0475x23457;15/03/2021\n`],
    ['30 February', `${GOOD}0475123457;30/02/2021\n`],
    ['a blank line', `${GOOD}\n${GOOD}`],
    ['another line end', `${GOOD}0475123457;15/03/2021\r\n`],
    ['a line that is too long', `${GOOD}${'0'.repeat(2_000)}\n`],
    ['another separator', `${GOOD}0475123457,15/03/2021\n`],
    ['a damaged registration on line 1', `x475123457;15/03/2021\n${GOOD}${GOOD}`],
    ['what may be a trailer, and is followed', `${GOOD}TOTAL;1\n${GOOD}`],
  ])('is not given where no layout helps: %s', async (_, text) => {
    const failure = await failureOf(read(directory.write(text)));
    expect(failure).toMatch(/^ERR_SOURCE_LINE .*Fetch the file again, or let malformed lines pass/);
    expect(failure).not.toContain('--layout');
  });
});

describe('advice where a layout was given', () => {
  it.each<[string, string, Layout, Record<string, unknown>]>([
    ['a separator', '0475123456,15/03/2021\n', LAYOUT, { separator: ',' }],
    ['columns', '15/03/2021;0475123456;\n', LAYOUT, { columns: ['date', 'number', 'empty'] }],
    ['a form of date', '0475123456;2021-03-15\n', LAYOUT, { dateForm: 'YYYY-MM-DD' }],
    ['a date that is open', '0475123456,03/04/2021\n', LAYOUT, { separator: ',' }],
    ['quotes', '"0475123456";15/03/2021\n', LAYOUT, { quotes: true }],
    ['a form of number', '+32475123456;15/03/2021\n', LAYOUT, { numberForm: 'any' }],
    ['a trailer', `${GOOD}${GOOD}T;2\n`, LAYOUT, { trailer: 'T;{count}' }],
    ['a header', `Nummer;Datum\n${GOOD}`, LAYOUT, { header: true }],
    ['a line end', '0475123456;15/03/2021\r\n', LAYOUT, { lineEnd: 'crlf' }],
    [
      'a trailing separator',
      '0475123456;15/03/2021;\n',
      LAYOUT,
      {
        columns: ['number', 'date', 'empty'],
      },
    ],
  ])('can be followed: %s', async (_, text, layout, expected) => {
    const path = directory.write(text);
    const advice = adviceOf(await failureOf(read(path, { layout })));
    expect(advice).toEqual(expected);
    const { report } = await read(path, { layout: advised(layout, advice) });
    expect(report.lines).toBe(text.split('475123456').length - 1);
  });

  it('of fixed width is of one that is not', async () => {
    const layout = parseLayout(JSON.stringify(FIXED), 'fixed.json');
    const path = directory.write(GOOD);
    const advice = adviceOf(await failureOf(read(path, { layout })));
    expect(advice).toMatchObject({ kind: 'separated', columns: ['number', 'date'] });
    const { number: _n, ...rest } = FIXED;
    const { date: _d, ...own } = rest;
    const other = parseLayout(JSON.stringify({ ...own, ...advice }), 'separated.json');
    expect((await read(path, { layout: other })).report.lines).toBe(1);
  });
});

describe('what cannot be found can be said', () => {
  it.each<[string, string, object, RegExp]>([
    [
      'columns that hold something else',
      '1;0475123456;15/03/2021;Jan\n2;021234567;15/03/2021;An\n',
      { ...LAYOUT, columns: ['other', 'number', 'date', 'other'] },
      /no line reads as a phone number.*"other" in "columns".*--layout FILE/,
    ],
    [
      'columns at fixed places',
      '047512345620210315\n047512345720210315\n',
      FIXED,
      /no line reads as a phone number.*"kind": "fixed".*--layout FILE/,
    ],
    [
      'which column is the number',
      '20210315;20210415\n20210316;20210415\n',
      { ...LAYOUT, numberForm: 'national', dateForm: 'YYYYMMDD' },
      /which column is the number.*--layout FILE, "columns" in it/,
    ],
    [
      'which is the day',
      '0475123456;03/04/2025\n021234567;05/06/2025\n',
      { ...LAYOUT, dateForm: 'MM/DD/YYYY' },
      /day and month cannot be told apart.*--layout FILE, "dateForm" in it/,
    ],
  ])('%s', async (_, text, profile, message) => {
    const path = directory.write(text);
    const failure = await failureOf(read(path));
    expect(failure).toMatch(/^ERR_SOURCE_LAYOUT /);
    expect(failure).toMatch(message);
    const layout = parseLayout(JSON.stringify(profile), 'said.json');
    expect((await read(path, { layout })).numbers.length).toBe(2);
  });

  it('but for blank lines in front, which no layout has', async () => {
    const failure = await failureOf(read(directory.write(`${'\n'.repeat(1_001)}${GOOD}`)));
    expect(failure).toMatch(/^ERR_SOURCE_LAYOUT .*the first lines are blank/);
    expect(failure).not.toContain('--layout');
  });

  it('and numbers in any form are read by the same rules', async () => {
    const layout: Layout = { ...LAYOUT, columns: ['number'], dateForm: null, numberForm: 'any' };
    const text = '0475123456\n+32475123457\n0032475123458\n32475123459\n475123450\n32212345\n';
    const { numbers } = await read(directory.write(text), { layout });
    expect([...numbers]).toEqual([
      3232212345n,
      32475123450n,
      32475123456n,
      32475123457n,
      32475123458n,
      32475123459n,
    ]);
  });
});
