import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, ENGINES } from './run-case.ts';

/**
 * Where more than one reading of the contract is possible: the one that lets less be called, or
 * that keeps more of a row. One case for each, so that a decision changes one case.
 */

interface Reading {
  readonly name: string;
  readonly input: string;
  readonly flags: readonly string[];
  readonly callable?: string;
  readonly blocked?: string;
  readonly undecided?: string;
}

const MARKS = 'tacet_verdict;tacet_reason';
const TWO = ['--column', 'phone', '--column', 'mobile'];
const EMPTY_CELLS = [...TWO, '--blocked-cells', 'empty'];
const HEAD = 'name;phone;mobile\n';
const NUMBERS = Array.from({ length: 10 }, (_, index) => `An;047500000${index};0475.123.456\n`);

const READINGS: readonly Reading[] = [
  {
    name: 'a cell that is unreadable or not covered is emptied too',
    input: `${HEAD}An;0475000000;geen\nLuc;+33 1 40 00 00 00;0475000002\n`,
    flags: EMPTY_CELLS,
    callable: `${HEAD}An;0475000000;\nLuc;;0475000002\n`,
  },
  {
    name: 'a row of which no number remains stays as it came, with its first refusal',
    input: `${HEAD}An;0475123456;geen\nLuc;geen;+33 1 40 00 00 00\n`,
    flags: EMPTY_CELLS,
    callable: HEAD,
    blocked: `name;phone;mobile;${MARKS}\nAn;0475123456;geen;blocked;listed\n`,
    undecided: `name;phone;mobile;${MARKS}\nLuc;geen;+33 1 40 00 00 00;unreadable;no-digits\n`,
  },
  {
    name: 'a cell is emptied with its quotes',
    input: `${HEAD}An;"0475123456";0475000002\n`,
    flags: EMPTY_CELLS,
    callable: `${HEAD}An;;0475000002\n`,
  },
  {
    name: 'emptied cells do not help a row that holds a listed number in another column',
    input: 'name;phone;mobile;work\nAn;0475123456;0475000002;022268851\n',
    flags: EMPTY_CELLS,
    callable: 'name;phone;mobile;work\n',
  },
  {
    name: 'a country that is a word is Belgium by its own names alone',
    input: 'country;phone\nNederland;0475000000\nBelgique;0475000002\n',
    flags: ['--column', 'phone', '--country-column', 'country'],
    callable: 'country;phone\nBelgique;0475000002\n',
    undecided: `country;phone;${MARKS}\nNederland;0475000000;unreadable;national-writing\n`,
  },
  {
    name: '--region says nothing beside another country',
    input: 'country;phone\nFR;0475000000\n;0475000002\n',
    flags: ['--column', 'phone', '--country-column', 'country', '--region', 'BE'],
    callable: 'country;phone\n;0475000002\n',
    undecided: `country;phone;${MARKS}\nFR;0475000000;unreadable;national-writing\n`,
  },
  {
    name: 'a column of company numbers is not looked up, however many there are',
    input: `name;phone;ondernemingsnummer\n${NUMBERS.join('')}`,
    flags: ['--column', 'phone'],
    callable: `name;phone;ondernemingsnummer\n${NUMBERS.join('')}`,
  },
  {
    name: 'without a header the first row says to how many cells short rows are padded',
    input: 'An;0475000000;Gent\nLuc;0475123456\n',
    flags: ['--no-header', '--column', '2'],
    callable: 'An;0475000000;Gent\n',
    blocked: 'Luc;0475123456;;blocked;listed\n',
  },
  {
    name: 'without a header the first row, blank cells too, says how many cells a row may have',
    input: 'An;0475000000;\nLuc;0475000002;x\nEls;0475000003;x;y\n',
    flags: ['--no-header', '--column', '2'],
    callable: 'An;0475000000;\nLuc;0475000002;x\n',
    undecided: 'Els;0475000003;x;y;undecided;row-structure\n',
  },
  {
    name: 'two apostrophes are no wrapping',
    input: "name;phone\nAn;''0475000000\nLuc;0475000002\n",
    flags: ['--column', 'phone'],
    callable: 'name;phone\nLuc;0475000002\n',
  },
  {
    name: 'spaces inside a number count towards its 64 bytes',
    input: `name;phone\nAn;0475${' '.repeat(70)}000000\nLuc;0475000002\n`,
    flags: ['--column', 'phone'],
    callable: 'name;phone\nLuc;0475000002\n',
  },
  {
    name: 'a lone CR right in front of a line end is doubt',
    input: 'name;phone\r\nAn;0475000000\r\r\nLuc;0475000002\r\n',
    flags: ['--column', 'phone'],
    callable: 'name;phone\r\nLuc;0475000002\r\n',
    undecided: `name;phone;${MARKS}\r\nAn;0475000000\r;undecided;row-structure\r\n`,
  },
  {
    name: 'CRLF where rows end with CR leaves an LF in front of the next row, which is in doubt',
    input: 'name;phone\rAn;0475000000\r\nEls;0475000001\rLuc;0475000002\r',
    flags: ['--column', 'phone'],
    callable: 'name;phone\rAn;0475000000\rLuc;0475000002\r',
    undecided: `name;phone;${MARKS}\r\nEls;0475000001;undecided;row-structure\r`,
  },
  {
    name: 'a quote never closed keeps the line end that it swallowed, and gets none',
    input: 'name;phone;city\nAn;0475000000;Gent\n"Luc;0475000002;x\n',
    flags: ['--column', 'phone'],
    callable: 'name;phone;city\nAn;0475000000;Gent\n',
    undecided: `name;phone;city;${MARKS}\n"Luc;0475000002;x\n";;;undecided;row-structure`,
  },
  {
    name: 'a blank cell is one of spaces, quoted or not',
    input: 'name;phone\nAn;0475123456; ;""\nLuc;0475000002; ;""\n',
    flags: ['--column', 'phone'],
    callable: 'name;phone\nLuc;0475000002; ;""\n',
    blocked: `name;phone;${MARKS}\nAn;0475123456;blocked;listed\n`,
  },
  {
    name: 'a line break in a name is no doubt, nor is one behind the only number of a cell',
    input: 'name;phone\n"An\nMaria";0475000000\nLuc;"0475000002\n"\nEls;"\n0475123456\n"\n',
    flags: ['--column', 'phone'],
    callable: 'name;phone\n"An\nMaria";0475000000\nLuc;"0475000002\n"\n',
    blocked: `name;phone;${MARKS}\nEls;"\n0475123456\n";blocked;listed\n`,
    undecided: `name;phone;${MARKS}\n`,
  },
  {
    name: 'a line break beside something else is, where a line is a number',
    input: 'name;phone\n"An\n0475123456";0475000000\nLuc;"0475000002\n0475000003"\n',
    flags: ['--column', 'phone'],
    callable: 'name;phone\n',
    undecided:
      `name;phone;${MARKS}\n"An\n0475123456";0475000000;undecided;row-structure\n` +
      'Luc;"0475000002\n0475000003";undecided;row-structure\n',
  },
];

const bench = new Bench();
beforeAll(() => bench.start());
afterAll(() => bench.stop());

describe.each(ENGINES)('%s', (engine) => {
  it.each(READINGS)('$name', async ({ name: _, input, flags, ...right }) => {
    const { code, stderr, outputs } = await bench.run(Buffer.from(input), flags, engine);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    const given = Object.fromEntries(
      Object.entries(outputs)
        .filter(([kind]) => kind in right)
        .map(([kind, bytes]) => [kind, bytes?.toString()]),
    );
    expect(given).toEqual(right);
  });
});

/** A row may be in doubt for several reasons; the summary names at least the one it is made for. */
it('every kind of doubt has its place in the summary, and no row is counted in none', async () => {
  const input = [
    ['name', 'phone'],
    ['"An" x', '0475000000'],
    ['Luc', '0475000002', 'x'],
    ['Els\0', '0475000003'],
    ['Eva\rx', '0475000004'],
    ['"a\n0475000005\nb"', '0475000006'],
    ['"Jo'],
  ];
  const text = input.map((cells) => `${cells.join(';')}\n`).join('');
  const { summary } = await bench.run(Buffer.from(text), ['--column', 'phone'], 'embedded');
  const doubts = (summary?.['structure_doubts'] ?? []) as { kind: string; rows: number }[];
  expect(Object.fromEntries(doubts.map(({ kind, rows }) => [kind, rows]))).toEqual({
    'text-behind-quote': 1,
    'more-cells': 1,
    nul: 1,
    'lone-line-end': 1,
    'rows-in-cell': 1,
    'open-quote': 1,
  });
  expect(summary).toMatchObject({ rows: 6, rows_in_doubt: { 'row-structure': 6 } });
});
