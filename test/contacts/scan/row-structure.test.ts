import { describe, expect, test } from 'vitest';
import { TABLE_ROWS } from '#tacet/contacts/scan/block-memory.js';
import { keysOf } from './scenario.ts';
import { dedupe } from './small-file.ts';

describe('rows', () => {
  test('a last row without line end goes out without one', async () => {
    const out = await dedupe('phone,n\n0475123451,a\n0475123455,b');
    expect(out.callable).toBe('phone,n\n0475123451,a\n');
    expect(out.blocked).toBe('phone,n,tacet_verdict,tacet_reason\n0475123455,b,blocked,listed');
  });

  test('blank lines are rows, uneven and undecided', async () => {
    const out = await dedupe('phone,n\n\n0475123451,a\r\n\r\n');
    expect(out.rows).toBe(3);
    expect(out.uneven).toBe(2);
    expect(out.undecided).toBe(
      'phone,n,tacet_verdict,tacet_reason\n,,unreadable,empty\n,,unreadable,empty\r\n',
    );
  });

  test('quoted separators, quotes and line ends belong to the cell', async () => {
    const file = 'n,phone,x\n"a ""b"",\n\nc","0475 12 34 51",\nd "e" f,0475123455,\n';
    const out = await dedupe(file);
    expect(out.keys).toEqual(keysOf('0475 12 34 51', '0475123455'));
    expect(out.callable).toBe('n,phone,x\n"a ""b"",\n\nc","0475 12 34 51",\n');
    expect(out.blocked).toBe(
      'n,phone,x,tacet_verdict,tacet_reason\nd "e" f,0475123455,,blocked,listed\n',
    );
  });

  test('a missing phone cell is no number', async () => {
    const out = await dedupe('a,b,phone\n1,2,0475123451\n1\n1,2,\n1,2,0475123452,3\n');
    // The last row has more filled cells than the header: which is the number is in doubt.
    expect(out.keys).toEqual(keysOf('0475123451', '', ''));
    expect(out.uneven).toBe(2);
    expect(out.undecided).toBe(
      'a,b,phone,tacet_verdict,tacet_reason\n' +
        '1,,,unreadable,empty\n1,2,,unreadable,empty\n' +
        '1,2,0475123452,3,undecided,row-structure\n',
    );
    expect(out.doubts).toEqual([{ kind: 'more-cells', rows: 1, firstLine: 5 }]);
  });

  test.each([
    ['an empty file', '', ['', '', '']],
    ['a byte order mark alone', '\ufeff', Array(3).fill('\u00ef\u00bb\u00bf')],
    [
      'a header alone',
      'n,phone\r\n',
      [
        'n,phone\r\n',
        'n,phone,tacet_verdict,tacet_reason\r\n',
        'n,phone,tacet_verdict,tacet_reason\r\n',
      ],
    ],
    [
      'a header without line end',
      'phone',
      ['phone', 'phone,tacet_verdict,tacet_reason', 'phone,tacet_verdict,tacet_reason'],
    ],
  ])('%s gives no rows and whole outputs', async (_, file, [callable, blocked, undecided]) => {
    const out = await dedupe(file);
    expect(out).toMatchObject({ rows: 0, keys: [], callable, blocked, undecided });
  });

  test.each([
    ['an open quote in the header', '"phone,n\n0475123451,a\n', { columns: [1] }, /open-quote/],
    [
      'a line too long',
      `phone\n"a\nb"\n${'x'.repeat(60)}\n`,
      { rowBytesMax: 50 },
      /in, line 4: a row is longer than 50 bytes/,
    ],
    ['a last line too long', `phone\n${'x'.repeat(60)}`, { rowBytesMax: 50 }, /in, line 2:/],
    ['a header too long', `phone${' '.repeat(60)}\n1\n`, { rowBytesMax: 50 }, /in, line 1:/],
    [
      'an endless quoted cell',
      `phone\n"${'x\n'.repeat(300)}`,
      { rowBytesMax: 50, blockBytes: 7 },
      /in, line 2: a row is longer/,
    ],
  ])('%s is an error that says where', async (_, file, options, message) => {
    await expect(dedupe(file, { ...options, headBytes: 20 })).rejects.toMatchObject({
      code: 'ERR_CSV',
      message: expect.stringMatching(message),
    });
  });

  test('an unclosed quote makes its row undecided, and is closed before the verdict', async () => {
    const out = await dedupe('phone,n,x\n0475123451,a,\n0475123452,"b\nc\n0475123456,,\n');
    expect(out.doubts).toEqual([
      { kind: 'open-quote', rows: 1, firstLine: 3 },
      { kind: 'rows-in-cell', rows: 1, firstLine: 3 },
    ]);
    expect(out.callable).toBe('phone,n,x\n0475123451,a,\n');
    expect(out.undecided).toBe(
      'phone,n,x,tacet_verdict,tacet_reason\n' +
        '0475123452,"b\nc\n0475123456,,\n",,undecided,row-structure',
    );
  });

  test('an open quote among empty cells that are dropped is dropped with them', async () => {
    const out = await dedupe('phone,n\n0475123451,"x"\n0475123452,"y",,"');
    expect(out.undecided).toBe(
      'phone,n,tacet_verdict,tacet_reason\n0475123452,"y",undecided,row-structure',
    );
  });

  test('doubts are told with the line in which the first begins, whatever the blocks', async () => {
    const rows = Array.from({ length: 100 }, (_, row) => {
      if (row === 40) return '0475123451;"a"b\n';
      if (row === 41) return '0475123451;"a"b;c;d\n';
      if (row === 60) return '0475123451;a\rb\n';
      return row % 3 === 0 ? `0475123452;"two\nlines ${row}"\n` : '0475123452;x\n';
    });
    const file = `phone;n\n${rows.join('')}`;
    const lineOf = (row: number) =>
      1 + `phone;n\n${rows.slice(0, row).join('')}`.split('\n').length - 1;
    for (const blockBytes of [1, 50, 333, 5000]) {
      const out = await dedupe(file, { rowBytesMax: 60, headBytes: 30, blockBytes });
      expect(out).toMatchObject({ rows: 100, uneven: 1 });
      expect(out.doubts).toEqual([
        { kind: 'text-behind-quote', rows: 2, firstLine: lineOf(40) },
        { kind: 'lone-line-end', rows: 1, firstLine: lineOf(60) },
        { kind: 'more-cells', rows: 1, firstLine: lineOf(41) },
      ]);
      expect(out.undecided.split('row-structure')).toHaveLength(4);
    }
  });

  test('short rows whose verdicts need more room than there is are written once', async () => {
    const file = `phone;b;c\n${'x\n'.repeat(30_000)}`;
    const limits = { rowBytesMax: 100, headBytes: 100, blockBytes: 5000, columnsMax: 10 };
    const out = await dedupe(file, { separator: ';', ...limits });
    expect(out).toMatchObject({ rows: 30_000, uneven: 30_000 });
    const row = 'x;;;unreadable;no-digits\n';
    expect(out.undecided === `phone;b;c;tacet_verdict;tacet_reason\n${row.repeat(30_000)}`).toBe(
      true,
    );
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

describe('rows in doubt, as many as are scanned at once', () => {
  const doubtful = '0475123455;x;y\n'.repeat(TABLE_ROWS);
  const clean = '0475123451;x\n0475123455;x\n'.repeat(TABLE_ROWS / 2);
  const blocks = { blockBytes: 1 << 20, headBytes: 1 << 20 };

  test.each([
    ['before the others', doubtful + clean],
    ['behind the others', clean + doubtful],
    ['between the others', clean + doubtful + clean],
    ['alone', doubtful],
  ])('keep the others in their places: %s', async (_, rows) => {
    const out = await dedupe(`phone;n\n${rows}`, blocks);
    const of = (part: string) => rows.split('\n').filter((row) => row === part).length;
    expect(out.rows).toBe(rows.split('\n').length - 1);
    expect(out.callable).toBe(`phone;n\n${'0475123451;x\n'.repeat(of('0475123451;x'))}`);
    expect(out.blocked.split('\n').slice(1, -1)).toEqual(
      Array(of('0475123455;x')).fill('0475123455;x;blocked;listed'),
    );
    expect(out.undecided.split('\n').slice(1, -1)).toEqual(
      Array(TABLE_ROWS).fill('0475123455;x;y;undecided;row-structure'),
    );
  });
});
