import { describe, expect, it } from 'vitest';
import { doubtKindsOf, QuotedCells } from '#tacet/contacts/cells/doubts.js';
import { DOUBT } from '#tacet/contacts/cells/rows.js';
import { CHARSET_UTF8 } from '#tacet/contacts/cells/text.js';

const SEMICOLON = 0x3b;

/** The kinds of doubt of a row once its quoted cells are looked into. */
function kinds(row: string, columns = 2, doubts: number = DOUBT.lookInto) {
  // What is around it must decide nothing.
  const before = '"0475123456\n1;2;3;4"\n';
  const bytes = Buffer.from(`${before}${row}\n"0475123456\n;;;;"`);
  const quoted = new QuotedCells({ separator: SEMICOLON }, columns, CHARSET_UTF8);
  const bounds = { start: before.length, contentEnd: before.length + Buffer.byteLength(row) };
  return doubtKindsOf(quoted.settle(bytes, bounds, doubts));
}

describe('a quoted cell of several lines', () => {
  it.each([
    ['a row that was swallowed', '"\nB;0470000001\n"', 2],
    ['a row behind a name', '"Chez Paul;0475123456\nB";x', 2],
    ['a number on a line of its own beside others', '"call\n0475123456\nafter six";x', 2],
    ['the same with CR', '"call\r0475123456\rafter six";x', 2],
    ['the same with CRLF', '"call\r\n0475123456\r\nafter six";x', 2],
    ['a number in the first line', '"0475123456\ncall";x', 2],
    ['a number in the last line', '"call\n+32 475 12 34 56";x', 2],
    ['a foreign number', '"call\n+33 6 12 34 56 78";x', 2],
    ['a special number', '"call\n0800 12 345";x', 2],
    ['two lines of numbers', '"0475123456\n0475123457";x', 2],
    ['a number between separators, fewer than the header', '"a;0475123456\nb";x', 9],
    ['as many separators as the header', '"a;b;c\nd";x', 3],
    ['more separators than the header', '"a;b;c;d\ne";x', 3],
    ['a separator in a file of one column', '"a;b\nc"', 1],
    ['a number between doubled quotes', '"a\n""0475123456""\nb";x', 2],
    ['a number behind a tab', '"a\n\t0475123456\nb";x', 9],
    ['one line, with a number behind a separator', '"\n;0475123456\n";x', 9],
    ['full-width digits', '"a\n０４７５１２３４５６\nb";x', 2],
    ['the second quoted cell', '"fine\nnote";"a\n0475123456"', 2],
    ['an open quote', 'x;"y\nB;0475123456\n', 2],
  ])('is in doubt with %s', (_, row, columns) => {
    expect(kinds(row, columns)).toEqual(['rows-in-cell']);
  });

  it.each([
    ['one number, its line end behind it', '"0475 85 22 21\n"', 2],
    ['one number, line ends around it', '"\r\n0475 85 22 21\r\n\r\n"', 2],
    ['a note', '"back in May\nask for Jan";x', 2],
    ['an address', '"Rue 1\n1000 Bxl";x', 2],
    ['a number among words', '"call 0475123456\nafter six";x', 2],
    ['fewer separators than the header', '"a;b\nc";x', 3],
    ['short numbers', '"12\n3456\n1000";x', 2],
    ['a year and an amount', '"2024\n1.250.000,00 EUR";x', 2],
    ['blank lines', '"\n\n";x', 2],
    ['nothing quoted', 'x;0475123456', 2],
    ['a number outside of it', '"a\nb";0475123456', 2],
  ])('is in none with %s', (_, row, columns) => {
    expect(kinds(row, columns)).toEqual([]);
  });

  it('is in doubt if it has more bytes than are looked into', () => {
    expect(kinds(`"${'x'.repeat(70_000)}\nb";x`)).toEqual(['rows-in-cell']);
    expect(kinds(`"${'x'.repeat(60_000)}\nb";x`)).toEqual([]);
    expect(kinds(`"${'x'.repeat(70_000)}";x`)).toEqual([]);
  });

  it('is in doubt with a NUL', () => {
    expect(kinds('"a\0b";x')).toEqual(['nul']);
    expect(kinds('x;"a\0\n0475123456"')).toEqual(['rows-in-cell', 'nul']);
  });

  it('keeps other doubts, and is not looked into unasked', () => {
    const behind = DOUBT.textBehindQuote | DOUBT.lookInto;
    expect(kinds('"a\nb"c;x', 2, behind)).toEqual(['text-behind-quote']);
    expect(kinds('"a\n0475123456";x', 2, DOUBT.moreCells)).toEqual(['more-cells']);
    expect(doubtKindsOf(127 & ~DOUBT.lookInto)).toHaveLength(6);
  });
});
