import { describe, expect, it } from 'vitest';
import { samplePhoneTexts } from '#tacet/sample/phones.js';
import { truePhoneDigits } from '#tacet/sample/truth.js';

const SEED = 1_000_003;

/** Writings and oddities that a file of some size has; all but the last dozen can be read. */
const APPEARING = [
  ...[/^04\d{8}$/, /^0[235]\d{7}$/, /^0\d{3} \d\d \d\d \d\d$/, /^0\d{3}\/\d\d\.\d\d\.\d\d$/],
  ...[
    /^02 \d{3} \d\d \d\d$/,
    /^\(0\d\) \d{3} /,
    /^\(04\d\d\) /,
    /^\[0/,
    /^0\d+-\d+-/,
    /^0\d+\.\d+\./,
  ],
  ...[
    /^\+324\d{8}$/,
    /^\+32 \d/,
    /^\+32 \(0\)/,
    /^\+32\(0\)/,
    /^\+320\d/,
    /^\+32 0\d/,
    /^\(\+32\)/,
  ],
  ...[
    /^0032\d/,
    /^0032 \d/,
    /^0032 \(0\)/,
    /^00320\d/,
    /^00 32 /,
    /^324\d{8}$/,
    /^32\d{8}$/,
    /^32 \d/,
  ],
  ...[/^tel:\+32/, /^tel:0/, /^tel: 0/, /^4\d{8}$/, /^[1-9]\d{7}$/, /^4\d\d \d\d /],
  ...[
    /\u00A0/,
    /\u202F/,
    /\u3000/,
    /\u2011/,
    /\u2212/,
    /\u202A.*\u202C/,
    /\u200B/,
    /\u2060/,
    /\u00AD/,
  ],
  ...[
    /^\uFEFF/,
    /^[\uFF10-\uFF19]+$/,
    /^\uFF0B/,
    /[\u0660-\u0669]/,
    /[\u0966-\u096F]/,
    /\u{1D7D7}/u,
  ],
  ...[
    /^ .* $/,
    /\t$/,
    /\n$/,
    / {2}/,
    /^\+33/,
    /^0031/,
    /^\+44 \(0\)/,
    /^\+39 0/,
    /^0?800/,
    /^0?90\d{6}$/,
  ],
  ...[
    /^$/,
    /^-$/,
    /^4\.\d\dE\+08$/,
    /^\d,\d\dE\+0[78]$/,
    /^[a-z]+$/,
    / ou /,
    /ext/,
    /^'/,
    /^="/,
    /^\+0/,
  ],
  ...[/^000/, /^\+\+/, /^.{65}/, /@/],
];

describe('samplePhoneTexts', () => {
  it('has every writing, foreign and special numbers, and every kind of unreadable text', () => {
    const texts = samplePhoneTexts({ seed: SEED, count: 60_000 });
    for (const pattern of APPEARING) {
      expect(
        texts.some((text) => pattern.test(text)),
        `seed ${SEED}: ${pattern}`,
      ).toBe(true);
    }
  });

  it('gives the same texts for the same seed, a fifth of them of the keys given', () => {
    const listed = Float64Array.of(32475123456, 3222345678, 33475123456);
    const texts = samplePhoneTexts({ seed: SEED, count: 5000, listed });
    expect(samplePhoneTexts({ seed: SEED, count: 5000, listed })).toEqual(texts);
    expect(samplePhoneTexts({ seed: SEED + 1, count: 5000, listed })).not.toEqual(texts);
    const keys = texts.map((text) => Number(truePhoneDigits(text) ?? 0));
    const hits = keys.filter((key) => listed.includes(key)).length;
    expect(hits).toBeGreaterThan(750);
    expect(hits).toBeLessThan(1350);
    expect(keys).not.toContain(33475123456); // foreign: not made from
  });
});
