import { describe, expect, it } from 'vitest';
import { allocateBlocks, blockAt, headAt, RowScanner } from '#tacet/csv/block-memory.js';
import { NO_SEPARATOR, ROWS_OK, type RowShape, RowTable, scanRows } from '#tacet/csv/rows.js';
import { randomFrom } from './scenario.ts';

const ROWS_MAX = 50;
const BLOCK_BYTES = 4096;
const sizes = {
  ...{ threads: 2, rowsMax: ROWS_MAX, headBytes: 100, blockBytes: BLOCK_BYTES, blocksMax: 3 },
};

/** All that a scan found, the table's unused rest left out. */
function found(table: RowTable) {
  const { count, start, quotedLines, problem } = table;
  const { rowEnds, phoneStarts, phoneEnds, optInStarts, optInEnds, columnCounts } = table;
  const arrays = [rowEnds, phoneStarts, phoneEnds, optInStarts, optInEnds, columnCounts];
  return {
    count,
    start,
    quotedLines,
    problem,
    cells: arrays.map((a) => [...a.subarray(0, count)]),
  };
}

/** A block of what files are made of, quotes in every place. */
function drawBlock(random: (below: number) => number, separator: string): Buffer {
  const pieces = ['"', '""', '"a', 'a"', separator, separator, '\n', '\r\n', '\r', 'é', ';', ','];
  const long = 'x'.repeat(40);
  const length = random(400);
  let text = '';
  for (let i = 0; i < length; i++) {
    const kind = random(30);
    text += kind < pieces.length ? pieces[kind] : kind === 29 ? long : 'abc0475'.charAt(kind % 7);
  }
  return Buffer.from(text).subarray(0, BLOCK_BYTES);
}

describe('the scanner of blocks', () => {
  it('finds what scanRows finds, in every block', () => {
    const blocks = allocateBlocks(sizes);
    const scanner = new RowScanner(blocks, 1);
    const reference = new RowTable(ROWS_MAX);
    let rows = 0;
    const problems = new Set<number>();
    for (let seed = 1; seed <= 3000; seed++) {
      const random = randomFrom(seed);
      const separator = [',', ';', '\t'][random(3)] ?? ',';
      const bytes = drawBlock(random, separator);
      const shape: RowShape = {
        separator: random(20) === 0 ? NO_SEPARATOR : separator.charCodeAt(0),
        phoneColumn: random(4) - 1,
        optInColumn: random(4) - 1,
        rowBytesMax: random(4) === 0 ? 60 : 4096,
      };
      const address = blockAt(blocks.sizes, random(3));
      const room = Buffer.from(blocks.memory.buffer, address, BLOCK_BYTES);
      // What lies behind the block must decide nothing.
      room.fill(['\n', '"', separator][random(3)] ?? '\n');
      bytes.copy(room);
      const final = random(2) === 0;
      let start = random(Math.min(bytes.length, 20) + 1);
      for (;;) {
        const range = { start, end: bytes.length, final };
        scanRows(bytes, range, shape, reference);
        scanner.scan(address, range, shape);
        expect(found(scanner.table), `seed ${seed}`).toEqual(found(reference));
        rows += reference.count;
        problems.add(reference.problem);
        if (reference.problem !== ROWS_OK || reference.count < ROWS_MAX) break;
        start = reference.end;
      }
    }
    expect(rows).toBeGreaterThan(20_000);
    expect([...problems].sort()).toEqual([0, 1, 2]);
  });

  it('finds the end of the last whole row, as scanRows does', () => {
    const blocks = allocateBlocks(sizes);
    const scanner = new RowScanner(blocks, 0);
    const table = new RowTable(BLOCK_BYTES);
    let cut = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const bytes = drawBlock(randomFrom(seed), ',');
      const address = seed % 2 === 0 ? blockAt(blocks.sizes, 0) : blockAt(blocks.sizes, 2);
      const room = Buffer.from(blocks.memory.buffer, address, BLOCK_BYTES).fill('\n');
      bytes.copy(room);
      const range = { start: 0, end: bytes.length, final: false };
      const shape = { separator: 0x2c, phoneColumn: -1, optInColumn: -1, rowBytesMax: 1 << 20 };
      scanRows(bytes, range, shape, table);
      expect(scanner.lastRowEnd(address, range, 0x2c), `seed ${seed}`).toBe(table.end);
      if (table.end < bytes.length) cut++;
    }
    expect(cut).toBeGreaterThan(1000);
  });
});

describe('the memory of blocks', () => {
  it('keeps head, blocks and the tables of the threads apart', () => {
    const { memory, sizes: given } = allocateBlocks(sizes);
    expect(given).toEqual(sizes);
    expect(headAt(given)).toBeGreaterThanOrEqual(65_536 + 2 * RowTable.bytesOf(ROWS_MAX));
    expect(blockAt(given, 0)).toBeGreaterThanOrEqual(headAt(given) + 100);
    expect(blockAt(given, 2)).toBe(blockAt(given, 0) + 2 * BLOCK_BYTES);
    expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(blockAt(given, 3) + 16);
  });

  it('has fewer blocks where as many as wanted are more than 4 GiB', () => {
    const { memory, sizes: given } = allocateBlocks({
      ...sizes,
      blockBytes: 2 ** 30,
      blocksMax: 100,
    });
    expect(given.blocksMax).toBe(3);
    expect(memory.buffer.byteLength).toBeLessThanOrEqual(2 ** 32);
  });
});
