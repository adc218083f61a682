import { describe, expect, it } from 'vitest';
import { decode } from '../encodings.ts';
import { LIST } from '../numbers.ts';
import type { Facts, Standing } from '../oracle.ts';
import { nationalDigits, readRows } from '../reader.ts';
import { expectNoneListed } from '../run-case.ts';
import type { ContactCase, Divided } from '../sheet.ts';
import { expectEveryRowOnce, type OutputBytes } from '../walk.ts';
import { casesOf, KINDS } from './generate.ts';

/** The reader, the oracle and the generator, none of which knows the others, against each other. */

const SEED = 3;

/** Reads what the generator writes, by a rule of its own. */
const PLAIN_READING: Facts['known'] = {
  get(text): Standing | undefined {
    const plain = text.replaceAll('\u00a0', ' ').trim();
    if (!/^(tel:)?[+(]?\d[\d ()./-]+$/.test(plain)) return undefined;
    if (/^(\+|00)(?!32)/.test(plain)) return 'not-covered';
    const national = nationalDigits(plain);
    if (!/^(4\d{8}|[1-9]\d{7})$/.test(national)) return undefined;
    return LIST.has(national) ? 'listed' : 'callable';
  },
  has(text) {
    return this.get(text) !== undefined;
  },
};

/** Kinds whose rows are told by structure and number alone. */
const TOLD = KINDS.filter(({ name }) =>
  /CR$|lone CR|quote|cells than|rows in|NUL|short|first row of|sep=|found|UTF|1252|skipped/.test(
    name,
  ),
).filter(({ name }) => name !== 'a contact as the first row');

function dividedCases(kinds: typeof KINDS): (ContactCase & { right: Divided })[] {
  return kinds
    .flatMap((kind) => casesOf(kind, SEED))
    .flatMap((given) => {
      const { right } = given;
      return 'refused' in right ? [] : [{ ...given, right }];
    });
}

function textOf({ input, form }: ContactCase): string {
  return decode(input, form.encoding).slice(form.sepLine.length + form.titles.join('').length);
}

function expectAgreed(given: ContactCase, outputs: OutputBytes): void {
  const facts = { form: given.form, known: PLAIN_READING, alsoPhones: [] };
  expectEveryRowOnce(textOf(given), facts, outputs);
}

describe('the oracle', () => {
  it.each(TOLD)('agrees with the generator about $name', (kind) => {
    for (const given of dividedCases([kind])) expectAgreed(given, given.right.outputs);
  });

  it('is asked about most kinds', () => {
    expect(TOLD.length).toBeGreaterThanOrEqual(15);
  });

  /** The last row of blocked, as it came, at the end of callable; and three other faults. */
  const [given] = dividedCases(KINDS.filter(({ name }) => name === 'short rows and blank cells'));
  if (given === undefined) throw new Error('no such kind');
  const { outputs } = given.right;
  const spoilt: readonly (readonly [string, OutputBytes])[] = [
    ['a row that is missing', { ...outputs, blocked: withoutLastLine(outputs.blocked) }],
    ['a row too many', { ...outputs, callable: twiceLastLine(outputs.callable) }],
    ['rows in each other’s output', { ...outputs, blocked: outputs.undecided }],
    ['a verdict that is missing', { ...outputs, undecided: outputs.callable }],
  ];
  it.each(spoilt)('sees %s', (_, wrong) => {
    expect(() => expectAgreed(given, outputs)).not.toThrow();
    expect(() => expectAgreed(given, wrong)).toThrow();
  });

  it('sees a listed number in a dialled column, and a cell beyond the header', () => {
    const { form } = given;
    const row = (...cells: string[]) => {
      const text = cells.join(form.separator) + form.lineEnd;
      return Buffer.concat([outputs.callable, Buffer.from(text)]);
    };
    expect(() => expectNoneListed({ form }, row('0475999999', 'x'))).not.toThrow();
    expect(() => expectNoneListed({ form }, row('+32 (0)475.12.34.56', 'x'))).toThrow();
    expect(() => expectNoneListed({ form }, row('', '', '', '', '', '', 'x'))).toThrow();
  });
});

function withoutLastLine(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/[^\n]*\r?\n$/, ''), 'latin1');
}

function twiceLastLine(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/[^\n]*\n$/, '$&$&'), 'latin1');
}

describe('the independent reader', () => {
  const read = (text: string, separator = ';', cr = false) =>
    readRows(text, { separator, cr }).map(({ cells }) => cells.map(({ value }) => value));

  it.each([
    [
      'a;b\n1;2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a;b\r\n1;2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['"a;""b"";c\nd";e\n', [['a;"b";c\nd', 'e']]],
    ['a"b;"c"d;"e\n', [['a"b', 'cd', 'e\n']]],
    ['a\rb;c\n;\n\n', [['a\rb', 'c'], ['', ''], ['']]],
    ['', []],
  ])('reads %j', (text, rows) => {
    expect(read(text)).toEqual(rows);
  });

  it('reads rows that end with CR', () => {
    expect(read('a;b\r"x\ry";\n\r', ';', true)).toEqual([
      ['a', 'b'],
      ['x\ry', '\n'],
    ]);
  });

  it('knows the line of a row, what is behind a quote, and a quote never closed', () => {
    const rows = readRows('a\n"b\nc" d;"e"\r\n"f\n', { separator: ';', cr: false });
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 4]);
    expect(rows[1]?.cells.map(({ behind }) => behind)).toEqual([' d', '']);
    expect(rows[2]?.cells).toMatchObject([{ open: true, quoted: 'f\n', raw: '"f\n' }]);
  });

  it.each([
    ['0475/12.34.56', '475123456'],
    ['+32 (0)475 12 34 56', '475123456'],
    ['0032475123456', '475123456'],
    ['32475123456', '475123456'],
    ['475123456', '475123456'],
    ['032411132', '32411132'],
    ['32411132', '32411132'],
  ])('reads %s as %s', (text, national) => {
    expect(nationalDigits(text)).toBe(national);
  });
});
