import { describe, expect, it } from 'vitest';
import {
  CHARSET_ASCII,
  CHARSET_UTF8,
  CHARSET_WINDOWS_1252,
  decodePhoneCell,
  PHONE_CELL_BYTES_MAX,
  unwrappedText,
} from '#tacet/contacts/cells/text.js';

/** What a phone cell is read as; `bytes`: one character a byte. */
function decoded(bytes: string, charset: number): string {
  const into = Buffer.alloc(PHONE_CELL_BYTES_MAX + 1, '#');
  // Bytes on both sides of the cell are none of it.
  const around = Buffer.from(`9"${bytes}"9`, 'latin1');
  const length = decodePhoneCell(around, 2, around.length - 2, charset, into);
  expect(length).toBeLessThanOrEqual(PHONE_CELL_BYTES_MAX);
  return into.toString('utf8', 0, length);
}

describe('a phone cell', () => {
  it('of Windows-1252 from 0x80 to 0x9f is read as Windows writes it', () => {
    const bytes = String.fromCharCode(...Array.from({ length: 32 }, (_, index) => 0x80 + index));
    for (const charset of [CHARSET_WINDOWS_1252, CHARSET_ASCII]) {
      expect(decoded(bytes.slice(0, 16), charset)).toBe('€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f');
      expect(decoded(bytes.slice(16), charset)).toBe(
        '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014˜™š›œ\u009džŸ',
      );
    }
  });

  it('is read without the quotes around it', () => {
    expect(decoded('"0475 ""12"" 34 51"', CHARSET_UTF8)).toBe('0475 "12" 34 51');
    expect(decoded('""', CHARSET_UTF8)).toBe('');
    expect(decoded('04"75"', CHARSET_UTF8)).toBe('04"75"');
    expect(decoded('"04"75"', CHARSET_UTF8)).toBe('0475"');
  });

  it.each([
    [CHARSET_UTF8, '\u00c2\u00a0', '\u00a0'],
    [CHARSET_ASCII, '\u00c2\u00a0', '\u00a0'],
    [CHARSET_ASCII, '\u00a0', '\u00a0'],
    [CHARSET_WINDOWS_1252, '\u00c2\u00a0', '\u00c2\u00a0'],
  ])('of charset %i with the bytes %j is read as %j', (charset, bytes, text) => {
    expect(decoded(`0475${bytes}123451`, charset)).toBe(`0475${text}123451`);
  });

  it('beyond 64 bytes is read as far as proves it', () => {
    expect(decoded('1'.repeat(64), CHARSET_UTF8)).toBe('1'.repeat(64));
    expect(decoded('2'.repeat(100), CHARSET_UTF8)).toBe('2'.repeat(65));
    expect(decoded(`${'2'.repeat(64)}\u00c3\u00a92`, CHARSET_UTF8)).toBe(`${'2'.repeat(64)}é`);
  });
});

describe('what spreadsheets and CRMs wrap around a cell', () => {
  const unwrapped = (text: string) => {
    const bytes = Buffer.from(`9"${text}"9`);
    return unwrappedText(bytes, 2, bytes.length - 2, CHARSET_UTF8);
  };

  it.each([
    ["'0475123456", '0475123456'],
    ['="0475123456"', '0475123456'],
    ['"=""0475123456"""', '0475123456'],
    ['"\'0475123456"', '0475123456'],
    ['  0475123456\u00a0', '0475123456'],
    ['\t0475123456\r\n', '0475123456'],
    ['"\n0475\u0000123456\u0007\n"', '0475123456'],
    ['0475\u0085123456', '0475123456'],
    ['=" 0475123456 "', '0475123456'],
    ['\'="0475123456"', '0475123456'],
    [`${' '.repeat(5000)}0475123456${' '.repeat(5000)}`, '0475123456'],
    ["''0475123456", "'0475123456"],
    ["0475123456'", "0475123456'"],
    ['=0475123456', '=0475123456'],
    ['="0475123456"x', '="0475123456"x'],
    ['', ''],
    ["'", ''],
  ])('%j holds %j', (text, expected) => {
    expect(unwrapped(text)).toBe(expected);
  });

  it('is nothing that is read where it is longer than any number or date', () => {
    expect(unwrapped('x'.repeat(4096))).toBe('x'.repeat(4096));
    expect(unwrapped('x'.repeat(4097))).toBe(undefined);
  });
});
