import metadata from 'libphonenumber-js/metadata.max.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { countryCodeDigits, keepsLeadingZero } from '#tacet/phone/country-codes.js';
import {
  classifyKey,
  EIGHT_DIGITS_BASE,
  EIGHT_DIGITS_CLASS,
  EIGHT_DIGITS_COUNT,
  formatE164,
  KEY_MAX,
  keyKind,
  MOBILE_BASE,
  MOBILE_COUNT,
} from '#tacet/phone/plan.js';
import { libraryReading } from './library.ts';

describe('a key is classed by the numbering plan', () => {
  test.each([
    // mobile: 4[5-9]\d{7}
    [32449999999, 5, 'invalid'],
    [32450000000, 1, 'mobile'],
    [32475123456, 1, 'mobile'],
    [32499999999, 1, 'mobile'],
    [32500000000, 5, 'invalid'],
    [3245000000, 5, 'invalid'],
    [3249999999, 5, 'invalid'],
    [324750000000, 5, 'invalid'],
    // fixed
    [3210000000, 1, 'fixed'],
    [3216999999, 1, 'fixed'],
    [3217000000, 5, 'invalid'],
    [3218999999, 5, 'invalid'],
    [3219000000, 1, 'fixed'],
    [3219999999, 1, 'fixed'],
    [3220000000, 5, 'invalid'],
    [3221999999, 5, 'invalid'],
    [3222000000, 1, 'fixed'],
    [3228999999, 1, 'fixed'],
    [3229000000, 5, 'invalid'],
    [3221234567, 5, 'invalid'],
    [3222345678, 1, 'fixed'],
    [3232123456, 1, 'fixed'],
    [3241999999, 5, 'invalid'],
    [3242000000, 1, 'fixed'],
    [3243999999, 1, 'fixed'],
    [3244000000, 5, 'invalid'],
    [3250000000, 1, 'fixed'],
    [3259999999, 1, 'fixed'],
    [3262000000, 5, 'invalid'],
    [3263000000, 1, 'fixed'],
    [3264000000, 1, 'fixed'],
    [3266000000, 5, 'invalid'],
    [3269999999, 1, 'fixed'],
    [3271000000, 1, 'fixed'],
    [3272000000, 5, 'invalid'],
    [3280199999, 5, 'invalid'],
    [3280200000, 1, 'fixed'],
    [3280899999, 1, 'fixed'],
    [3280900000, 5, 'invalid'],
    [3288000000, 5, 'invalid'],
    [3289000000, 1, 'fixed'],
    [3291999999, 5, 'invalid'],
    [3292000000, 1, 'fixed'],
    [3294999999, 1, 'fixed'],
    [3295000000, 5, 'invalid'],
    // toll free, shared cost, premium, universal access
    [3280009999, 5, 'invalid'],
    [3280010000, 4, 'special'],
    [3280099999, 4, 'special'],
    [3280100000, 5, 'invalid'],
    [3278790000, 4, 'special'],
    [3278799999, 4, 'special'],
    [3278800000, 5, 'invalid'],
    [3270200000, 4, 'special'],
    [3270260000, 5, 'invalid'],
    [3290000000, 4, 'special'],
    [3290999999, 4, 'special'],
    [3278050000, 4, 'special'],
    [3278060000, 5, 'invalid'],
    [3278999999, 4, 'special'],
    // Belgian digits of another length
    [32, 5, 'invalid'],
    [32112, 5, 'invalid'],
    [329999999, 5, 'invalid'],
    [3200000000, 5, 'invalid'],
    [3209999999, 5, 'invalid'],
    [32100000000, 5, 'invalid'],
    [32999999999, 5, 'invalid'],
    [320000000000000, 5, 'invalid'],
    [329999999999999, 5, 'invalid'],
    // foreign
    [33123456789, 4, 'foreign'],
    [3312345, 4, 'foreign'],
    [331234, 5, 'invalid'],
    [1000000, 4, 'foreign'],
    [999999, 5, 'invalid'],
    [31612345678, 4, 'foreign'],
    [3300000000, 4, 'foreign'],
    [3199999999, 4, 'foreign'],
    [33000000000, 4, 'foreign'],
    [31999999999, 4, 'foreign'],
    [199999999999999, 4, 'foreign'],
    [80012345678, 4, 'foreign'],
    [88312345678, 4, 'foreign'],
    [97912345678, 4, 'foreign'],
    [21012345678, 5, 'invalid'],
    [99912345678, 5, 'invalid'],
    [999999999999999, 5, 'invalid'],
    [998999999999999, 4, 'foreign'],
    // no keys
    [0, 5, 'invalid'],
    [-0, 5, 'invalid'],
    [1, 5, 'invalid'],
    [-1, 5, 'invalid'],
    [-32475123456, 5, 'invalid'],
    [32475123456.5, 5, 'invalid'],
    [3222345678.25, 5, 'invalid'],
    [33123456789.5, 5, 'invalid'],
    // no wrap at 32 bits
    [32475123456 + 2 ** 32, 4, 'foreign'],
    [32475123456 - 2 ** 32, 5, 'invalid'],
    [3221234567 + 2 ** 32, 4, 'foreign'],
    [1_000_000_000_000_000, 5, 'invalid'],
    [1_199_999_999_999_999, 5, 'invalid'],
    [Number.NaN, 5, 'invalid'],
    [Number.POSITIVE_INFINITY, 5, 'invalid'],
    [Number.NEGATIVE_INFINITY, 5, 'invalid'],
    [2 ** 64, 5, 'invalid'],
  ])('%d is class %d, %s', (key, keyClass, kind) => {
    expect(classifyKey(key)).toBe(keyClass);
    expect(keyKind(key)).toBe(kind);
  });

  test('every Belgian number of eight or nine digits is classed as the library does', () => {
    const wrong: string[] = [];
    const counts = { 1: 0, 4: 0, 5: 0 };
    for (let prefix = 1000; prefix < 10_000; prefix++) {
      for (const tail of ['0000', '9999', '12345']) {
        const digits = `32${prefix}${tail}`;
        const ours = classifyKey(Number(digits));
        counts[ours]++;
        if (ours !== libraryReading(`+${digits}`).verdict) wrong.push(digits);
      }
    }
    expect(wrong).toEqual([]);
    // Two tails of four digits. 54 areas and 802 to 808 are fixed; one tail of five, 500 mobile.
    expect(counts[1]).toBe(2 * (5400 + 70) + 500);
    // Toll free, shared cost, premium 70 and 90, universal access.
    expect(counts[4]).toBe(2 * (9 + 1 + 22 + 100 + 35));
  });

  test('the exported table and bounds say the same as the function', () => {
    expect(EIGHT_DIGITS_CLASS).toHaveLength(10_000);
    expect(EIGHT_DIGITS_BASE + EIGHT_DIGITS_COUNT).toBe(3_300_000_000);
    expect([MOBILE_BASE, MOBILE_BASE + MOBILE_COUNT]).toEqual([32_450_000_000, 32_500_000_000]);
    for (let prefix = 0; prefix < 10_000; prefix++) {
      const key = EIGHT_DIGITS_BASE + prefix * 10_000 + 4567;
      expect(EIGHT_DIGITS_CLASS[prefix]).toBe(classifyKey(key));
    }
  });
});

test('the country codes in use are those of the library, and the code of the Vatican', () => {
  const { country_calling_codes, nonGeographic } = metadata as unknown as {
    country_calling_codes: object;
    nonGeographic: object;
  };
  const expected = [...Object.keys(country_calling_codes), ...Object.keys(nonGeographic), '379'];
  const found = new Set<string>();
  for (let firstThree = 100; firstThree < 1000; firstThree++) {
    const digits = countryCodeDigits(firstThree);
    if (digits > 0) found.add(String(firstThree).slice(0, digits));
  }
  expect([...found].sort()).toEqual([...new Set(expected)].sort());
  expect(countryCodeDigits(0)).toBe(0);
  expect(countryCodeDigits(1000)).toBe(0);
});

test('Italy, San Marino and the Vatican keep their zero', () => {
  const kept = [];
  for (let firstThree = 100; firstThree < 1000; firstThree++) {
    if (keepsLeadingZero(firstThree)) kept.push(firstThree);
  }
  expect(kept).toEqual([378, 379, 390, 391, 392, 393, 394, 395, 396, 397, 398, 399]);
});

test('a key is written as E.164', () => {
  expect(formatE164(32475123456)).toBe('+32475123456');
  expect(formatE164(KEY_MAX)).toBe('+999999999999999');
  expect(formatE164(1)).toBe('+1');
});
