import { describe, expect, it } from 'vitest';
import { BlockKernel } from '#tacet/csv/block-kernel.js';
import { allocateBlocks, blockAt } from '#tacet/csv/block-memory.js';
import { readPhoneNumber, readPhoneText } from '#tacet/phone/read.js';
import { randomFrom } from './scenario.ts';

const CELLS_MAX = 4096;
const sizes = {
  ...{ threads: 1, rowsMax: CELLS_MAX, partRowsMax: 1, headBytes: 100, blocksMax: 2 },
  blockBytes: CELLS_MAX * 80,
};
const memory = allocateBlocks(sizes);
const kernel = new BlockKernel(memory, 0);
const address = blockAt(sizes, 0);
const block = Buffer.from(memory.memory.buffer, address, sizes.blockBytes);
const shape = { separator: 0x3b, phoneColumn: 1, optInColumn: -1, rowBytesMax: 1000 };

/** The keys of cells, one each; undefined where the kernel leaves them to others. */
function readAll(cells: readonly string[], belgian: boolean): (number | undefined)[] {
  const length = block.write(cells.map((cell) => `x;${cell};x\n`).join(''), 'latin1');
  kernel.scan(address, { start: 0, end: length, final: false }, shape);
  expect(kernel.table.count).toBe(cells.length);
  const others = new Set(kernel.readKeys(address, belgian));
  return cells.map((_, row) => {
    const [low = 0, high = 0] = kernel.keys.subarray(row * 2, row * 2 + 2);
    return others.has(row) ? undefined : high * 2 ** 32 + low;
  });
}

/** Compares what the kernel read with `readPhoneNumber`; returns how many it read. */
function compare(cells: readonly string[], belgian: boolean): number {
  let read = 0;
  readAll(cells, belgian).forEach((key, index) => {
    if (key === undefined) return;
    const bytes = Buffer.from(cells[index] ?? '', 'latin1');
    const expected = readPhoneNumber(bytes, 0, bytes.length, belgian);
    if (key !== expected) expect([cells[index], key]).toEqual([cells[index], expected]);
    read++;
  });
  return read;
}

describe('the kernel reads phone numbers as readPhoneNumber does', () => {
  it('of every length and beginning', () => {
    let read = 0;
    for (const begin of ['', '+', '00', '000', '0', '+0']) {
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
    const alphabet = '0123456789012345678900332  +/-..()[t\té"';
    let read = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomFrom(seed);
      const cells = Array.from({ length: 2000 }, () => {
        const begin = ['', '', '0', '0475', '32', '+32', '0032', '320', '+320'][random(9)] ?? '';
        const usual = random(3) > 0;
        const rest = Array.from({ length: random(usual ? 14 : 66) }, () =>
          alphabet.charAt(random(usual ? 28 : alphabet.length)),
        );
        // No cell begins with a quote, or holds the whole of one.
        return begin + rest.join('').replace(/^"+/, '');
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
  ])('%s by itself', (text, key) => {
    expect(readAll([text], true)).toEqual([key]);
  });

  it.each([
    ['+32 (0)475 12 34 56'],
    ['tel:0475123456'],
    ['32123456.00'],
    ['+33612345678'],
    ['0475\u00a0123456'],
    ['geen'],
    [''],
    ['3'.repeat(30)],
    [`0475123456${' '.repeat(60)}`],
  ])('leaves %j to it', (text) => {
    expect(readAll([text], true)).toEqual([undefined]);
  });

  it('leaves what is written nationally elsewhere to it', () => {
    const national = ['0475123456', '475123456', '32475123456', '0475/12.34.56'];
    expect(readAll(national, false)).toEqual(national.map(() => undefined));
    expect(readAll(['+32475123456'], false)).toEqual([readPhoneText('+32475123456', false)]);
  });
});
