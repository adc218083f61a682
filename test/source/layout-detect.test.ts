import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { DAY_FORMS, type DateForm } from '#tacet/source/layout/date-forms.js';
import type {
  Column,
  Layout,
  OneNumberForm,
  SeparatedLayout,
  Separator,
} from '#tacet/source/layout/layout.js';
import {
  contentOf,
  type Entry,
  expectedOf,
  failureOf,
  LAYOUT,
  randomEntries,
  randomOf,
  read,
  renderSource,
  temporaryDirectory,
} from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

const SEPARATORS: readonly Separator[] = [';', ',', '\t', '|', ' '];
const NUMBER_FORMS: readonly OneNumberForm[] = [
  'trunk',
  'plus',
  'international',
  'country-code',
  'national',
];

/** 0475 12 34 56 twice, 02 123 45 67, 03 212 34 56 (which begins with 32), 071 23 45 67. */
const ENTRIES: readonly Entry[] = [
  { key: 32475123456, day: 18701 }, // 2021-03-15
  { key: 3221234567, day: 16801 }, // 2016-01-01
  { key: 3232123456, day: 20780 }, // 2026-11-23
  { key: 32475123456, day: 18702 },
  { key: 3271234567, day: 1 }, // 1970-01-02
];
const EXPECTED = {
  numbers: [3221234567n, 3232123456n, 3271234567n, 32475123456n],
  days: [16801, 20780, 1, 18702],
};

async function expectFound(layout: Layout, bytes: Uint8Array): Promise<void> {
  const list = await read(directory.write(bytes, 'found.txt'));
  expect(list.layout).toEqual(layout);
  expect(contentOf(list)).toEqual(EXPECTED);
}

describe('detection', () => {
  for (const separator of SEPARATORS) {
    for (const numberForm of NUMBER_FORMS) {
      const name = JSON.stringify(separator);
      it(`finds ${name} with ${numberForm} numbers, all dates, header, order, quotes`, async () => {
        for (const dateForm of DAY_FORMS) {
          for (const columns of [
            ['number', 'date'],
            ['date', 'number'],
          ] as Column[][]) {
            for (const header of [false, true]) {
              const bom = header;
              const quotes = columns[0] === 'date';
              const own = { separator, numberForm, dateForm, columns, header, bom, quotes };
              const layout: SeparatedLayout = { ...LAYOUT, ...own };
              await expectFound(layout, renderSource(ENTRIES, layout));
            }
          }
        }
      });
    }
  }

  it('finds header, BOM, line end, encoding and quotes in any combination', async () => {
    for (let bits = 0; bits < 64; bits++) {
      const is = (bit: number) => (bits & (1 << bit)) !== 0;
      const layout: SeparatedLayout = {
        ...LAYOUT,
        header: is(0),
        bom: is(1),
        lineEnd: is(2) ? 'crlf' : 'lf',
        encoding: is(0) && is(3) && !is(1) ? 'windows-1252' : 'utf-8',
        quotes: is(4),
      };
      const bytes = renderSource(ENTRIES, layout);
      await expectFound(layout, is(5) ? gzipSync(bytes) : bytes);
    }
  });

  it('finds separators at the ends of lines', async () => {
    const all: Column[][] = [
      ['number', 'date', 'empty'],
      ['number', 'empty'],
      ['empty', 'date', 'number'],
    ];
    for (const columns of all) {
      const dateForm: DateForm | null = columns.includes('date') ? 'YYYY-MM-DD' : null;
      const layout: SeparatedLayout = { ...LAYOUT, columns, dateForm };
      const list = await read(directory.write(renderSource(ENTRIES, layout)));
      expect(list.layout).toEqual(layout);
      expect(contentOf(list).numbers).toEqual(EXPECTED.numbers);
    }
  });

  it('finds a list without dates, in every form of the number', async () => {
    for (const numberForm of NUMBER_FORMS) {
      const layout: SeparatedLayout = {
        ...LAYOUT,
        columns: ['number'],
        dateForm: null,
        numberForm,
      };
      const list = await read(directory.write(renderSource(ENTRIES, layout)));
      expect(list.layout).toEqual(layout);
      expect(contentOf(list)).toEqual({ numbers: EXPECTED.numbers, days: [0, 0, 0, 0] });
      expect(list.newestDay).toBe(0);
      expect(list.report.unknownDates).toBe(4);
    }
  });

  it('finds windows-1252 where a number holds its no-break space', async () => {
    const list = await read(
      directory.write(Buffer.from('0475\xa012\xa034\xa056;15/03/2021\n', 'latin1')),
    );
    expect(list.layout.encoding).toBe('windows-1252');
    expect(contentOf(list)).toEqual({ numbers: [32475123456n], days: [18701] });
  });

  it('follows the first line where two layouts mix evenly, and names the odd', async () => {
    const path = directory.write('0475123456;15/03/2021\n0475123457,15/03/2021\n');
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LINE .*:2: malformed line: drifts/);
  });

  it('outvotes a malformed first line', async () => {
    const path = directory.write('x475123456;15/03/2021\n0475123457;15/03/2021\n');
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LINE .*:1: malformed line: no phone/);
    const list = await read(path, { badLinesMax: 1 });
    expect(list.layout).toEqual(LAYOUT);
  });

  it('takes no broken line of numbers for a header', async () => {
    const path = directory.write('047512345A;3x/03/2021\n0475123457;15/03/2021\n');
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LINE .*:1: /);
  });

  it('refuses where two columns read as number and as date', async () => {
    const path = directory.write('20210315;20210415\n');
    expect(await failureOf(read(path))).toMatch(
      /^ERR_SOURCE_LAYOUT .*which column is the number.*--layout/,
    );
  });

  it('refuses a text without numbers, showing its shape only', async () => {
    const path = directory.write('header\nsecret 7\n');
    const failure = await failureOf(read(path));
    expect(failure).toMatch(/^ERR_SOURCE_LAYOUT .*no line reads.*"AAAAAA 9"/);
    expect(failure).not.toContain('secret');
  });
});

describe('day and month', () => {
  const ambiguous = Array.from({ length: 20_000 }, (_, i) => `0475${100_000 + i};03/04/2025\n`);

  it.each([
    ['15/03/2021', 'DD/MM/YYYY'],
    ['03/15/2021', 'MM/DD/YYYY'],
  ])('are settled for the whole file by one line far behind the sample: %s', async (date, form) => {
    const path = directory.write([...ambiguous, `0475999999;${date}\n`].join(''));
    const list = await read(path);
    expect(list.layout.dateForm).toBe(form);
    // 2025-04-03 or 2025-03-04
    expect(list.days[0]).toBe(form === 'DD/MM/YYYY' ? 20181 : 20151);
    expect(list.days.at(-1)).toBe(18701);
  });

  it('are refused where no line settles them', async () => {
    const path = directory.write(ambiguous.join(''));
    expect(await failureOf(read(path))).toMatch(
      /^ERR_SOURCE_LAYOUT .*reads as DD\/MM\/YYYY and as MM\/DD\/YYYY.*--layout/,
    );
  });

  it('are not settled by a malformed line', async () => {
    const long = `0475999999;15/03/2021${' '.repeat(2_000)}`;
    for (const line of [long, '047x;15/03/2021', '+32475999999;15/03/2021', '0475999999;15/03;']) {
      const path = directory.write(`${ambiguous.join('')}${line}\n`);
      expect(await failureOf(read(path, { badLinesMax: 1 }))).toMatch(
        /^ERR_SOURCE_LAYOUT .*day and/,
      );
    }
  });

  it('are not settled by the end of a line too long, where a block of 1 MiB begins', async () => {
    const start = ambiguous.join('');
    const filler = 'x'.repeat(1_048_576 - start.length);
    const path = directory.write(`${start}${filler}0475999999;15/03/2021\n`);
    expect(await failureOf(read(path, { badLinesMax: 1 }))).toMatch(/^ERR_SOURCE_LAYOUT .*day and/);
  });

  it('once settled, make the line that contradicts malformed', async () => {
    const path = directory.write('0475123456;15/03/2021\n0475123457;03/15/2021\n');
    expect(await failureOf(read(path))).toMatch(
      /^ERR_SOURCE_LINE .*:2: malformed line: no real date of the form DD\/MM\/YYYY/,
    );
  });

  it('come from a profile where the file cannot tell', async () => {
    const path = directory.write('0475123456;03/04/2025\n');
    const layout: Layout = { ...LAYOUT, dateForm: 'MM/DD/YYYY' };
    expect([...(await read(path, { layout })).days]).toEqual([20151]);
  });

  it('of eight digits are refused too where no line settles them', async () => {
    const path = directory.write('0475123456;03042025\n');
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LAYOUT .*DDMMYYYY and as MMDDYYYY/);
  });
});

it('reads random lists in random layouts, detected and given, to the same content', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed);
    const pick = <T>(choices: readonly T[]): T => choices[random(choices.length)] as T; // not empty
    const layout: SeparatedLayout = {
      ...LAYOUT,
      separator: pick(SEPARATORS),
      columns: pick<Column[]>([
        ['number', 'date'],
        ['date', 'number'],
        ['number', 'date', 'empty'],
      ]),
      numberForm: pick(NUMBER_FORMS),
      dateForm: pick(DAY_FORMS),
      quotes: random(2) === 0,
      header: random(2) === 0,
      bom: random(2) === 0,
      lineEnd: pick(['lf', 'crlf']),
    };
    const entries = randomEntries(random, 30 + random(3_000));
    const bytes = renderSource(entries, layout);
    const path = directory.write(random(2) === 0 ? gzipSync(bytes) : bytes, 'random.txt');
    const expected = expectedOf(entries, true);
    const found = await read(path);
    expect(found.layout, `seed ${seed}`).toEqual(layout);
    expect(contentOf(found), `seed ${seed}`).toEqual(expected);
    const given = await read(path, { layout: { ...layout, quotes: true } });
    expect(contentOf(given), `seed ${seed}`).toEqual(expected);
  }
});
