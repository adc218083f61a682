import { describe, expect, test } from 'vitest';
import { keysOf } from '../scan/scenario.ts';
import { dedupe } from '../scan/small-file.ts';

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
      `name${s}phone${s}city${s}tacet_verdict${s}tacet_reason${e}Bo${s}0475123455${s}${s}blocked${s}listed${e}`,
    );
    expect(out.undecided).toBe(
      `name${s}phone${s}city${s}tacet_verdict${s}tacet_reason${e}Cy${s}0475123458${s}Ath${s}not-covered${s}foreign${e}`,
    );
  });

  test('a byte order mark begins every output and is no part of the first name', async () => {
    const out = await dedupe('\ufeffphone,n\n0475123451,a\n', { columns: ['phone'] });
    expect(out.dialect).toMatchObject({ encoding: 'utf-8', bom: true });
    expect(out.callable).toBe('\u00ef\u00bb\u00bfphone,n\n0475123451,a\n');
    expect(out.blocked).toBe('\u00ef\u00bb\u00bfphone,n,tacet_verdict,tacet_reason\n');
  });

  test('a byte order mark without a header begins every output', async () => {
    const out = await dedupe('\ufeff0475123451,a\n', { header: false, columns: [1] });
    expect(out.callable).toBe('\u00ef\u00bb\u00bf0475123451,a\n');
    expect(out.undecided).toBe('\u00ef\u00bb\u00bf');
    expect(out.keys).toEqual(keysOf('0475123451'));
  });

  test('Windows-1252 is read as such and goes out byte for byte', async () => {
    const file = Buffer.from(
      'pr\u00e9nom;t\u00e9l\u00e9phone\nZo\u00eb;0475\u00a012\u00a034\u00a051\n',
      'latin1',
    );
    const out = await dedupe(file, { columns: ['t\u00e9l\u00e9phone'] });
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

  test('a spreadsheet is refused', async () => {
    await expect(dedupe(Buffer.from('PK\u0003\u0004\u0000\u0000'))).rejects.toMatchObject({
      code: 'ERR_CSV',
      message: expect.stringMatching(/spreadsheet/),
    });
  });

  test('a row with a NUL is undecided, and asks nothing', async () => {
    const out = await dedupe('phone;n\n04751\u00002345;a\n0475123451;\u0000\n0475123452;c\n');
    expect(out.keys).toEqual(keysOf('0475123452'));
    expect(out.callable).toBe('phone;n\n0475123452;c\n');
    expect(out.doubts).toEqual([{ kind: 'nul', rows: 2, firstLine: 2 }]);
  });

  test('lines that end with CR are read, kept, and cut anywhere', async () => {
    const rows = Array.from({ length: 60 }, (_, row) => `047512345${row % 7};"a\n${row}"\r`);
    const of = (digits: RegExp) => rows.filter((row) => digits.test(row.slice(9)));
    for (const blockBytes of [1, 7, 16, 17, 64, 1000]) {
      const limits = { rowBytesMax: 40, headBytes: 20, blockBytes };
      const out = await dedupe(`phone;n\r${rows.join('')}`, limits);
      expect(out).toMatchObject({ rows: 60, uneven: 0, doubts: [] });
      expect(out.dialect).toMatchObject({ lineEnd: '\r', separator: ';' });
      expect(out.callable).toBe(`phone;n\r${of(/^[0-4]/).join('')}`);
      const blocked = of(/^[56]/).map((row) => row.replace(/\r$/, ';blocked;listed\r'));
      expect(out.blocked).toBe(`phone;n;tacet_verdict;tacet_reason\r${blocked.join('')}`);
    }
  });

  test.each(['utf-16le', 'utf-16be'] as const)(
    '%s with its mark is read and written, whole, in blocks',
    async (encoding) => {
      const text = (lines: string) => {
        const bytes = Buffer.from(`\ufeff${lines}`, 'utf16le');
        return (encoding === 'utf-16le' ? bytes : bytes.swap16()).toString('latin1');
      };
      const rows = Array.from({ length: 40 }, (_, row) => `047512345${row % 2},é😀${row}\r\n`);
      const content = Buffer.from(text(`phone,n\r\n${rows.join('')}0475123455,x`), 'latin1');
      const limits = { rowBytesMax: 60, headBytes: 10, blockBytes: 33 };
      for (const options of [{}, limits]) {
        const out = await dedupe(content, options);
        expect(out.dialect).toMatchObject({ encoding, bom: true, lineEnd: '\r\n' });
        expect(out.rows).toBe(41);
        expect(out.callable).toBe(text(`phone,n\r\n${rows.join('')}`));
        const header = 'phone,n,tacet_verdict,tacet_reason\r\n';
        expect(out.blocked).toBe(text(`${header}0475123455,x,blocked,listed`));
        expect(out.undecided).toBe(text(header));
      }
    },
  );

  test('half a character of UTF-16 is refused', async () => {
    for (const half of [Buffer.of(0x61), Buffer.from('\ud83d', 'utf16le')]) {
      const content = Buffer.concat([Buffer.from('\ufeffphone\n', 'utf16le'), half]);
      await expect(dedupe(content)).rejects.toMatchObject({
        code: 'ERR_CSV',
        message: expect.stringMatching(/half a character/),
      });
    }
  });
});
