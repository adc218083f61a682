import { describe, expect, it } from 'vitest';
import { type Cursor, readVarint32, varintBytes, writeVarint } from '#tacet/wire/fields.js';
import { codeOf, varint } from './messages.ts';

const EDGES = [
  0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456,
].concat(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1);
const BYTES = [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5];

const cursorOver = (bytes: readonly number[]): Cursor => ({
  bytes: Uint8Array.from(bytes),
  offset: 0,
  end: bytes.length,
});

describe('a varint', () => {
  it.each(EDGES.map((value, i) => [value, BYTES[i] ?? 0]))(
    'of %i takes %i bytes',
    (value, count) => {
      expect(varintBytes(value)).toBe(count);
      const bytes = new Uint8Array(8).fill(0xaa);
      expect(writeVarint(bytes, 1, value)).toBe(1 + count);
      expect([...bytes]).toEqual([0xaa, ...varint(value), ...new Array(7 - count).fill(0xaa)]);
    },
  );

  it('is read in every length up to ten bytes, and not a byte further', () => {
    for (const value of EDGES) {
      for (let count = varintBytes(value); count <= 10; count++) {
        const cursor = cursorOver([...varint(value, count), 0xff]);
        expect(readVarint32(cursor), `${value} in ${count} bytes`).toBe(value);
        expect(cursor.offset).toBe(count);
      }
    }
  });

  it('is refused in eleven bytes, beyond 32 bits, and cut off', () => {
    for (const bytes of [
      varint(0, 11),
      varint(1, 11),
      varint(2n ** 32n),
      varint(2n ** 35n),
      varint(2n ** 63n),
      varint(2n ** 64n - 1n),
      varint(2n ** 32n, 10),
      [],
      [0x80],
      [0xff, 0xff, 0xff, 0xff],
      new Array(9).fill(0x80),
    ]) {
      expect(
        codeOf(() => readVarint32(cursorOver(bytes))),
        String(bytes),
      ).toBe('ERR_WIRE');
    }
  });

  it('does not go on behind the end of its message', () => {
    const cursor = { ...cursorOver([0x80, 0x01]), end: 1 };
    expect(codeOf(() => readVarint32(cursor))).toBe('ERR_WIRE');
  });
});
