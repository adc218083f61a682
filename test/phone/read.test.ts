import { describe, expect, test } from 'vitest';
import {
  BAD_CHARACTER,
  BAD_UTF8,
  DECIMAL_NUMBER,
  LEADING_ZERO,
  NATIONAL_WRITING,
  NO_DIGITS,
  readPhoneNumber,
  readPhoneText,
  reasonText,
  TOO_LONG,
} from '#tacet/phone/read.js';
import { createRandom } from './generate.ts';

const MOBILE = 32475123456;
const BRUSSELS = 3221234567;

function readBytes(bytes: readonly number[]): number {
  return readPhoneNumber(Uint8Array.from(bytes), 0, bytes.length, true);
}

describe('a Belgian number is read however it is written', () => {
  test.each([
    ['+32475123456', MOBILE],
    ['+32 475 12 34 56', MOBILE],
    ['0475/12.34.56', MOBILE],
    ['0475-12-34-56', MOBILE],
    ['0475123456', MOBILE],
    ['(02) 123 45 67', BRUSSELS],
    ['02/123.45.67', BRUSSELS],
    ['0032475123456', MOBILE],
    ['00 32 475 12 34 56', MOBILE],
    ['32475123456', MOBILE],
    ['32 2 123 45 67', BRUSSELS],
    ['+32 (0)475 12 34 56', MOBILE],
    ['+32 0475 12 34 56', MOBILE],
    ['+32[0]2 123 45 67', BRUSSELS],
    ['0032 0475 12 34 56', MOBILE],
    ['0032 (0)2 123 45 67', BRUSSELS],
    ['32 (0)475 12 34 56', MOBILE],
    ['(+32) 475 12 34 56', MOBILE],
    ['+(32) 475 12 34 56', MOBILE],
    ['+ 32 475123456', MOBILE],
    ['(0032)475123456', MOBILE],
    ['(0)475 12 34 56', MOBILE],
    ['tel:+32475123456', MOBILE],
    ['TEL:0475123456', MOBILE],
    [' Tel: 0475 12 34 56', MOBILE],
    ['\ufefftel:0475123456', MOBILE],
    ['475123456', MOBILE],
    ['475 12 34 56', MOBILE],
    ['2 123 45 67', BRUSSELS],
    ['21234567', BRUSSELS],
    ['32123456', 3232123456],
    ['032123456', 3232123456],
    ['42123456', 3242123456],
    ['3242123456', 3242123456],
    ['3232123456', 3232123456],
    ['\t0475123456\r\n', MOBILE],
    ['0475\v12\f34\n56', MOBILE],
    ['[0475] 12-34-56', MOBILE],
    ['0475.123.450', 32475123450],
    ['0475.12.34.50', 32475123450],
    ['0475.12.34.00', 32475123400],
    ['475123456.', MOBILE],
    ['))0475((123456[', MOBILE],
    ['-0475123456', MOBILE],
  ])('%j', (text, key) => {
    expect(readPhoneText(text, true)).toBe(key);
  });

  test.each([
    ['no-break spaces', '+32\u00a0475\u00a012\u202f34\u202f56'],
    ['all spaces', '\u16800475\u200012\u200a34\u205f5\u30006'],
    ['dashes', '0475\u201012\u201534\u22125\ufe58\ufe63\uff0d6'],
    ['full-width digits and signs', '\uff0b\uff13\uff12\uff08\uff10\uff09\uff14\uff17\uff15123456'],
    ['full-width separators', '\uff3b0475\uff3d\uff0f12\uff0e34\uff0d56'],
    ['Arabic digits', '\u0660\u0664\u0667\u0665\u0661\u0662\u0663\u0664\u0665\u0666'],
    ['Persian digits', '\u06f0\u06f4\u06f7\u06f5\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6'],
    ['mathematical digits', '\u{1d7d8}\u{1d7dc}75123456'],
    ['direction marks', '\u202a+32475123456\u202c'],
    ['isolates', '\u20660475123456\u2069'],
    ['invisible marks', '0\u200b4\u200d7\u200f5\u2060\u00ad123456\ufeff'],
  ])('with %s', (_, text) => {
    expect(readPhoneText(text, true)).toBe(MOBILE);
  });
});

describe('a foreign number is read with its country code', () => {
  test.each([
    ['+33 1 23 45 67 89', 33123456789],
    ['0033123456789', 33123456789],
    ['+44 (0)20 7946 0958', 442079460958],
    ['+44[0]2079460958', 442079460958],
    ['+44 ( 0 ) 2079460958', 442079460958],
    ['\uff0b44 \uff080\uff0920 7946 0958', 442079460958],
    ['0044 (0)20 7946 0958', 442079460958],
    ['+352 (0)621 123 456', 352621123456],
    ['+1 (0)212 555 0100', 12125550100],
    ['+44 020 7946 0958', 4402079460958],
    ['+44 2(0)79460958', 442079460958],
    ['+39 (0)6 698 12345', 390669812345],
    ['+378 (0)549 123456', 3780549123456],
    ['+379 (0)6 69812345', 3790669812345],
    ['+999(0)1234567', 99901234567],
    ['+123456789012345', 123456789012345],
    ['00123456789012345', 123456789012345],
    ['+998(0)9999999999999', TOO_LONG],
    ['+998(0)999999999999', 998999999999999],
    ['00998(0)999999999999', 998999999999999],
    ['+44 ()0)2079460958', 4402079460958],
    ['+33', 33],
    ['+1', 1],
  ])('%j', (text, key) => {
    expect(readPhoneText(text, true)).toBe(key);
    expect(readPhoneText(text, false)).toBe(key);
  });
});

describe('short and impossible numbers keep a key, for the list is asked first', () => {
  test.each([
    ['112', 32112],
    ['1', 321],
    ['32', 3232],
    ['0800 12 345', 3280012345],
    ['475123', 32475123],
    ['320475123', 32320475123],
    ['3204751234', 324751234],
    ['321234567', 32321234567],
    ['+32 1', 321],
    ['+32475123456789', 32475123456789],
    ['4751234567890', 324751234567890],
    ['04751234567890', 324751234567890],
    ['+325', 325],
    ['+3204751234567890', 324751234567890],
    ['0032 0475 1234567890', 324751234567890],
  ])('%j', (text, key) => {
    expect(readPhoneText(text, true)).toBe(key);
  });
});

describe('what is no phone number has a reason', () => {
  test.each([
    ['', NO_DIGITS],
    [' -./() ', NO_DIGITS],
    ['+', NO_DIGITS],
    ['tel:', NO_DIGITS],
    ['0', NO_DIGITS],
    ['00', NO_DIGITS],
    ['+32', NO_DIGITS],
    ['+320', NO_DIGITS],
    ['0032', NO_DIGITS],
    ['+32 (0)', NO_DIGITS],
    ['+0475123456', LEADING_ZERO],
    ['+0032475123456', LEADING_ZERO],
    ['000475123456', LEADING_ZERO],
    ['000', LEADING_ZERO],
    ['+32 00475123456', LEADING_ZERO],
    ['+32 (0)0475123456', LEADING_ZERO],
    ['32 00475123456', LEADING_ZERO],
    ['+1234567890123456', TOO_LONG],
    ['001234567890123456', TOO_LONG],
    ['+324751234567890123', TOO_LONG],
    ['+1234567890123456789', TOO_LONG],
    ['+32047512345678901', TOO_LONG],
    ['47512345678901', TOO_LONG],
    ['047512345678901', TOO_LONG],
    ['0475123456 0475123457', TOO_LONG],
    ['02 123 45 67 / 0475 12 34 56', TOO_LONG],
    [`0475123456${' '.repeat(55)}`, TOO_LONG],
    ['++32475123456', BAD_CHARACTER],
    ['+32+475123456', BAD_CHARACTER],
    ['0475+123456', BAD_CHARACTER],
    ['0475123456+', BAD_CHARACTER],
    ['+tel:32475123456', BAD_CHARACTER],
    ['tel:tel:0475123456', BAD_CHARACTER],
    ['0475tel:123456', BAD_CHARACTER],
    ['tel 0475123456', BAD_CHARACTER],
    ['te\u200bl:0475123456', BAD_CHARACTER],
    ['te', BAD_CHARACTER],
    ['t', BAD_CHARACTER],
    ['0475123456 GSM', BAD_CHARACTER],
    ['0475123456x12', BAD_CHARACTER],
    ['0475123456;ext=1', BAD_CHARACTER],
    ['0475,123456', BAD_CHARACTER],
    ["'0475123456", BAD_CHARACTER],
    ['0475123456#', BAD_CHARACTER],
    ['O475123456', BAD_CHARACTER],
    ['4.75E+08', BAD_CHARACTER],
    ['3.2475E+10', BAD_CHARACTER],
    ['4,75E+08', BAD_CHARACTER],
    ['475123456,0', BAD_CHARACTER],
    ['0475123456\0', BAD_CHARACTER],
    ['0475\u2028123456', BAD_CHARACTER],
    ['0475\u00b2123456', BAD_CHARACTER],
    ['0475123456\ufffd', BAD_CHARACTER],
    ['0475123456\ud800', BAD_CHARACTER],
    ['0475123456\u{1f4de}', BAD_CHARACTER],
    ['0475123456\u{e0030}', BAD_CHARACTER],
    ['475123456.0', DECIMAL_NUMBER],
    ['475123456.00', DECIMAL_NUMBER],
    ['32475123456.0', DECIMAL_NUMBER],
    ['47512345.0', DECIMAL_NUMBER],
    ['32123456.00', DECIMAL_NUMBER],
    ['32 123 456.00', DECIMAL_NUMBER],
    ['32451234.000 ', DECIMAL_NUMBER],
    ['32123456\uff0e\uff10\uff10', DECIMAL_NUMBER],
  ])('%j', (text, reason) => {
    expect(readPhoneText(text, true)).toBe(reason);
  });

  test('every reason has its own words', () => {
    const reasons = [-1, -2, -3, -4, -5, -6, -7].map(reasonText);
    expect(new Set(reasons).size).toBe(7);
    expect(reasons).not.toContain(reasonText(-8));
    expect(reasonText(0)).toBe('not a reason');
    expect(reasonText(32475123456)).toBe('not a reason');
    expect(reasonText(NO_DIGITS)).toBe('no digits');
  });
});

describe('outside of Belgium only international writing is read', () => {
  test.each([
    ['+32475123456', MOBILE],
    ['0032475123456', MOBILE],
    ['tel:+32 (0)475 12 34 56', MOBILE],
    ['0475123456', NATIONAL_WRITING],
    ['0452345678', NATIONAL_WRITING],
    ['475123456', NATIONAL_WRITING],
    ['32475123456', NATIONAL_WRITING],
    ['\u0660475123456', NATIONAL_WRITING],
    ['0475123456x', BAD_CHARACTER],
  ])('%j', (text, result) => {
    expect(readPhoneText(text, false)).toBe(result);
  });
});

describe('bytes', () => {
  test.each([
    ['a lone continuation byte', [0x30, 0x80]],
    ['an overlong digit of two bytes', [0x34, 0xc0, 0xb0]],
    ['an overlong space of two bytes', [0x34, 0xc1, 0xa0]],
    ['an overlong no-break space', [0x34, 0xe0, 0x82, 0xa0]],
    ['an overlong digit of four bytes', [0x34, 0xf0, 0x80, 0x80, 0xb0]],
    ['an overlong full-width digit', [0x34, 0xf0, 0x8f, 0xbc, 0x90]],
    ['a surrogate', [0x34, 0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0x34, 0xf4, 0x90, 0x80, 0x80]],
    ['a lead byte that does not exist', [0x34, 0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['0xff', [0x34, 0xff]],
    ['two bytes cut short', [0x34, 0xc2]],
    ['three bytes cut short', [0x34, 0xe2, 0x80]],
    ['four bytes cut short', [0x34, 0xf0, 0x9d, 0x9f]],
    ['a digit where a continuation byte belongs', [0x34, 0xe2, 0x30, 0x80]],
    ['Latin-1', [0x34, 0xa0, 0x35]],
  ])('%s is not valid UTF-8', (_, bytes) => {
    expect(readBytes(bytes)).toBe(BAD_UTF8);
  });

  test('random bytes are read only where a strict UTF-8 decoder reads them', () => {
    const seed = 20_261_122;
    const random = createRandom(seed);
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const bytes = new Uint8Array(5);
    let read = 0;
    for (let i = 0; i < 300_000; i++) {
      bytes[0] = 0x34;
      const lead = [0xc2, 0xcc, 0xd9, 0xe2, 0xe0, 0xef, 0xf0, 0xed][random(8)] ?? 0;
      bytes[1] = lead;
      for (let j = 2; j < 5; j++) bytes[j] = random(8) === 0 ? random(256) : 0x80 + random(64);
      const length = 2 + random(4);
      if (readPhoneNumber(bytes, 0, length, true) < 0) continue;
      read++;
      expect(() => decoder.decode(bytes.subarray(0, length)), `seed ${seed}`).not.toThrow();
    }
    expect(read, `seed ${seed}`).toBeGreaterThan(1000);
  });

  test('only the given range counts', () => {
    const bytes = Buffer.from('99;+32\u00a0475123456;99');
    expect(readPhoneNumber(bytes, 3, bytes.length - 3, true)).toBe(MOBILE);
    expect(readPhoneNumber(bytes, 3, 3, true)).toBe(NO_DIGITS);
    expect(readPhoneNumber(Buffer.from('tel:1'), 0, 3, true)).toBe(BAD_CHARACTER);
    expect(readPhoneNumber(bytes, 0, bytes.length, true)).toBe(BAD_CHARACTER);
  });

  test('64 bytes are read and 65 are not, also where characters have several', () => {
    expect(readPhoneText(`0475123456${' '.repeat(54)}`, true)).toBe(MOBILE);
    expect(readPhoneText(`0475123456${' '.repeat(55)}`, true)).toBe(TOO_LONG);
    expect(readPhoneText(`0475123456${'\u200b'.repeat(18)}`, true)).toBe(MOBILE);
    expect(readPhoneText(`0475123456 ${'\u200b'.repeat(18)}`, true)).toBe(TOO_LONG);
    const bytes = Buffer.from(`0475123456${' '.repeat(55)}`);
    expect(readPhoneNumber(bytes, 0, 64, true)).toBe(MOBILE);
    expect(readPhoneNumber(bytes, 0, 65, true)).toBe(TOO_LONG);
  });

  test('a text beyond ASCII leaves nothing behind for the next one', () => {
    expect(readPhoneText('\u00a00475 12 34 56 - - - - -', true)).toBe(MOBILE);
    expect(readPhoneText('\u00a002 1', true)).toBe(3221);
    expect(readPhoneText('\u00a0', true)).toBe(NO_DIGITS);
  });
});
