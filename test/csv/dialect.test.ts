import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DedupeFilesOptions, dedupeFiles } from '#tacet/csv/dedupe.js';
import { byLastDigit, inFolder, keysOf, TestAnswerer } from './scenario.ts';

/** Dedupes one small file; the outputs as latin1, one character a byte. */
async function dedupe(content: string | Buffer, options: Partial<DedupeFilesOptions> = {}) {
  const answerer = new TestAnswerer(byLastDigit);
  const out = { callable: '', blocked: '', undecided: '' };
  let dialect: unknown;
  let rows = 0;
  let uneven: unknown;
  await inFolder(async (folder) => {
    const place = (name: string) => path.join(folder, name);
    fs.writeFileSync(place('in'), content);
    const places = { callable: place('c'), blocked: place('b'), undecided: place('u') };
    const result = await dedupeFiles({ input: place('in'), ...places, ...options }, answerer);
    await result.commit();
    dialect = result.dialect;
    rows = result.rows;
    uneven = result.unevenRows;
    out.callable = fs.readFileSync(places.callable, 'latin1');
    out.blocked = fs.readFileSync(places.blocked, 'latin1');
    out.undecided = fs.readFileSync(places.undecided, 'latin1');
  });
  return { ...out, dialect, rows, uneven, keys: answerer.keys };
}

describe('dialects', () => {
  test.each([
    [',', '\n'],
    [',', '\r\n'],
    [';', '\n'],
    [';', '\r\n'],
    ['\t', '\n'],
    ['\t', '\r\n'],
  ] as const)('separator %j with line end %j goes out as it came', async (s, e) => {
    const file = [
      'name,phone,city',
      'An,0475123451,Gent',
      'Bo,0475123455,',
      'Cy,0475123458,Ath',
      '',
    ]
      .join('\n')
      .replaceAll(',', s)
      .replaceAll('\n', e);
    const out = await dedupe(file);
    expect(out.dialect).toEqual({
      encoding: 'utf-8',
      bom: false,
      separator: s,
      lineEnd: e,
      header: true,
    });
    expect(out.callable).toBe(`name${s}phone${s}city${e}An${s}0475123451${s}Gent${e}`);
    expect(out.blocked).toBe(
      `name${s}phone${s}city${s}tacet_verdict${e}Bo${s}0475123455${s}${s}blocked${e}`,
    );
    expect(out.undecided).toBe(
      `name${s}phone${s}city${s}tacet_verdict${e}Cy${s}0475123458${s}Ath${s}not-covered${e}`,
    );
  });

  test('a byte order mark begins every output and is no part of the first name', async () => {
    const out = await dedupe('\ufeffphone,n\n0475123451,a\n', { column: 'phone' });
    expect(out.dialect).toMatchObject({ encoding: 'utf-8', bom: true });
    expect(out.callable).toBe('\u00ef\u00bb\u00bfphone,n\n0475123451,a\n');
    expect(out.blocked).toBe('\u00ef\u00bb\u00bfphone,n,tacet_verdict\n');
  });

  test('a byte order mark without a header begins every output', async () => {
    const out = await dedupe('\ufeff0475123451,a\n', { header: false, column: 1 });
    expect(out.callable).toBe('\u00ef\u00bb\u00bf0475123451,a\n');
    expect(out.undecided).toBe('\u00ef\u00bb\u00bf');
    expect(out.keys).toEqual(keysOf('0475123451'));
  });

  test('Windows-1252 is read as such and goes out byte for byte', async () => {
    const file = Buffer.from(
      'pr\u00e9nom;t\u00e9l\u00e9phone\nZo\u00eb;0475\u00a012\u00a034\u00a051\n',
      'latin1',
    );
    const out = await dedupe(file, { column: 't\u00e9l\u00e9phone' });
    expect(out.dialect).toMatchObject({ encoding: 'windows-1252' });
    expect(out.keys).toEqual(keysOf('0475\u00a012\u00a034\u00a051'));
    expect(out.callable).toBe(file.toString('latin1'));
  });

  test('a Windows-1252 cell far behind a head of plain ASCII is read as Windows-1252', async () => {
    const plain = `phone\n${'0475123451\n'.repeat(200)}`;
    const file = Buffer.concat([Buffer.from(plain), Buffer.from('0475\u00a0123451\n', 'latin1')]);
    const out = await dedupe(file, { headBytes: 100, rowBytesMax: 100, blockBytes: 100 });
    expect(out.keys.at(-1)).toBe(32_475_123_451);
  });

  test('a UTF-8 character cut by the end of the head is no Windows-1252', async () => {
    for (let pad = 0; pad < 8; pad++) {
      const file = `phone,n\n${'x'.repeat(pad)},\u20ac\u20ac\u20ac\u20ac\n0475123451,\u00e9\n`;
      const out = await dedupe(file, { headBytes: 16, rowBytesMax: 12 + pad + 8, blockBytes: 5 });
      expect(out.dialect).toMatchObject({ encoding: 'utf-8' });
    }
  });

  test.each([
    ['UTF-16 little endian', Buffer.from('\ufeffphone\n0475123451\n', 'utf16le'), /UTF-16/],
    ['UTF-16 big endian', Buffer.from('\ufeffphone\n', 'utf16le').swap16(), /UTF-16/],
    ['NUL bytes', Buffer.from('phone\n04751\u00002345\n'), /binary/],
    ['a spreadsheet', Buffer.from('PK\u0003\u0004\u0000\u0000'), /spreadsheet/],
    ['lines that end with CR', Buffer.from('phone\r0475123451\r'), /CR alone/],
  ])('%s is refused', async (_, content, message) => {
    await expect(dedupe(content)).rejects.toMatchObject({
      code: 'ERR_CSV',
      message: expect.stringMatching(message),
    });
  });
});

describe('separators', () => {
  test('a file of one column has none, whatever a few cells hold', async () => {
    const out = await dedupe('phone\n0475123451\n0475123452, 0475123453\n0475123455\n');
    expect(out.dialect).toMatchObject({ separator: null });
    expect(out.keys).toEqual(keysOf('0475123451', '0475123452, 0475123453', '0475123455'));
    expect(out.blocked).toBe('phone,tacet_verdict\n0475123455,blocked\n');
  });

  test('decimal commas do not hide the semicolons', async () => {
    const out = await dedupe('a;phone;b\n1,5;0475123451;2,5\n1,6;0475123452;2,6\n');
    expect(out.dialect).toMatchObject({ separator: ';' });
  });

  test('separators inside quotes do not count', async () => {
    const out = await dedupe('n;phone\n"a,b,c";0475123451\n"d,e,f";0475123452\n');
    expect(out.dialect).toMatchObject({ separator: ';' });
  });
});

describe('rows', () => {
  test('a last row without line end goes out without one', async () => {
    const out = await dedupe('phone,n\n0475123451,a\n0475123455,b');
    expect(out.callable).toBe('phone,n\n0475123451,a\n');
    expect(out.blocked).toBe('phone,n,tacet_verdict\n0475123455,b,blocked');
  });

  test('blank lines are rows, uneven and undecided', async () => {
    const out = await dedupe('phone,n\n\n0475123451,a\r\n\r\n');
    expect(out.rows).toBe(3);
    expect(out.uneven).toEqual({ count: 2, firstRows: [1, 3] });
    expect(out.undecided).toBe('phone,n,tacet_verdict\n,unreadable\n,unreadable\r\n');
  });

  test('quoted separators, quotes and line ends belong to the cell', async () => {
    const file = 'n,phone\n"a ""b"",\n\nc","0475 12 34 51"\nd "e" f,0475123455\n';
    const out = await dedupe(file);
    expect(out.keys).toEqual(keysOf('0475 12 34 51', '0475123455'));
    expect(out.callable).toBe('n,phone\n"a ""b"",\n\nc","0475 12 34 51"\n');
    expect(out.blocked).toBe('n,phone,tacet_verdict\nd "e" f,0475123455,blocked\n');
  });

  test('a missing phone cell is no number', async () => {
    const out = await dedupe('a,b,phone\n1,2,0475123451\n1\n1,2,\n1,2,0475123452,3\n');
    expect(out.keys).toEqual(keysOf('0475123451', '', '', '0475123452'));
    expect(out.uneven).toEqual({ count: 2, firstRows: [2, 4] });
  });

  test.each([
    ['an empty file', '', ['', '', '']],
    ['a byte order mark alone', '\ufeff', Array(3).fill('\u00ef\u00bb\u00bf')],
    [
      'a header alone',
      'n,phone\r\n',
      ['n,phone\r\n', 'n,phone,tacet_verdict\r\n', 'n,phone,tacet_verdict\r\n'],
    ],
    ['a header without line end', 'phone', ['phone', 'phone,tacet_verdict', 'phone,tacet_verdict']],
  ])('%s gives no rows and whole outputs', async (_, file, [callable, blocked, undecided]) => {
    const out = await dedupe(file);
    expect(out).toMatchObject({ rows: 0, keys: [], callable, blocked, undecided });
  });

  test.each([
    [
      'a quote that is never closed',
      'phone,n\n0475123451,a\n0475123452,"b\nc\n',
      {},
      /row 2 \(line 3\): the file ends inside a quoted cell/,
    ],
    ['an open quote in the header', '"phone,n\n0475123451,a\n', {}, /row 1 \(line 1\)/],
    [
      'a line too long',
      `phone\n"a\nb"\n${'x'.repeat(60)}\n`,
      { rowBytesMax: 50 },
      /row 2 \(line 4\): a row is longer than 50 bytes/,
    ],
    ['a last line too long', `phone\n${'x'.repeat(60)}`, { rowBytesMax: 50 }, /row 1 \(line 2\)/],
    ['a header too long', `phone${' '.repeat(60)}\n1\n`, { rowBytesMax: 50 }, /row 1 \(line 1\)/],
    [
      'an endless quoted cell',
      `phone\n"${'x\n'.repeat(300)}`,
      { rowBytesMax: 50, blockBytes: 7 },
      /row 1 \(line 2\): a row is longer/,
    ],
  ])('%s is an error that says where', async (_, file, options, message) => {
    await expect(dedupe(file, { ...options, headBytes: 20 })).rejects.toMatchObject({
      code: 'ERR_CSV',
      message: expect.stringMatching(message),
    });
  });

  test('a row of exactly rowBytesMax bytes is read', async () => {
    const row = `${'x'.repeat(49)}\n`;
    const out = await dedupe(`phone\n${row}${row}`, {
      rowBytesMax: 50,
      headBytes: 1,
      blockBytes: 1,
    });
    expect(out.rows).toBe(2);
  });
});
