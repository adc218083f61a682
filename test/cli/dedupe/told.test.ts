import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, packSource, type Serving, serve, stop, tacet } from '../commands.ts';

/** What `tacet dedupe` says of files that are not as they should be. */

const folder = new Folder();
let list = '';
let server: Serving;
beforeAll(async () => {
  list = await packSource(folder);
  server = await serve(list);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

const ENGINES = [
  ['by a list', () => ['--list', list]],
  ['by a server', () => ['--server', server.address]],
] as const;

/** Divides `text`, given as a file or to standard input, into files that begin with `name`. */
async function split(
  name: string,
  text: string,
  flags: readonly string[],
  { stdin = false, callable = folder.file(`${name}-callable.csv`) } = {},
) {
  const input = stdin ? '-' : folder.write(`${name}-in.csv`, text);
  const outputs = [
    ...['--callable', callable, '--blocked', folder.file(`${name}-blocked.csv`)],
    ...['--undecided', folder.file(`${name}-undecided.csv`)],
    ...['--summary', folder.file(`${name}-summary.json`)],
  ];
  const ended = await tacet(['dedupe', input, ...outputs, ...flags], stdin ? { input: text } : {});
  const summary =
    ended.code === 0
      ? (JSON.parse(folder.text(`${name}-summary.json`)) as Record<string, unknown>)
      : undefined;
  return { ...ended, summary, text: (kind: string) => folder.text(`${name}-${kind}.csv`) };
}

describe('the closing words', () => {
  const DAMAGED = [
    'name;phone',
    'An;0475999999',
    '"Chez Paul;0475123456',
    'Bo;0475999998',
    'Pizza "Roma";0475999997',
    'Els;0475999996;more',
    'Eva;0475999995;more',
    'Zoë;0475\u0000999994',
    'Luc;0475999993',
    '',
  ].join('\n');

  it.each(ENGINES)(
    'name each kind of doubt, its rows and its first line, %s',
    async (_, engine) => {
      const { code, stderr, summary, text } = await split('doubts', DAMAGED, engine());
      expect(code).toBe(0);
      expect(stderr).toContain(
        '4 rows are undecided: the structure is in doubt, see docs/CONTACTS.md\n' +
          '  text-behind-quote            1, first in line 3\n' +
          '  more-cells                   2, first in line 6\n' +
          // The row that a stray quote swallowed is in the cell of the one that has it.
          '  rows-in-cell                 1, first in line 3\n' +
          '  nul                          1, first in line 8\n',
      );
      expect(summary).toMatchObject({
        rows: 6,
        numbers: 2,
        callable: 2,
        rows_in_doubt: { 'row-structure': 4 },
        structure_doubts: [
          { kind: 'text-behind-quote', rows: 1, first_line: 3 },
          { kind: 'more-cells', rows: 2, first_line: 6 },
          { kind: 'rows-in-cell', rows: 1, first_line: 3 },
          { kind: 'nul', rows: 1, first_line: 8 },
        ],
      });
      expect(text('callable')).toBe('name;phone\nAn;0475999999\nLuc;0475999993\n');
      expect(text('undecided').match(/;undecided;row-structure$/gm)).toHaveLength(4);
    },
  );

  it.each(ENGINES)('name the columns that were looked up too, %s', async (_, engine) => {
    const rows = 'name;phone;mobile\nA;022345679;0475123456\nB;022345679;0475999999\n';
    const { code, stderr, summary, text } = await split('too', rows, [
      ...engine(),
      ...['--column', 'phone'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'looked up too, because they hold phone numbers: 3 "mobile". Say --column if they are ' +
        'dialled, --not-dialled if nobody dials them\n',
    );
    expect(stderr).toContain('1 row is undecided: a column that is not dialled holds a listed');
    expect(summary).toMatchObject({
      columns: [{ number: 2, name: 'phone' }],
      looked_up_columns: [{ number: 3, name: 'mobile' }],
      looked_up_too: 2,
      numbers: 4,
      blocked: 1,
      rows_in_doubt: { 'other-column-listed': 1 },
    });
    expect(text('callable')).toBe('name;phone;mobile\nB;022345679;0475999999\n');
    expect(text('undecided')).toContain('A;022345679;0475123456;undecided;other-column-listed\n');
    const quiet = await split('too', rows, [
      ...[...engine(), '--column', 'phone', '--not-dialled', 'mobile'],
    ]);
    expect(quiet.stderr).not.toContain('looked up too');
    expect(quiet.summary).toMatchObject({
      numbers: 2,
      not_dialled_columns: [{ number: 3, name: 'mobile' }],
      looked_up_columns: [],
    });
    expect(quiet.text('callable')).toBe(rows);
  });

  it.each([
    ['empty', '', 'Most phone cells are empty: name the column that is filled'],
    ['no-digits', 'unknown', 'Most phone cells have no digits'],
    ['too-short', '123', 'Most numbers have too few digits'],
    ['too-long', '+3247512345678901234', 'Most numbers have too many digits'],
    ['bad-character', '0475123456?', 'Most phone cells have letters or signs in them'],
    ['several-numbers', '0475123456 / 022268851', 'Most phone cells hold several numbers'],
    ['extension', '0475123456 ext 12', 'Most numbers have an extension'],
    ['scientific', '4.75E+08', 'A spreadsheet wrote most numbers as 4.75E+08'],
    ['decimal', '475123456.0', 'Most numbers are written as decimals'],
    ['not-in-plan', '0212345678', 'Most numbers are in no numbering plan'],
  ])('say in one sentence why most numbers are unreadable: %s', async (reason, cell, sentence) => {
    const rows = `name;phone\nA;${cell}\nB;${cell}\nC;0475999999\n`;
    const { stderr, summary } = await split(reason, rows, ['--list', list, '--column', 'phone']);
    const told = stderr.split('\n').filter((line) => /^(Most|A spreadsheet)/.test(line));
    expect(told).toEqual([expect.stringContaining(sentence)]);
    expect(summary).toMatchObject({ reasons: { [reason]: 2 } });
    // Half of them are not most of them.
    const half = `${rows}D;0475999998\n`;
    const other = await split(reason, half, ['--list', list, '--column', 'phone']);
    expect(other.stderr).not.toMatch(/^(Most|A spreadsheet)/m);
  });

  it('say of national writing beside another country what to type', async () => {
    const rows = 'name;phone;country\nA;0475999999;FR\nB;0475999998;FR\nC;0475999997;BE\n';
    const flags = ['--list', list, '--country-column', 'country'];
    const { stderr, summary } = await split('country', rows, flags);
    expect(stderr).toContain('Most numbers are written nationally');
    expect(summary).toMatchObject({
      reasons: { 'national-writing': 2, 'not-listed': 1 },
      country_column: { number: 3, name: 'country' },
    });
  });
});

describe('a column that turns out to hold phone numbers far down', () => {
  const FIRST = 5000;
  const LATER = 2000;
  const row = (index: number, other: string): string =>
    `N${index};0476${String(index).padStart(6, '0')};${other}\n`;
  // As a spreadsheet writes them: only a column of phone numbers makes these phone numbers.
  const later = Array.from({ length: LATER }, (_, index) =>
    row(FIRST + index, index % 2 === 0 ? '475123456' : '475999999'),
  );
  const first = Array.from({ length: FIRST }, (_, index) => row(index, 'none'));
  const listedAbove = row(FIRST + LATER, '475123457');
  const text = `name;phone;other\n${listedAbove}${first.join('')}${later.join('')}`;
  const flags = ['--column', 'phone'];

  it.each(ENGINES)('of a file is looked up from the first row on, %s', async (_, engine) => {
    const done = await split('late', text, [...engine(), ...flags]);
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(
      /^columns that hold phone numbers further down: 3 \(behind row [\d,]+\): starting over/m,
    );
    expect(done.stderr.match(/starting over/g)).toHaveLength(1);
    expect(done.stderr).toContain('looked up too, because they hold phone numbers: 3 "other"');
    expect(done.summary).toMatchObject({
      rows: 1 + FIRST + LATER,
      looked_up_too: 1 + LATER,
      looked_up_columns: [{ number: 3, name: 'other' }],
      rows_in_doubt: { 'other-column-listed': 1 + LATER / 2 },
    });
    const callable = later.filter((line) => !line.includes(';475123456'));
    expect(done.text('callable')).toBe(`name;phone;other\n${first.join('')}${callable.join('')}`);
    // The one in front of all too, which looked like nothing before.
    expect(done.text('undecided').split('\n')[1]).toBe(
      `${listedAbove.trimEnd()};undecided;other-column-listed`,
    );
    expect(done.text('blocked')).toBe('name;phone;other;tacet_verdict;tacet_reason\n');
  });

  it.each(ENGINES)(
    'of standard input is wrong usage, and nothing is written, %s',
    async (_, engine) => {
      const before = folder.names();
      const ended = await split('stdin', text, [...engine(), ...flags], { stdin: true });
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain(
        'columns that hold phone numbers further down: 3 (behind row ',
      );
      expect(ended.stderr).toContain('Name each with --column or --not-dialled, or give a file');
      expect(folder.names()).toEqual(before);
    },
  );

  it('of a file is wrong usage too where an output cannot be taken back', async () => {
    const before = [...folder.names(), 'pipe-in.csv'].sort();
    const engine = ['--list', list];
    const ended = await split('pipe', text, [...engine, ...flags], { callable: '-' });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('Name each with --column or --not-dialled');
    expect(folder.names()).toEqual(before);
  });

  it.each([
    ['--not-dialled', 'other', 1 + FIRST + LATER],
    ['--column', 'other', undefined],
  ] as const)('of standard input is read with %s', async (flag, name, callable) => {
    const args = ['--list', list, ...flags, flag, name];
    const { code, summary } = await split('named', text, args, { stdin: true });
    expect(code).toBe(0);
    expect(summary).toMatchObject({ looked_up_too: 0, rows_in_doubt: {} });
    if (callable !== undefined) expect(summary).toMatchObject({ callable });
    else
      expect(summary).toMatchObject({ blocked: 1 + LATER / 2, numbers: 2 * (1 + FIRST + LATER) });
  });
});
