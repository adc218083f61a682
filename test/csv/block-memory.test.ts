import { describe, expect, it } from 'vitest';
import {
  allocateBlocks,
  blockAt,
  headAt,
  threadPlace,
  writtenAt,
  writtenBytes,
} from '#tacet/csv/block-memory.js';
import { RowTable } from '#tacet/csv/rows.js';

const sizes = {
  threads: 2,
  rowsMax: 50,
  partRowsMax: 300,
  headBytes: 100,
  blockBytes: 4096,
  blocksMax: 3,
};

describe('the memory of blocks', () => {
  it('keeps what it holds apart: places of threads, head, blocks, and what is written of them', () => {
    const { memory, sizes: given } = allocateBlocks(sizes);
    expect(given).toEqual(sizes);
    const areas: [start: number, bytes: number][] = [];
    for (const thread of [0, 1]) {
      const { result, table, rowEnds, verdicts, cells } = threadPlace(given, thread);
      areas.push([result, 64], [table, RowTable.bytesOf(50)]);
      areas.push([rowEnds, 300 * 4], [verdicts, 300], [cells, 6 * 16]);
    }
    const head = headAt(given);
    areas.push([head, 100], [writtenAt(given, head), writtenBytes(given)]);
    for (const index of [0, 1, 2]) {
      const block = blockAt(given, index);
      areas.push([block, 4096], [writtenAt(given, block), writtenBytes(given)]);
    }
    // Module data and the null address come first, a guard last.
    let end = 65_536;
    for (const [start, bytes] of areas) {
      expect(start % 64).toBe(0);
      expect(start).toBeGreaterThanOrEqual(end);
      end = start + bytes;
    }
    expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(end + 64);
    expect(writtenBytes(given)).toBeGreaterThanOrEqual(4096 + 12 + 48);
  });

  it('has fewer blocks where as many as wanted are more than 4 GiB', () => {
    const wanted = { ...sizes, blockBytes: 2 ** 29, blocksMax: 100 };
    const { memory, sizes: given } = allocateBlocks(wanted);
    expect(given.blocksMax).toBe(3);
    expect(memory.buffer.byteLength).toBeLessThanOrEqual(2 ** 32);
  });

  it('is refused where two blocks are more than 4 GiB', () => {
    expect(() => allocateBlocks({ ...sizes, blockBytes: 2 ** 31 })).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT' }),
    );
  });
});
