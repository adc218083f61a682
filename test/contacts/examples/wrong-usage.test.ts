import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, ENGINES, type Outcome } from './run-case.ts';

/** What is refused before anything is written, and the flag that the message names. */

const PLAIN = 'name;phone;city\nAn;0475000000;Gent\nLuc;0475000002;Ath\n';
const TWO = 'name;phone;mobile\nAn;0475000000;0475000003\nLuc;0475000002;0475000004\n';
const COUNTRY = 'name;country;phone\nAn;BE;0475000000\nLuc;FR;0140000000\n';
const CODES = 'vendor;phone_code;phone_number\n1;32;475000000\n2;33;140000000\n';
const TITLED = `Klanten van mei\n${PLAIN}`;
const OPT_INS = 'phone;ok;mobile;ok2\n0475000000;2024-01-31;0475000002;2024-01-31\n';
const BOTH = ['--column', 'phone', '--column', 'mobile'];

/** Name, input, flags, and what the message must say. */
type Wrong = readonly [string, string, readonly string[], readonly (string | RegExp)[]];

const WRONG: readonly Wrong[] = [
  ['--header with --no-header', PLAIN, ['--header', '--no-header'], ['--header', '--no-header']],
  [
    'fewer --opt-in-column than --column',
    OPT_INS,
    [...BOTH, '--opt-in-column', 'ok'],
    ['--opt-in-column'],
  ],
  [
    'more --opt-in-column than --column',
    OPT_INS,
    ['--column', 'phone', '--opt-in-column', 'ok', '--opt-in-column', 'ok2'],
    ['--opt-in-column'],
  ],
  ['a column given twice', PLAIN, ['--column', 'phone', '--column', '2'], ['--column']],
  ['an unknown --column beside a known one', PLAIN, BOTH, ['--column', 'mobile']],
  ['a first row that is a contact', 'An;0475000000\nLuc;0475000002\n', [], ['--no-header']],
  [
    'a first row that holds a number, --column given',
    'An;0475000000 (gsm)\nLuc;0475000002\n',
    ['--column', '2'],
    ['--no-header', '--header'],
  ],
  [
    'a first row with a number elsewhere than in --column',
    'An;city;0475000000\nLuc;Gent;0475000002\n',
    ['--column', '1'],
    ['--no-header'],
  ],
  [
    'a first row with eight digits in another column',
    'klant 12345678;phone\nLuc;0475000002\n',
    [],
    ['--no-header'],
  ],
  ['two columns that may be meant', TWO, [], ['--column', 'phone', 'mobile']],
  [
    'two columns that may be meant, without a header',
    '0475000000;0475000003\n0475000002;0475000004\n',
    ['--no-header'],
    ['--column'],
  ],
  ['an unnamed country column', COUNTRY, [], ['--country-column', 'country', '--region']],
  ['an unnamed column of country codes', CODES, [], ['--country-column', 'phone_code']],
  ['a country column, --column given', COUNTRY, ['--column', 'phone'], ['--country-column']],
  ['a title above the header', TITLED, [], ['--skip-lines']],
  ['a title above the header, --column given', TITLED, ['--column', 'phone'], ['--skip-lines']],
  ['a title among blank cells', `Klanten;;\n${PLAIN}`, ['--column', '2'], ['--skip-lines']],
  ['--skip-lines that is no number', PLAIN, ['--skip-lines', 'two'], ['--skip-lines']],
  ['--separator of several characters', PLAIN, ['--separator', ';;'], ['--separator']],
  ['--separator that is empty', PLAIN, ['--separator='], ['--separator']],
  ['--separator that is a quote', PLAIN, ['--separator', '"'], ['--separator']],
  ['--separator that is a line end', PLAIN, ['--separator', '\n'], ['--separator']],
  ['--not-dialled of a dialled column', PLAIN, ['--not-dialled', 'phone'], ['--not-dialled']],
  [
    '--not-dialled of a dialled column by number',
    TWO,
    ['--column', 'phone', '--not-dialled', '2'],
    ['--not-dialled'],
  ],
  ['--not-dialled of no column', PLAIN, ['--not-dialled', 'fax'], ['--not-dialled', 'fax']],
  ['--blocked-cells with another value', PLAIN, ['--blocked-cells', 'stars'], ['--blocked-cells']],
  [
    '--country-column of no column',
    PLAIN,
    ['--country-column', 'land'],
    ['--country-column', 'land'],
  ],
];

/** Whether a flag that is wrong above is right elsewhere: a message must not be about the flag. */
const RIGHT: readonly (readonly [string, string, readonly string[]])[] = [
  ['--header', PLAIN, ['--header']],
  ['--separator', PLAIN, ['--separator', ';']],
  ['--skip-lines', TITLED, ['--skip-lines', '1']],
  [
    'several --column and --opt-in-column',
    OPT_INS,
    [...BOTH, ...['--opt-in-column', 'ok', '--opt-in-column', 'ok2']],
  ],
  ['--not-dialled', TWO, ['--column', 'phone', '--not-dialled', 'mobile']],
  ['--blocked-cells empty', TWO, [...BOTH, '--blocked-cells', 'empty']],
  ['--country-column', COUNTRY, ['--country-column', 'country']],
  ['--region beside a country column', COUNTRY, ['--region', 'BE']],
];

const bench = new Bench();
beforeAll(() => bench.start());
afterAll(() => bench.stop());

function expectRefused({ code, names, stderr }: Outcome, said: readonly (string | RegExp)[]): void {
  expect({ code, names, stderr }).toEqual({ code: 2, names: [], stderr: expect.any(String) });
  for (const text of said) expect(stderr).toMatch(text);
  expect(stderr).toMatch(/\(ERR_(USAGE|OPTION)\)\n/);
  // The parser of the arguments would say this of a flag that nobody knows.
  expect(stderr).not.toContain('unknown option');
  expect(stderr).not.toMatch(/\d{7}/);
}

describe.each(ENGINES)('wrong usage, %s', (engine) => {
  it.each(WRONG)('%s', async (_, input, flags, said) => {
    expectRefused(await bench.run(Buffer.from(input), flags, engine), said);
  });
});

describe('right usage', () => {
  it.each(RIGHT)('%s', async (_, input, flags) => {
    const { code, stderr } = await bench.run(Buffer.from(input), flags, 'embedded');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  });
});

it('the same is said in UTF-16', async () => {
  const input = Buffer.from(`\ufeff${TWO}`, 'utf16le');
  expectRefused(await bench.run(input, [], 'embedded'), ['--column', 'phone', 'mobile']);
});
