import { describe, expect, it } from 'vitest';
import {
  allocateBlocks,
  blockAt,
  candidatesMaxOf,
  headAt,
  rowsPlace,
  TABLE_ROWS,
  threadPlace,
  writtenAt,
  writtenBytes,
} from '#tacet/contacts/scan/block-memory.js';

const sizes = {
  threads: 2,
  rowsMax: 50,
  slots: 3,
  columnsMax: 70,
  headBytes: 100,
  blockBytes: 4096,
  blocksMax: 3,
};

describe('the memory of blocks', () => {
  it('keeps apart what it holds: places of threads, head, blocks, what is written', () => {
    const { memory, sizes: given } = allocateBlocks(sizes);
    expect(given).toEqual(sizes);
    const areas: [start: number, bytes: number][] = [];
    for (const thread of [0, 1]) {
      const place = threadPlace(given, thread);
      const { result, shape, fields, firstBytes, outcomeTable, roles, counts } = place;
      areas.push([result, 64], [shape, 64], [fields, 64], [firstBytes, 256]);
      areas.push([outcomeTable, 64 * 32], [roles, 70], [counts, 64 * 4]);
      areas.push([place.doubts, TABLE_ROWS], [place.belgians, TABLE_ROWS]);
      areas.push([place.doubtful, TABLE_ROWS * 4]);
      const { cells, keys, others, candidates, candidateKeys } = place;
      areas.push([cells, 3 * TABLE_ROWS * 8], [keys, TABLE_ROWS * 8], [others, TABLE_ROWS * 4]);
      const candidatesMax = candidatesMaxOf(given);
      areas.push([candidates, candidatesMax * 16], [candidateKeys, candidatesMax * 8]);
    }
    const head = headAt(given);
    const blocks: [address: number, bytes: number][] = [[head, 100]];
    for (const index of [0, 1, 2]) blocks.push([blockAt(given, index), 4096]);
    for (const [block, bytes] of blocks) {
      areas.push([block, bytes], [writtenAt(given, block), writtenBytes(given)]);
      const { starts, contentEnds, ends, pads, outcomes } = rowsPlace(given, block);
      const rowsEnd = 50 + TABLE_ROWS;
      for (const rows of [starts, contentEnds, ends, pads]) areas.push([rows, rowsEnd * 4]);
      areas.push([outcomes, rowsEnd]);
    }
    // Module data and the null address come first, a guard last.
    let end = 65_536;
    for (const [start, bytes] of areas) {
      expect(start % 64).toBe(0);
      expect(start).toBeGreaterThanOrEqual(end);
      end = start + bytes;
    }
    expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(end + 64);
    expect(writtenBytes(given)).toBeGreaterThanOrEqual(4096 + 70 + 32 + 96);
  });

  it('has fewer blocks where as many as wanted are more than 4 GiB', () => {
    const wanted = { ...sizes, blockBytes: 2 ** 28, blocksMax: 100 };
    const { memory, sizes: given } = allocateBlocks(wanted);
    // Each takes three times its bytes, and what is written of the head twice.
    expect(given.blocksMax).toBe(4);
    expect(memory.buffer.byteLength).toBeLessThanOrEqual(2 ** 32);
  });

  it('is refused where two blocks are more than 4 GiB', () => {
    expect(() => allocateBlocks({ ...sizes, blockBytes: 2 ** 31 })).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT' }),
    );
  });
});
