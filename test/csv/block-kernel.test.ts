import { describe, expect, it } from 'vitest';
import { BlockKernel, type PartitionPlan } from '#tacet/csv/block-kernel.js';
import { allocateBlocks, blockAt, headAt, writtenBytes } from '#tacet/csv/block-memory.js';
import { NO_SEPARATOR, ROWS_OK, type RowShape, RowTable, scanRows } from '#tacet/csv/rows.js';
import { randomFrom } from './scenario.ts';

const ROWS_MAX = 50;
const BLOCK_BYTES = 4096;
const sizes = {
  threads: 2,
  rowsMax: ROWS_MAX,
  partRowsMax: 200,
  headBytes: 100,
  blockBytes: BLOCK_BYTES,
  blocksMax: 3,
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
    const scanner = new BlockKernel(blocks, 1);
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
    const scanner = new BlockKernel(blocks, 0);
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

describe('the partition of a block', () => {
  const cells = ['', '', ',blocked', '', ',not-covered', ',unreadable'].map((cell) =>
    Buffer.from(cell),
  );
  const everything: PartitionPlan = { wanted: [true, true, true], cells };

  /** Rows put by the obvious rule: strings, one by one. */
  function byTheRule(bytes: Buffer, rowEnds: readonly number[], verdicts: readonly number[]) {
    const written = ['', '', ''];
    const counts = [0, 0, 0, 0, 0, 0];
    rowEnds.forEach((rowEnd, index) => {
      const row = bytes.toString('latin1', rowEnds[index - 1] ?? 0, rowEnd);
      const verdict = verdicts[index] ?? 0;
      const lineEnd = /\r?\n$|\r$/.exec(row)?.[0] ?? '';
      const kind = [-1, 0, 1, 0, 2, 2][verdict] ?? -1;
      const cell = ['', '', ',blocked', '', ',not-covered', ',unreadable'][verdict] ?? '';
      written[kind] += row.slice(0, row.length - lineEnd.length) + cell + lineEnd;
      counts[verdict] = (counts[verdict] ?? 0) + 1;
    });
    return { written, counts };
  }

  function drawRows(seed: number) {
    const random = randomFrom(seed);
    const rowEnds: number[] = [];
    let text = '';
    for (let row = random(120); row >= 0; row--) {
      const long = random(40) === 0 ? random(300) : random(40);
      text += 'abcdefghijklmnopqrstuvwxyz'.repeat(12).slice(0, long);
      text += ['\n', '\r\n', '\n\r\n', '\r\r\n'][random(4)] ?? '';
      if (row === 0) text += ['', '\r', 'x', '\n'][random(4)] ?? '';
      rowEnds.push(text.length);
    }
    const verdicts = rowEnds.map(() => 1 + random(5));
    return { bytes: Buffer.from(text, 'latin1'), rowEnds, verdicts };
  }

  it('puts every row where its verdict says, byte for byte, its cell before its line end', () => {
    const blocks = allocateBlocks(sizes);
    const kernel = new BlockKernel(blocks, 1);
    const { buffer } = blocks.memory;
    for (let seed = 1; seed <= 2000; seed++) {
      const { bytes, rowEnds, verdicts } = drawRows(seed);
      if (bytes.length > BLOCK_BYTES) continue;
      const address = blockAt(blocks.sizes, seed % 3);
      bytes.copy(Buffer.from(buffer, address, BLOCK_BYTES).fill('#'));
      // The area of the next block must stay as it is.
      const behind = Buffer.from(buffer, blockAt(blocks.sizes, (seed % 3) + 1), 16).fill('#');
      const expected = byTheRule(bytes, rowEnds, verdicts);
      const got = ['', '', ''];
      const counts = [0, 0, 0, 0, 0, 0];
      let done = 0;
      while (done < rowEnds.length) {
        const part = kernel.partition(
          address,
          {
            start: rowEnds[done - 1] ?? 0,
            rowEnds: Int32Array.from(rowEnds.slice(done)),
            verdicts: Uint8Array.from(verdicts.slice(done)),
          },
          everything,
        );
        expect(part.rows).toBeGreaterThan(0);
        part.written.forEach(({ start, end }, kind) => {
          got[kind] += Buffer.from(buffer, start, end - start).toString('latin1');
        });
        part.counts.forEach((count, verdict) => {
          counts[verdict] = (counts[verdict] ?? 0) + count;
        });
        expect(part.written.reduce((rows, output) => rows + output.rows, 0)).toBe(part.rows);
        done += part.rows;
      }
      expect({ written: got, counts }, `seed ${seed}`).toEqual(expected);
      expect(behind.toString()).toBe('#'.repeat(16));
    }
  });

  const shortRows = (count: number, verdict: number) => ({
    start: 0,
    rowEnds: Int32Array.from({ length: count }, (_, index) => index + 1),
    verdicts: new Uint8Array(count).fill(verdict),
  });

  it('takes as many rows as have room, and any one row', () => {
    const small = { ...sizes, partRowsMax: 5000 };
    const blocks = allocateBlocks(small);
    const kernel = new BlockKernel(blocks, 0);
    const address = blockAt(small, 0);
    const bytes = Buffer.from(blocks.memory.buffer, address, BLOCK_BYTES).fill('\n');
    // 13 bytes each; three gaps of 16 stay free.
    const rowsThatFit = Math.floor((writtenBytes(small) - 48) / 13);
    const { rows, written } = kernel.partition(address, shortRows(4096, 4), everything);
    expect([rows, written[2]?.rows]).toEqual([rowsThatFit, rowsThatFit]);
    bytes.fill('x');
    const whole = { start: 0, rowEnds: Int32Array.of(BLOCK_BYTES), verdicts: Uint8Array.of(4) };
    expect(kernel.partition(address, whole, everything).rows).toBe(1);
    // The first block may be longer, but no longer row is in it.
    expect(kernel.partition(headAt(small), shortRows(100, 5), everything).rows).toBe(100);
  });

  it('takes no more rows at once than it was given memory for', () => {
    const blocks = allocateBlocks(sizes);
    const kernel = new BlockKernel(blocks, 0);
    const part = kernel.partition(blockAt(sizes, 0), shortRows(4096, 1), everything);
    expect(part.rows).toBe(200);
  });

  it('counts rows of an output that is not wanted, and writes none', () => {
    const blocks = allocateBlocks(sizes);
    const kernel = new BlockKernel(blocks, 0);
    const address = blockAt(sizes, 1);
    const plan = { wanted: [false, true, false], cells };
    const rows = { ...shortRows(5, 1), verdicts: Uint8Array.of(1, 2, 3, 4, 5) };
    const { written, counts, rows: done } = kernel.partition(address, rows, plan);
    expect(done).toBe(5);
    expect(written.map(({ start, end, rows }) => [end - start, rows])).toEqual([
      [0, 0],
      [9, 1],
      [0, 0],
    ]);
    expect(counts).toEqual([0, 1, 1, 1, 1, 1]);
  });

  it.each([0, 6, 255])('stops before a row of verdict %i', (verdict) => {
    const blocks = allocateBlocks(sizes);
    const kernel = new BlockKernel(blocks, 0);
    const rows = { ...shortRows(3, 1), verdicts: Uint8Array.of(1, 1, verdict) };
    const address = blockAt(sizes, 0);
    expect(kernel.partition(address, rows, everything).rows).toBe(2);
    const none = { ...shortRows(1, verdict) };
    expect(kernel.partition(address, none, everything).rows).toBe(0);
  });
});
