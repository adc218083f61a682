import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { SeparatedLayout } from '#tacet/source/layout/layout.js';
import { Entries } from '#tacet/source/radix.js';
import {
  contentOf,
  expectedOf,
  LAYOUT,
  randomEntries,
  randomOf,
  read,
  renderSource,
  temporaryDirectory,
} from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

const GOOD = '0475123456;15/03/2021';

async function keysOf(text: string): Promise<bigint[]> {
  const list = await read(directory.write(text), { layout: LAYOUT });
  return [...list.numbers];
}

describe('lines', () => {
  it('may lack the last line end, and blank lines may follow the last', async () => {
    for (const text of [
      GOOD,
      `${GOOD}\n`,
      `${GOOD}\n\n\n`,
      `${GOOD}\r\n\r\n`,
      `${GOOD}\r\n${GOOD}`,
    ]) {
      expect([...(await read(directory.write(text))).numbers]).toEqual([32475123456n]);
    }
  });

  it('may hold a number in several groups, spaces around, and the zero in brackets', async () => {
    expect(await keysOf(' 0475 12 34 56 ; 15/03/2021 \n0475/12.34.57;15/03/2021\n')).toEqual([
      32475123456n,
      32475123457n,
    ]);
    const layout = { ...LAYOUT, numberForm: 'plus' as const };
    const path = directory.write('+32 (0)475 12 34 56;15/03/2021\n\uff0b32475123457;15/03/2021\n');
    expect([...(await read(path, { layout })).numbers]).toEqual([32475123456n, 32475123457n]);
  });

  it('may hold special and foreign numbers and others outside of the plan, counted', async () => {
    const lines = ['0475123456', '0999', '080012345', '+33612345678', '0033612345679'];
    const list = await read(directory.write(lines.map((line) => `${line};15/03/2021\n`).join('')));
    expect([...list.numbers]).toEqual([
      32999n,
      3280012345n,
      32475123456n,
      33612345678n,
      33612345679n,
    ]);
    expect(list.report).toMatchObject({ keys: 5, outsidePlan: 1, special: 1, foreign: 2 });
  });

  it('before 1970-01-02 keep their number with an unknown day, and are counted', async () => {
    const days = ['01/01/1970', '31/12/1969', '15/03/1900', '15/03/1899', '02/01/1970'];
    const text = days.map((day, index) => `047512345${index};${day}\n`).join('');
    const list = await read(directory.write(text));
    expect([...list.days]).toEqual([0, 0, 0, 0, 1]);
    expect(list.report.unknownDates).toBe(4);
  });

  it('of the same number keep the latest date, an unknown one never', async () => {
    const days = ['15/03/2021', '16/03/2021', '14/03/2021', '15/03/1950'];
    const list = await read(directory.write(days.map((day) => `0475123456;${day}\n`).join('')));
    expect(contentOf(list)).toEqual({ numbers: [32475123456n], days: [18702] });
    expect(list.report).toMatchObject({ lines: 4, keys: 1, duplicates: 3, unknownDates: 0 });
    expect(list).toMatchObject({ newestDay: 18702, newestLine: 2 });
  });

  it('are hashed as delivered: decompressed, BOM, header and line ends included', async () => {
    const bytes = Buffer.from(`\ufeffNummer;Datum\r\n${GOOD}\r\n`);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect((await read(directory.write(bytes))).sourceSha256).toBe(expected);
    expect((await read(directory.write(gzipSync(bytes)))).sourceSha256).toBe(expected);
  });

  it('know where the newest registration stands, over many blocks', async () => {
    const lines = Array.from(
      { length: 300_000 },
      (_, i) => `0475${100_000 + (i % 900_000)};15/03/2021`,
    );
    lines[250_000] = '0475350000;16/03/2021';
    lines[280_000] = ' 0475350001;17/03/2021'; // the space is for the general reader
    const list = await read(directory.write(`Nummer;Datum\n${lines.join('\n')}\n`));
    expect(list).toMatchObject({ newestDay: 18703, newestLine: 280_002 });
    lines[280_000] = '0475350001;15/03/2021';
    const other = await read(directory.write(`Nummer;Datum\n${lines.join('\n')}\n`));
    expect(other).toMatchObject({ newestDay: 18702, newestLine: 250_002 });
  });
});

describe('the two readers', () => {
  /**
   * What one line gives: its content, or the reason without the shape, which has the space. The
   * line behind it is there because the fast reader leaves the very end of a file alone.
   */
  async function outcomeOf(line: string) {
    const path = directory.write(`${line}\n0499999999;15/03/2021\n`, 'pair.txt');
    try {
      return contentOf(await read(path, { layout: LAYOUT }));
    } catch (error) {
      return (error as Error).message.replace(/"[^"]*"/g, ''); // only errors are thrown
    }
  }

  it('agree on plain lines and on every line a byte away from one', async () => {
    // A space in front or behind keeps a line from the fast reader and changes nothing else.
    const random = randomOf(7);
    const lines = ['0021234567', '00475123456', '02123456', '0212345', '04751234567', '00'].map(
      (number) => `${number};15/03/2021`,
    );
    const pieces = '0123456789+;/-. ,"\t\rxX\u00e9';
    for (let round = 0; round < 600; round++) {
      const base = round % 2 === 0 ? GOOD : '021234567;15/03/2021';
      const at = random(base.length);
      lines.push(base.slice(0, at) + pieces[random(pieces.length)] + base.slice(at + random(2)));
    }
    let goodLines = 0;
    for (const line of lines) {
      const fast = await outcomeOf(line);
      const general = await outcomeOf(` ${line}`);
      if (typeof fast !== 'string') goodLines++;
      expect(fast, JSON.stringify(line)).toEqual(general);
    }
    expect(goodLines).toBeGreaterThan(100);
  });

  it('agree on a long list in every form of number, with dates in every form', async () => {
    const random = randomOf(11);
    for (const numberForm of [
      'trunk',
      'plus',
      'international',
      'country-code',
      'national',
    ] as const) {
      for (const dateForm of ['DD/MM/YYYY', 'YYYYMMDD', 'MM-DD-YYYY', null] as const) {
        const columns = dateForm === null ? (['number'] as const) : LAYOUT.columns;
        const layout: SeparatedLayout = { ...LAYOUT, numberForm, dateForm, columns };
        const entries = randomEntries(random, 20_000);
        const fast = renderSource(entries, layout);
        const spaced = Buffer.from(fast.toString().replaceAll('\n', ' \n'));
        const expected = expectedOf(entries, dateForm !== null);
        expect(contentOf(await read(directory.write(fast)))).toEqual(expected);
        expect(contentOf(await read(directory.write(spaced)))).toEqual(expected);
      }
    }
  });
});

describe('sorting', () => {
  function sortedOf(entries: readonly { key: number; day: number }[]) {
    const collected = new Entries();
    for (const { key, day } of entries) collected.add(key, day);
    const { numbers, days } = collected.sortUnique();
    return { numbers: [...numbers], days: [...days] };
  }

  it('gives nothing for nothing', () => {
    expect(sortedOf([])).toEqual({ numbers: [], days: [] });
  });

  it.each([1, 2, 3])('sorts keys of all lengths, seed %i', (seed) => {
    const random = randomOf(seed);
    const entries = Array.from({ length: 5_000 }, () => ({
      key: 1 + random(10 ** random(16)),
      day: random(65_536),
    }));
    entries.push({ key: 999_999_999_999_999, day: 65_535 }, { key: 1, day: 0 });
    expect(sortedOf(entries)).toEqual(expectedOf(entries, true));
  });

  it('sorts where only one digit varies, each of the four, and where none does', () => {
    for (const step of [0, 1, 2 ** 12, 2 ** 24, 2 ** 36]) {
      const entries = [3, 1, 2, 1, 0].map((times, day) => ({
        key: 5 + times * step,
        day: day + 1,
      }));
      expect(sortedOf(entries)).toEqual(expectedOf(entries, true));
    }
  });

  it('sorts over several blocks', () => {
    const random = randomOf(5);
    const entries = randomEntries(random, 600_000);
    expect(sortedOf(entries)).toEqual(expectedOf(entries, true));
  });
});
