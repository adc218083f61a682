import { describe, expect, it } from 'vitest';
import { readPhoneNumber } from '#tacet/phone/read.js';
import {
  BAD_CHARACTER,
  BAD_UTF8,
  DECIMAL_NUMBER,
  EMPTY,
  EXTENSION,
  LEADING_ZERO,
  NATIONAL_WRITING,
  NO_DIGITS,
  reasonText,
  SCIENTIFIC,
  SEVERAL_NUMBERS,
  TOO_LONG,
  TOO_SHORT,
} from '#tacet/phone/reasons.js';
import { whyUnreadable } from '#tacet/phone/unreadable.js';
import { reasonOfUnread, verdictOfReason } from '#tacet/verdict/reason.js';
import { NO_NUMBERS } from './expectations.ts';
import { createRandom, writing } from './generate.ts';

function why(text: string, belgian = true): number {
  const bytes = Buffer.from(text);
  expect(readPhoneNumber(bytes, 0, bytes.length, belgian), 'it can be read').toBeLessThan(0);
  return whyUnreadable(bytes, 0, bytes.length, belgian);
}

// biome-ignore format: a table
const TEXTS: readonly (readonly [text: string, reason: number])[] = [
  ['', EMPTY],
  ['   ', EMPTY],
  [' \t\r\n', EMPTY],
  ['\u00a0\u200b\ufeff\u00ad', EMPTY],
  [' '.repeat(5000), EMPTY],
  ['\u00a0'.repeat(999), EMPTY],
  ['-', NO_DIGITS],
  ['()', NO_DIGITS],
  ['+', NO_DIGITS],
  ['tel:', NO_DIGITS],
  ['n/a', NO_DIGITS],
  ['onbekend', NO_DIGITS],
  ['\0', NO_DIGITS],
  ['\u00b2', NO_DIGITS],
  [`${' '.repeat(1000)}?`, NO_DIGITS],
  ['0', TOO_SHORT],
  ['00', TOO_SHORT],
  ['+32', TOO_SHORT],
  ['+32 (0)', TOO_SHORT],
  ['0032', TOO_SHORT],
  ['+1234567890123456', TOO_LONG],
  ['47512345678901', TOO_LONG],
  ['0475 12 34 56 78 90 12 34', TOO_LONG],
  ['1234 5678 0123 4567', TOO_LONG],
  ['+33 6 12 34 05 78 99 99 99 99', TOO_LONG],
  ['01/02/2024 03/04/2025', TOO_LONG],
  ['2024-01-01 0475123456', TOO_LONG],
  ['04751234560470000001', TOO_LONG],
  [`0475123456${' '.repeat(55)}`, TOO_LONG],
  ['9'.repeat(10_000), TOO_LONG],
  ['0475123456 GSM', BAD_CHARACTER],
  ["'0475123456", BAD_CHARACTER],
  ['O475123456', BAD_CHARACTER],
  ['0475,123456', BAD_CHARACTER],
  ['0475123456#', BAD_CHARACTER],
  ['0475123456+', BAD_CHARACTER],
  ['++32475123456', BAD_CHARACTER],
  ['0475123456\u{1f4de}', BAD_CHARACTER],
  ['0475123456, 3 rue Neuve', BAD_CHARACTER],
  ['0475123456 call me x12', BAD_CHARACTER],
  ['0475123456max 12', BAD_CHARACTER],
  ['0475123456 ext 0475x12', BAD_CHARACTER],
  ['32 x 12', BAD_CHARACTER],
  ['x12', BAD_CHARACTER],
  ['0475123456 / 022268851', SEVERAL_NUMBERS],
  ['0475123456/022268851', SEVERAL_NUMBERS],
  ['0475/12.34.56/0470/00.00.01', SEVERAL_NUMBERS],
  ['0475123456,0470000001', SEVERAL_NUMBERS],
  ['0475123456;0470000001', SEVERAL_NUMBERS],
  ['0475123456|0470000001', SEVERAL_NUMBERS],
  ['0475123456 of 0470000001', SEVERAL_NUMBERS],
  ['0475123456 \u2013 0470000001', SEVERAL_NUMBERS],
  ['0475123456\n0470000001', SEVERAL_NUMBERS],
  ['475123456\r\n22268851', SEVERAL_NUMBERS],
  ['475123456 / 470000001', SEVERAL_NUMBERS],
  ['0475123456 0475123457', SEVERAL_NUMBERS],
  ['0475 12 34 56 02 226 88 51', SEVERAL_NUMBERS],
  ['02 226 88 51 - 0475 12 34 56 - 0470 00 00 01', SEVERAL_NUMBERS],
  ['(02)2268851(0475)123456', SEVERAL_NUMBERS],
  ['+32475123456 +32470000001', SEVERAL_NUMBERS],
  ['+32475123456+32470000001', SEVERAL_NUMBERS],
  ['+32475123456 / +33612345678', SEVERAL_NUMBERS],
  ['06 12 34 56 78 / 07 12 34 56 78', SEVERAL_NUMBERS],
  ['Jan: 0475123456, An: 0470000001', SEVERAL_NUMBERS],
  ['tel:0475123456 tel:022268851', SEVERAL_NUMBERS],
  [`0475123456 of 0470000001 ${'x'.repeat(500)}`, SEVERAL_NUMBERS],
  ['0475123456 ext 12', EXTENSION],
  ['0475123456 ext. 12', EXTENSION],
  ['0475123456 EXT:12', EXTENSION],
  ['0475123456x12', EXTENSION],
  ['0475123456 X 12', EXTENSION],
  ['02 226 88 51 poste 345', EXTENSION],
  ['02 226 88 51 (toestel 3)', EXTENSION],
  ['02 226 88 51, tst 3', EXTENSION],
  ['02 226 88 51 int. 3', EXTENSION],
  ['02 226 88 51 - intern 3', EXTENSION],
  ['02 226 88 51 extension 3', EXTENSION],
  ['022268851#4', EXTENSION],
  ['+3222268851;ext=12', EXTENSION],
  ['tel:+3222268851;ext=12', EXTENSION],
  ['02 226 88 51 ext\u00a0\uff11\uff12', EXTENSION],
  ['4.75E+08', SCIENTIFIC],
  ['4,75E+08', SCIENTIFIC],
  ['4.75e8', SCIENTIFIC],
  ['3.2475E+10', SCIENTIFIC],
  [' 4E+08 ', SCIENTIFIC],
  ['32123456.00', DECIMAL_NUMBER],
  ['475123456.0', DECIMAL_NUMBER],
  ['475123456,0', DECIMAL_NUMBER],
  ['0475123456,00', DECIMAL_NUMBER],
  ['+32475123456,0', DECIMAL_NUMBER],
  ['475.123.456,00', DECIMAL_NUMBER],
  ['475,123,456.00', DECIMAL_NUMBER],
  ['+0475123456', LEADING_ZERO],
  ['000475123456', LEADING_ZERO],
  ['+32 00475123456', LEADING_ZERO],
];

describe('a text that gave no key', () => {
  it.each(TEXTS)('%j: reason %i', (text, reason) => {
    expect(why(text)).toBe(reason);
  });

  it.each([
    ['0475123456', NATIONAL_WRITING],
    ['475123456', NATIONAL_WRITING],
    ['0', TOO_SHORT],
    ['32123456.00', DECIMAL_NUMBER],
    ['0612345678 / 0712345678', SEVERAL_NUMBERS],
    ['0475123456 ext 12', EXTENSION],
    ['4.75E+08', SCIENTIFIC],
    ['onbekend', NO_DIGITS],
    ['', EMPTY],
  ])('where national writing is not Belgian, %j: reason %i', (text, reason) => {
    expect(why(text, false)).toBe(reason);
  });

  it.each([
    ['a byte that begins nothing', [0x30, 0x34, 0xff]],
    ['a character cut off', [0x30, 0xe2, 0x80]],
    ['behind a letter', [0x78, 0x80]],
    ['beyond the first 256 bytes', [...new Array(300).fill(0x31), 0xc3]],
    ['continuation bytes alone', new Array(600).fill(0x80)],
  ])('has invalid UTF-8 before all else: %s', (_, bytes) => {
    expect(whyUnreadable(Uint8Array.from(bytes), 0, bytes.length, true)).toBe(BAD_UTF8);
  });

  it('is only what lies in the range', () => {
    const bytes = Buffer.from('0475123456 / 022268851;+32;');
    expect(whyUnreadable(bytes, 0, 22, true)).toBe(SEVERAL_NUMBERS);
    expect(whyUnreadable(bytes, 23, 26, true)).toBe(TOO_SHORT);
    expect(whyUnreadable(bytes, 26, 26, true)).toBe(EMPTY);
  });

  it('may be cut between two bytes of a character where it is looked at piece by piece', () => {
    for (let shift = 0; shift < 9; shift++) {
      const text = `${'x'.repeat(250 + shift)}\u20ac\u{1f4de}\u00e91`;
      expect(why(text)).toBe(TOO_LONG);
    }
  });

  it('that can be read gets its key', () => {
    const bytes = Buffer.from('0475 12 34 56');
    expect(whyUnreadable(bytes, 0, bytes.length, true)).toBe(32_475_123_456);
  });
});

/** What a closer look may say where `readPhoneNumber` gives a reason. */
const CLOSER: Readonly<Record<number, readonly number[]>> = {
  [NO_DIGITS]: [EMPTY, NO_DIGITS, TOO_SHORT],
  [TOO_LONG]: [TOO_LONG, SEVERAL_NUMBERS, EXTENSION, SCIENTIFIC, DECIMAL_NUMBER, BAD_UTF8],
  [LEADING_ZERO]: [LEADING_ZERO, SEVERAL_NUMBERS, DECIMAL_NUMBER],
  [DECIMAL_NUMBER]: [DECIMAL_NUMBER, SEVERAL_NUMBERS],
  [BAD_UTF8]: [BAD_UTF8],
};

/** A writing, perhaps with another one or something else beside it, or bytes of any kind. */
function anyBytes(random: (below: number) => number): Buffer {
  if (random(8) === 0) return Buffer.from(Array.from({ length: random(90) }, () => random(256)));
  const joints = ['', ' ', '/', ' / ', ',', ' x', ' ext. ', '#', ' of ', 'E+', '\n', '\u00a0'];
  let text = writing(random);
  while (random(3) === 0) text += (joints[random(joints.length)] ?? '') + writing(random);
  return Buffer.from(text);
}

describe.each([1, 2, 3])('random texts, seed %i', (seed) => {
  it('that give no key have a reason that is unreadable, and never throw', () => {
    const random = createRandom(seed);
    const seen = new Set<number>();
    for (let i = 0; i < 15_000; i++) {
      const bytes = anyBytes(random);
      const belgian = random(4) !== 0;
      const read = readPhoneNumber(bytes, 0, bytes.length, belgian);
      const reason = whyUnreadable(bytes, 0, bytes.length, belgian);
      const shown = `${JSON.stringify(bytes.toString())}: ${read}, ${reason}`;
      if (read > 0) {
        expect(reason, shown).toBe(read);
        continue;
      }
      seen.add(reason);
      const ofWire = reasonOfUnread(reason);
      expect(ofWire >= 30 && ofWire <= 41, shown).toBe(true);
      expect(verdictOfReason(ofWire), shown).toBe(5);
      expect(reasonText(reason), shown).not.toBe('not a reason');
      expect(CLOSER[read]?.includes(reason) ?? true, shown).toBe(true);
    }
    expect([...seen].sort((a, b) => b - a)).toEqual([
      -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12,
    ]);
  });
});

it('every text that is known to be no number has a reason', () => {
  for (const [text] of NO_NUMBERS) {
    const reason = reasonOfUnread(why(text));
    expect(verdictOfReason(reason)).toBe(5);
  }
});
