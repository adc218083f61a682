import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RowOpening } from '#tacet/proof/rows/opening.js';
import {
  commit,
  fileTag,
  type Row,
  RowCommitments,
  rowsKeyOf,
  saltsOf,
} from '#tacet/proof/rows/rows.js';

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

const row = (i: number): Row => ({
  number: 32_450_000_000 + ((i * 2_654_435_761) % 50_000_000),
  optInDay: i % 20_000,
  verdict: 1 + (i % 5),
});

/** The scheme as PROOF.md writes it, row by row: with block ciphers, and the tree by recursion. */
function slowRoot(key: Buffer, count: number): Buffer {
  const commitments = Array.from({ length: count }, (_, i) => {
    const block = Buffer.alloc(16);
    block.writeUInt32BE(i, 12);
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const bytes = Buffer.alloc(11);
    bytes.writeBigUInt64BE(BigInt(row(i).number));
    bytes.writeUInt16BE(row(i).optInDay, 8);
    bytes.writeUInt8(row(i).verdict, 10);
    return sha256(Buffer.from('tacet-row-v1'), cipher.update(block), bytes);
  });
  const chunks = Array.from({ length: Math.ceil(count / 16) }, (_, j) =>
    sha256(Buffer.of(0), ...commitments.slice(16 * j, 16 * j + 16)),
  );
  const root = (hashes: readonly Buffer[]): Buffer => {
    const [first] = hashes;
    if (first === undefined) return sha256();
    if (hashes.length === 1) return first;
    const half = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
    return sha256(Buffer.of(1), root(hashes.slice(0, half)), root(hashes.slice(half)));
  };
  return root(chunks);
}

function commitmentsOf(key: Uint8Array, count: number) {
  const commitments = new RowCommitments(key);
  for (let i = 0; i < count; i++) commitments.add(row(i));
  return commitments.finish();
}

describe('rows', () => {
  it('have the salts and commitments of the published vector', () => {
    const key = sha256(Buffer.from('job key'));
    const salt = saltsOf(key, { first: 0, count: 1 });
    expect(salt.toString('hex')).toBe('d2e22d230cb23617346789ff866ddcdc');
    expect(commit(salt, row(0)).toString('hex')).toBe(
      '28c198c9612c8f57e74858b64a666b4c6c9ebfb734885fddf18625ee9b455a1a',
    );
  });

  it('have keys that are made from one secret, another for each stream', () => {
    const secret = Buffer.alloc(32, 3);
    const hmac = (key: Uint8Array, text: string | Uint8Array) =>
      createHmac('sha256', key).update(text).digest();
    expect(rowsKeyOf(secret)).toEqual(hmac(secret, 'tacet-rows-v1'));
    expect(rowsKeyOf(secret, 2)).toEqual(hmac(secret, 'tacet-rows-v1/2'));
    const digest = sha256(Buffer.from('file'));
    expect(fileTag(secret, digest)).toBe(
      hmac(hmac(secret, 'tacet-files-v1'), digest).toString('hex'),
    );
  });

  it.each([0, 1, 15, 16, 17, 48, 1_023, 1_024, 1_025, 2_500])(
    '%i of them have the root of the scheme',
    (count) => {
      const key = rowsKeyOf(Buffer.alloc(32, 3));
      const { root, ...rest } = commitmentsOf(key, count);
      expect([rest.count, root.toString('hex')]).toEqual([
        count,
        slowRoot(key, count).toString('hex'),
      ]);
    },
  );

  it('have salts that go on from any row', () => {
    const key = rowsKeyOf(Buffer.alloc(32, 3));
    const all = saltsOf(key, { first: 0, count: 3_000 });
    for (const first of [1, 1_024, 2_999]) {
      const some = saltsOf(key, { first, count: 1 });
      expect(some.equals(all.subarray(first * 16, first * 16 + 16))).toBe(true);
    }
  });
});

describe('the opening of a row', () => {
  const secret = Buffer.alloc(32, 9);
  const opened = (count: number, index: number, stream = 0): RowOpening => {
    const rows = Array.from({ length: count }, (_, i) => row(i));
    return RowOpening.make({ secret, stream, rows, receipt: 'receipt' }, index);
  };

  it.each([1, 15, 16, 17, 33, 100])('holds for each of %i rows, and no other root', (count) => {
    const { root } = commitmentsOf(rowsKeyOf(secret), count);
    const rows = { count, root: root.toString('hex') };
    for (let index = 0; index < count; index++) {
      const opening = RowOpening.parse(Buffer.from(opened(count, index).text()));
      expect(opening.row).toEqual(row(index));
      expect(opening.index).toBe(index);
      opening.verify(rows);
      expect(() => opening.verify({ ...rows, root: 'a0'.repeat(32) })).toThrow('not one that');
      expect(() => opening.verify({ ...rows, count: index })).toThrow();
    }
  });

  it('of a later stream of the job has another key', () => {
    const { root } = commitmentsOf(rowsKeyOf(secret, 1), 20);
    const rows = { count: 20, root: root.toString('hex') };
    opened(20, 7, 1).verify(rows);
    expect(() => opened(20, 7).verify(rows)).toThrow('not one that the receipt commits to');
  });

  it('tells nothing of the others but what they are hidden in', () => {
    const text = opened(100, 50).text();
    for (let i = 0; i < 100; i++) {
      if (i !== 50) expect(text).not.toContain(String(row(i).number));
    }
  });

  it('of a row that is not there is not made', () => {
    expect(() => opened(10, 10)).toThrow('no row 10');
  });
});
