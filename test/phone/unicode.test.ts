import { expect, test } from 'vitest';
import { BAD_CHARACTER, BAD_UTF8, readPhoneNumber } from '#tacet/phone/read.js';
import { DECIMAL_ZEROS, foldToAscii } from '#tacet/phone/unicode.js';
import { IGNORED_CLASS } from './contract.ts';

const CODE_POINT_MAX = 0x10ffff;

function codePointName(codePoint: number): string {
  return `U+${codePoint.toString(16)}`;
}

test('the table holds every decimal digit this Node knows, and none it knows otherwise', () => {
  const digits = new Set(
    DECIMAL_ZEROS.flatMap((zero) => Array.from({ length: 10 }, (_, i) => zero + i)),
  );
  const wrong: string[] = [];
  for (let codePoint = 0; codePoint <= CODE_POINT_MAX; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    const known = /\p{Nd}/u.test(character);
    // A Node of an older Unicode may not know the newest rows yet.
    if (known !== digits.has(codePoint) && (known || !/\p{Cn}/u.test(character))) {
      wrong.push(codePointName(codePoint));
    }
  }
  expect(wrong).toEqual([]);
  expect(DECIMAL_ZEROS).toHaveLength(77);
});

test('each row of digits begins with its zero', () => {
  // Intl knows the digits of a numbering system by value, independently of the general category.
  const wrong: string[] = [];
  for (const system of Intl.supportedValuesOf('numberingSystem')) {
    const format = new Intl.NumberFormat(`en-u-nu-${system}`, { useGrouping: false });
    const zero = format.format(0).codePointAt(0) ?? 0;
    if (/\p{Nd}/u.test(String.fromCodePoint(zero)) && !DECIMAL_ZEROS.includes(zero)) {
      wrong.push(system);
    }
  }
  expect(wrong).toEqual([]);
});

test('a number with any other character in it is read exactly if the contract names it', () => {
  const ignored = new RegExp(`[${IGNORED_CLASS}]`, 'u');
  const bytes = new Uint8Array(16);
  bytes.set(Buffer.from('0475'));
  const tail = Buffer.from('123456');
  const encoder = new TextEncoder();
  const wrong: string[] = [];
  for (let codePoint = 0; codePoint <= CODE_POINT_MAX; codePoint++) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
    const character = String.fromCodePoint(codePoint);
    const { written } = encoder.encodeInto(character, bytes.subarray(4));
    bytes.set(tail, 4 + written);
    const result = readPhoneNumber(bytes, 0, 10 + written, true);
    const zero = DECIMAL_ZEROS.findLast((start) => start <= codePoint) ?? -10;
    let expected = BAD_CHARACTER;
    if (codePoint - zero < 10) expected = 324750123456 + (codePoint - zero) * 1_000_000;
    else if (ignored.test(character)) expected = 32475123456;
    if (result !== expected) wrong.push(codePointName(codePoint));
  }
  expect(wrong).toEqual([]);
});

test.each([
  ['ASCII stays', '0475 x;', '0475 x;'],
  ['brackets keep their kind', '\uff08\uff09\uff3b\uff3d', '()[]'],
  ['plus, dot and slash', '\uff0b\uff0e\uff0f', '+./'],
  ['a mark becomes a space', 'te\u00adl:', 'te l:'],
  ['digits', '\u0669\uff10\u{1d7ff}\u{1fbf9}', '9099'],
])('folding: %s', (_, text, ascii) => {
  const bytes = Buffer.from(text);
  const out = Buffer.alloc(64);
  const count = foldToAscii(bytes, 0, bytes.length, out);
  expect(out.toString('latin1', 0, count)).toBe(ascii);
});

test('folding stops at the first fault', () => {
  const out = new Uint8Array(8);
  expect(foldToAscii(Uint8Array.of(0x31, 0xc3, 0xa9, 0xff), 0, 4, out)).toBe(BAD_CHARACTER);
  expect(foldToAscii(Uint8Array.of(0x31, 0xff, 0xc3, 0xa9), 0, 4, out)).toBe(BAD_UTF8);
  expect(foldToAscii(Uint8Array.of(0xc2, 0xa0), 0, 1, out)).toBe(BAD_UTF8);
});
