import { describe, expect, test } from 'vitest';
import { isSeparator } from '#tacet/contacts/dialect.js';
import { keysOf } from '../scan/scenario.ts';
import { dedupe } from '../scan/small-file.ts';

describe('separators', () => {
  test('a line sep=X names it, and stays first in every output', async () => {
    for (const [line, sep] of [
      ['sep=;\r\n', ';'],
      ['"sep=|"\n', '|'],
      ['SEP=~\r\n', '~'],
      ['\ufeffsep=\t\n', '\t'],
    ] as const) {
      const out = await dedupe(
        `${line}phone;n\n0475123451;a,b\n0475123455;c,d\n`.replaceAll(';', (c) =>
          line.includes(';') ? c : sep,
        ),
      );
      const prefix = Buffer.from(line).toString('latin1');
      expect(out.dialect).toMatchObject({ separator: sep, header: true });
      expect(out.callable).toBe(`${prefix}phone${sep}n\n0475123451${sep}a,b\n`);
      expect(out.undecided).toBe(`${prefix}phone${sep}n${sep}tacet_verdict${sep}tacet_reason\n`);
    }
  });

  test.each([
    ['a sep= that is none', 'sep=a\nphone;n\n1;2\n', {}, 'ERR_CSV', /no separator|that is none/],
    [
      'another than is told',
      'sep=;\nphone;n\n1;2\n',
      { separator: ',' },
      'ERR_USAGE',
      /another separator/,
    ],
    [
      'nothing behind the titles',
      'title\nphone\n',
      { skipLines: 2 },
      'ERR_USAGE',
      /nothing is left/,
    ],
    ['more titles than lines', 'title', { skipLines: 1 }, 'ERR_USAGE', /nothing is left/],
  ])('%s is refused', async (_, file, options, code, message) => {
    await expect(dedupe(file, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('titles that are skipped go nowhere, a line sep=X before them stays', async () => {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const lines = ['sep=;', 'Contacts, "2026', '', 'phone;n', '0475123451;a', '0475123452;"b'];
      const out = await dedupe(`${lines.join(lineEnd)}${lineEnd}`, { skipLines: 2 });
      expect(out.callable).toBe(['sep=;', 'phone;n', '0475123451;a', ''].join(lineEnd));
      expect(out.doubts).toEqual([{ kind: 'open-quote', rows: 1, firstLine: 6 }]);
    }
  });

  test('a title that is not skipped is refused, with the advice how to', async () => {
    const file =
      'Contacts 2026\n\nphone;n\n0475123451;a\n0475123452;b\n0475123453;c\n0475123454;c\n';
    await expect(dedupe(file)).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringMatching(/--skip-lines 2 if the header is in line 3/),
    });
    expect((await dedupe(file, { skipLines: 2 })).rows).toBe(4);
  });

  test('| is found, and any other is told', async () => {
    const file = (s: string) => `phone${s}n\n0475123451${s}a\n0475123455${s}\n`;
    expect((await dedupe(file('|'))).dialect).toMatchObject({ separator: '|' });
    for (const separator of ['~', ':', ' ', '#']) {
      const out = await dedupe(file(separator), { separator });
      expect(out.callable).toBe(`phone${separator}n\n0475123451${separator}a\n`);
      expect(out.keys).toEqual(keysOf('0475123451', '0475123455'));
    }
  });

  test.each([['a'], ['5'], ['"'], ['+'], ['\n'], ['\r'], ['\0'], ['é'], [''], [';;']])(
    '%j is none',
    (text) => {
      expect(isSeparator(text)).toBe(false);
    },
  );

  test('a file of one column has none, whatever a few cells hold', async () => {
    const out = await dedupe('phone\n0475123451\n0475123452, 0475123453\n0475123455\n');
    expect(out.dialect).toMatchObject({ separator: null });
    expect(out.keys).toEqual(keysOf('0475123451', '0475123452, 0475123453', '0475123455'));
    expect(out.blocked).toBe('phone,tacet_verdict,tacet_reason\n0475123455,blocked,listed\n');
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
