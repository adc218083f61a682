import { describe, expect, test } from 'vitest';
import {
  BAD_CHARACTER,
  BAD_UTF8,
  NO_DIGITS,
  readPhoneNumber,
  readPhoneText,
  reasonText,
  TOO_LONG,
} from '#tacet/phone/read.js';
import {
  CHARACTERS,
  ELSEWHERE,
  FOREIGN,
  MOBILE,
  NO_NUMBERS,
  SHORT,
  WRITINGS,
} from './expectations.ts';
import { createRandom } from './generate.ts';

function readBytes(bytes: readonly number[]): number {
  return readPhoneNumber(Uint8Array.from(bytes), 0, bytes.length, true);
}

describe('a Belgian number is read however it is written', () => {
  test.each(WRITINGS)('%j', (text, key) => {
    expect(readPhoneText(text, true)).toBe(key);
  });

  test.each(CHARACTERS)('with %s', (_, text) => {
    expect(readPhoneText(text, true)).toBe(MOBILE);
  });
});

describe('a foreign number is read with its country code', () => {
  test.each(FOREIGN)('%j', (text, key) => {
    expect(readPhoneText(text, true)).toBe(key);
    expect(readPhoneText(text, false)).toBe(key);
  });
});

describe('short and impossible numbers keep a key, for the list is asked first', () => {
  test.each(SHORT)('%j', (text, key) => {
    expect(readPhoneText(text, true)).toBe(key);
  });
});

describe('what is no phone number has a reason', () => {
  test.each(NO_NUMBERS)('%j', (text, reason) => {
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
  test.each(ELSEWHERE)('%j', (text, result) => {
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
