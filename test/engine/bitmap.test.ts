import { describe, expect, it } from 'vitest';
import { BitmapBuilder, bitmapBytes, MASK_BYTES, writeMasks } from '#tacet/engine/bitmap.js';

const wordsOf = (...keys: bigint[]): Uint32Array =>
  new Uint32Array(BigUint64Array.from(keys).buffer);

function recordAt(records: Uint32Array, slot: number, record: number): number[] {
  const word = (slot * 683 + record) * 4;
  return [...records.subarray(word, word + 4)];
}

describe('the bitmap', () => {
  it('has the rank of the first key of a record, and a bit for each', () => {
    const records = new Uint32Array(bitmapBytes(2) / 4);
    const builder = new BitmapBuilder(records, Uint32Array.of(1, 0, 2), 'list.tacet');
    builder.add(wordsOf(0n, 95n, 96n));
    builder.add(wordsOf(97n, 65_535n, 131_072n + 32n));
    expect(recordAt(records, 1, 0)).toEqual([0, 1, 0, 0x8000_0000]);
    expect(recordAt(records, 1, 1)).toEqual([2, 3, 0, 0]);
    expect(recordAt(records, 1, 682)).toEqual([4, 0, 0x8000_0000, 0]);
    expect(recordAt(records, 2, 0)).toEqual([5, 0, 1, 0]);
    expect(records.subarray(0, 683 * 4).every((word) => word === 0)).toBe(true);
  });

  it('keeps a record that two pieces share whole', () => {
    const records = new Uint32Array(bitmapBytes(1) / 4);
    const builder = new BitmapBuilder(records, Uint32Array.of(1), 'list.tacet');
    builder.add(wordsOf(200n));
    builder.add(wordsOf(201n));
    expect(recordAt(records, 1, 2)).toEqual([0, 0b11 << 8, 0, 0]);
  });

  it('refuses a number whose page the directory does not have', () => {
    const builder = new BitmapBuilder(new Uint32Array(bitmapBytes(1) / 4), Uint32Array.of(1), 'l');
    expect(() => builder.add(wordsOf(65_536n))).toThrowError(
      expect.objectContaining({ code: 'ERR_FORMAT_INDEX' }),
    );
  });

  it('masks the bits before each, never those of the rank', () => {
    const masks = new Uint32Array(MASK_BYTES / 4);
    writeMasks(masks);
    const maskOf = (bit: number): number[] => [...masks.subarray(bit * 4, bit * 4 + 4)];
    expect(maskOf(0)).toEqual([0, 0, 0, 0]);
    expect(maskOf(1)).toEqual([0, 1, 0, 0]);
    expect(maskOf(32)).toEqual([0, 0xffff_ffff, 0, 0]);
    expect(maskOf(95)).toEqual([0, 0xffff_ffff, 0xffff_ffff, 0x7fff_ffff]);
  });
});
