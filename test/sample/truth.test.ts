import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { classifyKey } from '#tacet/phone/plan.js';
import { DECIMAL_NUMBER, readPhoneText } from '#tacet/phone/read.js';
import { UNREADABLE } from '#tacet/sample/oddities.js';
import { samplePhoneTexts } from '#tacet/sample/phones.js';
import { Random } from '#tacet/sample/random.js';
import {
  isRealDate,
  readTruthLine,
  rememberRegistration,
  truePhoneDigits,
  trueVerdictOfUnlisted,
  trueVerdicts,
  type VerdictName,
} from '#tacet/sample/truth.js';
import { WRITINGS } from '#tacet/sample/writings.js';

const SEED = 32_475;

describe('truePhoneDigits', () => {
  it.each([
    ['+32 475 12 34 56', '32475123456'],
    ['0475/12.34.56', '32475123456'],
    ['0475-12-34-56', '32475123456'],
    ['(02) 123 45 67', '3221234567'],
    ['0032475123456', '32475123456'],
    ['32475123456', '32475123456'],
    ['3221234567', '3221234567'],
    ['+32 (0)475 12 34 56', '32475123456'],
    ['0032 0475 12 34 56', '32475123456'],
    ['32 (0)475 12 34 56', '32475123456'],
    ['tel:+32-475-12-34-56', '32475123456'],
    ['tel:0475123456', '32475123456'],
    ['475123456', '32475123456'], // lost its zero
    ['32123456', '3232123456'], // eight digits: Antwerp
    ['0475\u00A012\u202F34\u200956', '32475123456'],
    ['\u202A+32 475 12 34 56\u202C', '32475123456'],
    ['\uFEFF0475\u00AD123456\u200B', '32475123456'],
    ['\uFF0B\uFF13\uFF12 \uFF08\uFF10\uFF09475123456', '32475123456'],
    ['\u0660\u0664\u0667\u0665\u0661\u0662\u0663\u0664\u0665\u0666', '32475123456'],
    ['0475\u201312\u221234\uFE6356', '32475123456'],
    ['0475\t12\n34\r56', '32475123456'],
    ['[0475] 12 34 56', '32475123456'],
    ['04 75 12 34 56', '32475123456'], // French or Belgian: national writing is Belgian
    ['+33 4 75 12 34 56', '33475123456'],
    ['+44 (0)20 7946 0000', '442079460000'],
    ['0044 (0)20 7946 0000', '442079460000'],
    ['+44 020 7946 0000', '4402079460000'], // not in brackets: stays
    ['+39 (0)6 1234 5678', '390612345678'],
    ['+378 (0)549 123456', '3780549123456'],
    ['0499', '32499'],
    ['123456789012345', undefined], // with the country code 17 digits
    ['+123456789012345', '123456789012345'],
    ['+1234567890123456', undefined],
    ['', undefined],
    [' ', undefined],
    ['()', undefined],
    ['+', undefined],
    ['0', undefined],
    ['00', undefined],
    ['000475123456', undefined],
    ['+0475123456', undefined],
    ['+0032475123456', undefined],
    ['+32 00475 12 34 56', undefined],
    ['++32475123456', undefined],
    ['0475123456+', undefined],
    ['32+475123456', undefined],
    ['4.75E+08', undefined],
    ['0475 12 34 56 ext 1', undefined],
    ['0475 12 34 56 tel:', undefined],
    ['t el:0475123456', undefined],
    ["'0475123456", undefined],
    ['0475,123456', undefined],
    ['047512345\u2460', undefined],
    ['0475123456 / 0476123456', undefined],
    [`0475123456${' '.repeat(54)}`, '32475123456'], // 64 bytes
    [`0475123456${' '.repeat(55)}`, undefined], // 65 bytes
    [`0475123456${'\u00A0'.repeat(27)}`, '32475123456'], // 64 bytes
    [`0475123456${'\u00A0'.repeat(28)}`, undefined], // 66 bytes
  ])('reads %j as %s', (text, digits) => {
    expect(truePhoneDigits(text)).toBe(digits);
  });

  it('reads every writing of a mobile and of fixed numbers as the number', () => {
    const random = new Random(SEED, 1);
    for (const national of ['475123456', '21234567', '32123456', '42123456', '10456789']) {
      for (const { name, write } of WRITINGS) {
        for (let i = 0; i < 20; i++) {
          const text = write(national, random);
          expect(truePhoneDigits(text), `${name}: ${JSON.stringify(text)}`).toBe(`32${national}`);
        }
      }
    }
  });

  it('finds nothing callable in any kind of unreadable text', () => {
    const random = new Random(SEED, 2);
    for (const { name, write } of UNREADABLE) {
      // By itself; in a cell three of them are a number that is wrapped.
      for (const national of ['475123456', '21234567', '64123456']) {
        const digits = truePhoneDigits(write(national, random));
        expect(trueVerdictOfUnlisted(digits), name).toBe('unreadable');
      }
    }
  });
});

describe('trueVerdictOfUnlisted', () => {
  it.each<[string | undefined, VerdictName]>([
    ['32475123456', 'callable'],
    ['32450000000', 'callable'],
    ['32499999999', 'callable'],
    ['32440000000', 'unreadable'],
    ['3221234567', 'unreadable'], // 02 1 is no exchange
    ['3222345678', 'callable'],
    ['3242123456', 'callable'], // Liège
    ['32421234567', 'unreadable'],
    ['3280212345', 'callable'],
    ['3280112345', 'unreadable'],
    ['3280012345', 'not-covered'],
    ['3278791234', 'not-covered'],
    ['3270201234', 'not-covered'],
    ['3270261234', 'unreadable'],
    ['3290123456', 'not-covered'],
    ['3278071234', 'not-covered'],
    ['3262123456', 'unreadable'],
    ['33475123456', 'not-covered'],
    ['1234567', 'not-covered'],
    ['123456', 'unreadable'], // six digits in all
    ['123456789012345', 'not-covered'],
    ['21012345678', 'unreadable'], // 210 is not in use
    ['999123456789', 'unreadable'],
    [undefined, 'unreadable'],
  ])('finds %s %s', (digits, verdict) => {
    expect(trueVerdictOfUnlisted(digits)).toBe(verdict);
  });
});

describe('trueVerdicts', () => {
  const list = new Map([
    ['475123456', '2021-03-15'],
    ['62123456', '2021-03-15'], // outside the plan
  ]);

  it.each<[string, string, VerdictName, VerdictName]>([
    ['0475123456', '', 'blocked', 'blocked'],
    ['0475123456', '2021-03-14', 'blocked', 'blocked'],
    ['0475123456', '2021-03-15', 'blocked', 'blocked'],
    ['0475123456', '2021-03-16', 'callable-opt-in', 'blocked'],
    ['0475123456', '2026-11-22', 'callable-opt-in', 'blocked'], // today
    ['0475123456', '2026-11-23', 'blocked', 'blocked'], // tomorrow
    ['0475123456', '2099-01-01', 'blocked', 'blocked'],
    ['0475123456', '2024-02-30', 'blocked', 'blocked'],
    ['0475123456', '01/01/2024', 'blocked', 'blocked'],
    ['062 12 34 56', '', 'blocked', 'blocked'], // looked up first
    ['062 12 34 57', '', 'unreadable', 'unreadable'],
    ['0475123457', '2024-01-01', 'callable', 'callable'],
    ['+33 4 75 12 34 56', '2024-01-01', 'not-covered', 'not-covered'],
    ['4.75E+08', '2024-01-01', 'unreadable', 'unreadable'],
    // Spreadsheets and CRMs wrapped these.
    ["'0475123456", '', 'blocked', 'blocked'],
    ['="0475123456"', '2021-03-16', 'callable-opt-in', 'blocked'],
    [`0475123456${' '.repeat(64)}`, '', 'blocked', 'blocked'],
    ['\u00010475\u007f123457', '', 'callable', 'callable'],
    ["''0475123456", '', 'unreadable', 'unreadable'], // one apostrophe, not two
    ['"0475123456"', '', 'unreadable', 'unreadable'],
    ['=0475123456', '', 'unreadable', 'unreadable'],
  ])('%s with opt-in %j: %s, without: %s', (phoneText, optInDate, withOptIn, withoutOptIn) => {
    const contact = { phoneText, optInDate, today: '2026-11-22' };
    expect(trueVerdicts(list, contact)).toEqual({ withOptIn, withoutOptIn });
  });
});

describe('readTruthLine', () => {
  it.each([
    '0475123456;15/03/2021',
    '+32475123456;15/03/2021',
    '0032475123456,15-03-2021',
    '32475123456\t15.03.2021',
    '475123456|15/03/2021\r',
  ])('reads %j', (line) => {
    expect(readTruthLine(line)).toEqual({ national: '475123456', date: '2021-03-15' });
  });

  it('takes eight digits beginning with 32 for an Antwerp number', () => {
    expect(readTruthLine('32123456;15/03/2021')?.national).toBe('32123456');
    expect(readTruthLine('3232123456;15/03/2021')?.national).toBe('32123456');
  });

  it.each(['', 'number;date', '0475123456', '0475123456;2021-03-15', '04751234;15/03/2021'])(
    'does not read %j',
    (line) => {
      expect(readTruthLine(line)).toBeUndefined();
    },
  );

  it('keeps the latest of several registrations', () => {
    const list = new Map<string, string>();
    for (const date of ['2015-01-01', '2021-03-15', '2019-12-31']) {
      rememberRegistration(list, '475123456', date);
    }
    expect([...list]).toEqual([['475123456', '2021-03-15']]);
  });
});

describe('isRealDate', () => {
  it.each([
    ['2024-02-29', true],
    ['2023-02-29', false],
    ['2000-02-29', true],
    ['1900-02-29', false],
    ['2024-04-31', false],
    ['2024-12-31', true],
    ['2024-13-01', false],
    ['2024-00-01', false],
    ['2024-01-00', false],
    ['0000-01-01', false],
    ['2024-1-1', false],
    [' 2024-01-01', false],
    ['', false],
  ])('%j: %s', (text, real) => {
    expect(isRealDate(text)).toBe(real);
  });
});

describe('truth.ts', () => {
  it('imports nothing', async () => {
    const built = fileURLToPath(import.meta.resolve('#tacet/sample/truth.js'));
    expect(await readFile(built, 'utf8')).not.toMatch(/\b(?:import|require)\b\s*[({'"\w*]/);
  });
});

describe('the truth and the reader of phone numbers', () => {
  const NAMES = ['', 'callable', 'blocked', 'callable-opt-in', 'not-covered', 'unreadable'];

  function expectSame(text: string): void {
    const key = readPhoneText(text, true);
    // The reader is stricter with `32123456.00`, which a spreadsheet made: nothing else may differ.
    if (key === DECIMAL_NUMBER) return;
    const digits = truePhoneDigits(text);
    const shown = `seed ${SEED}: ${JSON.stringify(text)}`;
    expect(NAMES[classifyKey(key)], shown).toBe(trueVerdictOfUnlisted(digits));
    if (digits?.startsWith('32')) expect(String(key), shown).toBe(digits);
  }

  it('agree on 50,000 sample texts', () => {
    for (const text of samplePhoneTexts({ seed: SEED, count: 50_000 })) expectSame(text);
  });

  it('agree on 100,000 texts put together at random', () => {
    const random = new Random(SEED, 3);
    const pieces = [
      ...'0 0 0 00 000 32 32 + +32 +320 +44 +39 (0) ( )'.split(' '),
      ...['[', ']', ' ', '.', '/', '-', 'tel:', 'TEL:', '\t', '\n', '\u00A0', '\u200B', '\u2013'],
      ...['475123456', '47512345', '21234567', '32123456', '42345678', '80012345', '90123456'],
      ...'1 2 3 4 5 6 7 8 9 12 34 56 \uFF10 \uFF13 \u0662'.split(' '),
      ...'\uFF0B|\u2066|\uFEFF|\u2212|\u3000|x|,|;|\0|\u2028|\u00B2'.split('|'),
    ];
    for (let i = 0; i < 100_000; i++) {
      let text = '';
      for (let count = random.between(1, 7); count > 0; count--) text += random.pick(pieces);
      expectSame(text);
    }
  });
});
