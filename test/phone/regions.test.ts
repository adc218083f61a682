import { getCountries } from 'libphonenumber-js/max';
import { expect, test } from 'vitest';
import { isRegion } from '#tacet/phone/regions.js';

function allRegions(): string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  return letters.flatMap((a) => letters.map((b) => a + b)).filter(isRegion);
}

test('249 regions are known, in upper case alone', () => {
  expect(allRegions()).toHaveLength(249);
  expect(isRegion('BE')).toBe(true);
  expect(isRegion('ZW')).toBe(true);
  for (const code of ['be', 'Be', '', 'B', 'BEL', 'BE ', 'EU', 'UK', 'XX', 'ZZ', 'AN', '32']) {
    expect(isRegion(code), code).toBe(false);
  }
});

test('they are those of the library but for three of its own, and seven without phones', () => {
  const library = getCountries().filter((code) => !['AC', 'TA', 'XK'].includes(code));
  expect(allRegions()).toEqual([...library, 'AQ', 'BV', 'GS', 'HM', 'PN', 'TF', 'UM'].sort());
});
