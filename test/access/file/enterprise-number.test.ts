import { expect, it } from 'vitest';
import { readEnterpriseNumber } from '#tacet/access/file/enterprise-number.js';

it('an enterprise number has ten digits, of which the last two check the others', () => {
  // The registers' own examples: FPS Economy, National Bank, Proximus, bpost.
  for (const real of ['0314.595.348', '0203.201.340', '0202.239.951', '0214.596.464']) {
    expect(readEnterpriseNumber(real)).toBe(real.replaceAll('.', ''));
  }
  expect(readEnterpriseNumber('1000000035')).toBe(undefined);
  let found = 0;
  for (let last = 0; last < 100; last++) {
    const text = `10000000${String(last).padStart(2, '0')}`;
    if (readEnterpriseNumber(text) !== undefined) found++;
  }
  expect(found).toBe(1);
  for (const wrong of [
    '314595348',
    '0314 595 348',
    'BE0314595348',
    '0314.595348',
    '',
    '٠314595348',
  ]) {
    expect(readEnterpriseNumber(wrong)).toBe(undefined);
  }
});
