import { describe, expect, it } from 'vitest';
import { LF, ROLE_LOOKED_AT } from '#tacet/contacts/cells/rows.js';
import { allocateBlocks, blockAt, TABLE_ROWS } from '#tacet/contacts/scan/block-memory.js';
import { BlockModule } from '#tacet/contacts/scan/block-module.js';
import { readPhoneNumber, readPhoneText } from '#tacet/phone/read.js';
import { randomFrom } from './scenario.ts';

const CELLS_MAX = TABLE_ROWS;
const sizes = {
  ...{ threads: 1, rowsMax: CELLS_MAX, headBytes: 100, blocksMax: 2 },
  ...{ slots: 2, columnsMax: 8 },
  blockBytes: CELLS_MAX * 80,
};
const memory = allocateBlocks(sizes);
const module = new BlockModule(memory, 0);
const address = blockAt(sizes, 0);
const block = Buffer.from(memory.memory.buffer, address, sizes.blockBytes);
/** The second slot is read, so that slots cannot be mixed up. */
const ROLES = Uint8Array.of(1, 2, 0);
const shape = { separator: 0x3b, lineEnd: LF, columns: 3, roles: ROLES, rowBytesMax: 1000 };

/** The keys of cells, one each; undefined where the module leaves them to others. */
function readAll(
  cells: readonly string[],
  belgian: boolean,
  encoding: 'utf8' | 'latin1' = 'utf8',
): (number | undefined)[] {
  const length = block.write(cells.map((cell) => `x;${cell};x\n`).join(''), encoding);
  module.setShape(shape);
  const { rows } = module.scan(address, { start: 0, end: length, final: false }, 0);
  expect(rows).toBe(cells.length);
  const others = new Set(module.readKeys(address, 1, rows, { belgian, utf8: encoding === 'utf8' }));
  return cells.map((_, row) => {
    const [low = 0, high = 0] = module.keys.subarray(row * 2, row * 2 + 2);
    return others.has(row) ? undefined : high * 2 ** 32 + low;
  });
}

/** Compares what the module read with `readPhoneNumber`; returns how many it read. */
function compare(cells: readonly string[], belgian: boolean): number {
  let read = 0;
  readAll(cells, belgian).forEach((key, index) => {
    if (key === undefined) return;
    const text = cells[index] ?? '';
    const bytes = Buffer.from(/^"[^"]*"$/.test(text) ? text.slice(1, -1) : text);
    const expected = readPhoneNumber(bytes, 0, bytes.length, belgian);
    if (key !== expected) expect([cells[index], key]).toEqual([cells[index], expected]);
    read++;
  });
  return read;
}

describe('the module reads phone numbers as readPhoneNumber does', () => {
  it('of every length and beginning', () => {
    let read = 0;
    for (const begin of ['', '+', '00', '000', '0', '+0', '.', '1.']) {
      for (let length = 0; length <= 20; length++) {
        const cells: string[] = [];
        for (let digits = 0; digits < 1000; digits++) {
          const whole = `${String(digits).padStart(3, '0')}12345678901234567`;
          cells.push(begin + whole.slice(0, length));
        }
        read += compare(cells, true) + compare(cells, false);
      }
    }
    expect(read).toBeGreaterThan(20_000);
  });

  it('in random writings', () => {
    const marks = '\u00a0\u00ad\u2010\u2015\u200b\u202a\u202f\u205f\u2066\ufeff';
    const strange = 'é"x:\0\u00a1\u0660\u2016\u2029\u2030\u205e\u206a\u3000\uff10';
    const alphabet = `0123456789012345678900332  +/-..()[]\t${marks}${strange}`;
    let read = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const random = randomFrom(seed);
      const cells = Array.from({ length: CELLS_MAX }, () => {
        const begins = ['', '', '0', '0475', '32', '+32', '0032', '320', '+320', '+33', '00 39 ('];
        const begin = (random(9) === 0 ? 'tEl:' : '') + (begins[random(begins.length)] ?? '');
        const usual = random(3) > 0;
        const rest = Array.from({ length: random(usual ? 14 : 66) }, () =>
          alphabet.charAt(random(usual ? 28 + random(20) : alphabet.length)),
        );
        const text = begin + rest.join('');
        // A quote at its beginning is around all of it.
        return random(9) === 0 ? `"${text.replaceAll('"', '')}"` : text.replace(/^"+/, '');
      });
      read += compare(cells, seed % 2 === 0);
    }
    expect(read).toBeGreaterThan(10_000);
  });

  it.each([
    ['0475123456', 32_475_123_456],
    ['0475/12.34.56', 32_475_123_456],
    ['0475 12 34 56', 32_475_123_456],
    ['0475-12-34-56', 32_475_123_456],
    ['475123456', 32_475_123_456],
    ['32475123456', 32_475_123_456],
    ['+32475123456', 32_475_123_456],
    [' +32 475 12 34 56', 32_475_123_456],
    ['0032 475 12 34 56', 32_475_123_456],
    ['021234567', 3_221_234_567],
    ['32123456', 3_232_123_456],
    ['(0475) 12 34 56', 32_475_123_456],
    ['+32 (0)475 12 34 56', 32_475_123_456],
    ['(+32) [0] 475/12.34.56', 32_475_123_456],
    ['0032 0475 12 34 56', 32_475_123_456],
    ['tel:+32-475-12-34-56', 32_475_123_456],
    ['TEL: 0475123456', 32_475_123_456],
    ['"0475 12 34 56"', 32_475_123_456],
    ['475123456.5', 324_751_234_565],
    ['+33 6 12 34 56 78', 33_612_345_678],
    ['\u202a+32 475 12 34 56\u202c', 32_475_123_456],
    ['\ufeff0475\u00a012\u202f34\u201156', 32_475_123_456],
    ['0475123456\t', 32_475_123_456],
  ])('%s by itself', (text, key) => {
    expect(readAll([text], true)).toEqual([key]);
  });

  it.each([
    ['+44 (0)20 7946 0018'],
    ['+32 00475123456'],
    ['0475tel:123456'],
    ['tel0475123456'],
    ['te\u200bl:0475123456'],
    ['32123456.00'],
    ['\u0660\u0664\u0667\u0665123456'],
    ["'0475123456"],
    ['0475"12"3456'],
    ['geen'],
    [''],
    ['3'.repeat(30)],
    [`0475123456${' '.repeat(60)}`],
  ])('leaves %j to it', (text) => {
    expect(readAll([text], true)).toEqual([undefined]);
  });

  it('leaves what is beyond ASCII to it where that is not UTF-8', () => {
    expect(readAll(['0475\u00c2\u00a0123456'], true, 'latin1')).toEqual([undefined]);
    expect(readAll(['0475\u00a0123456'], true, 'latin1')).toEqual([undefined]);
    // Cut short at its end.
    expect(readAll(['0475123456\u00e2\u0080'], true, 'latin1')).toEqual([undefined]);
  });

  it('reads each row as its country is, where there are several', () => {
    const texts = ['0475123456', '0475123456', '+32475123456', '+32475123456'];
    readAll(texts, true);
    module.belgians.set([1, 0, 0, 1]);
    expect([
      ...module.readKeys(address, 1, texts.length, { belgian: undefined, utf8: true }),
    ]).toEqual([1]);
    expect([...module.readKeys(address, 1, texts.length, { belgian: false, utf8: true })]).toEqual([
      0, 1,
    ]);
    expect([...module.readKeys(address, 1, texts.length, { belgian: true, utf8: true })]).toEqual(
      [],
    );
  });

  it('leaves what is written nationally elsewhere to it', () => {
    const national = ['0475123456', '475123456', '32475123456', '0475/12.34.56'];
    expect(readAll(national, false)).toEqual(national.map(() => undefined));
    expect(readAll(['+32475123456'], false)).toEqual([readPhoneText('+32475123456', false)]);
  });
});

describe('candidates', () => {
  /** Those that are left of cells, and their keys; null where others read them. */
  function readCandidates(cells: readonly string[]): [row: number, key: number | null][] {
    const length = block.write(cells.map((cell) => `x;${cell};x\n`).join(''));
    module.setShape({ ...shape, roles: Uint8Array.of(1, ROLE_LOOKED_AT, 0) });
    const range = { start: 0, end: length, final: false };
    const { rows, candidates } = module.scan(address, range, 0);
    expect(rows).toBe(cells.length);
    const left = module.readCandidates(address, candidates, true);
    return Array.from({ length: left }, (_, index) => {
      const [row = -1, column, start = 0, end] = module.candidates.subarray(
        index * 4,
        index * 4 + 4,
      );
      const cell = cells[row] ?? '';
      expect(column).toBe(1);
      expect(block.toString('utf8', start, end)).toBe(cell);
      const [low = 0, high = 0] = module.candidateKeys.subarray(index * 2, index * 2 + 2);
      return [row, high === 0xffff_ffff ? null : high * 2 ** 32 + low];
    });
  }

  it('are read as readPhoneNumber does, or left to it; words are none', () => {
    let read = 0;
    let left = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomFrom(seed);
      const alphabet = '01234567890123456789 ./+-(';
      const cells = Array.from({ length: CELLS_MAX }, () => {
        const begin = ['0475', '+32', '0032 ', ' 0', '"0475', "'04", '="04', 'tel:04', 'x', ''];
        const digits = Array.from({ length: random(14) }, () => alphabet.charAt(random(26)));
        const kind = begin[random(begin.length)] ?? '';
        const tail = kind.includes('"') ? '"' : ['', '', '', ' ', 'a'][random(5)];
        return kind + digits.join('') + tail;
      });
      const candidates = new Map(readCandidates(cells));
      cells.forEach((cell, row) => {
        const expected = readPhoneText(cell.replace(/^"([^"]*)"$/, '$1'), true);
        const key = candidates.get(row);
        // Numbers of less than eight bytes, spaces aside, are no Belgian ones.
        if (expected > 0 && cell.trimStart().length >= 8)
          expect([cell, key]).not.toEqual([cell, undefined]);
        if (typeof key === 'number') expect([cell, key]).toEqual([cell, expected]);
        if (/[a-z]/.test(cell.replace(/^tel:/, ''))) expect([cell, key]).toEqual([cell, undefined]);
        if (typeof key === 'number') read++;
        if (key === null) left++;
      });
    }
    expect(read).toBeGreaterThan(5000);
    expect(left).toBeGreaterThan(1000);
  });

  it.each([
    ['Tel: 0475123456', 32_475_123_456],
    ['\u00a00475123456', 32_475_123_456],
    ['\t0475123456', 32_475_123_456],
    [' 0475123456', 32_475_123_456],
    ['"0475123456"', 32_475_123_456],
    ['="0475123456"', null],
    ["'0475123456", null],
    ['(0475)123456', 32_475_123_456],
  ])('%j is one', (cell, key) => {
    expect(readCandidates([cell])).toEqual([[0, key]]);
  });

  it.each([
    ['Chez Paul 0475123456'],
    ['rue 12345678'],
    ['       '],
    [''],
    ['1234567'],
    ['0475123456 gsm'],
  ])('%j is none', (cell) => {
    expect(readCandidates([cell])).toEqual([]);
  });
});
