import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DamagedGzip, FollowedGzip, gunzip } from '#tacet/disk/gunzip.js';

const TEXT = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `0475${i}\n`).join(''));
const WHOLE = gzipSync(TEXT);

/** Pieces of `bytes`; `asked` counts them. */
async function* piecesOf(bytes: Uint8Array, length = 1000, asked = { count: 0 }) {
  for (let from = 0; from < bytes.length; from += length) {
    asked.count++;
    yield bytes.subarray(from, from + length);
  }
}

async function textOf(raw: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of gunzip(raw)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('gzip data is read whole', () => {
  test.each([
    ['in pieces of one byte', [gzipSync(Buffer.from('one'))], 1, 'one'],
    ['of several members', [gzipSync('one'), gzipSync(''), gzipSync('two')], 7, 'onetwo'],
    ['padded with zeros', [gzipSync('one'), Buffer.alloc(100_000)], 512, 'one'],
    ['of an empty text', [gzipSync('')], 3, ''],
  ])('%s', async (_, parts, length, text) => {
    expect((await textOf(piecesOf(Buffer.concat(parts), length))).toString()).toBe(text);
  });

  test('of more than one chunk', async () => {
    expect((await textOf(piecesOf(WHOLE))).equals(TEXT)).toBe(true);
  });
});

describe('gzip data is refused', () => {
  const small = gzipSync('0475123456;15/03/2021\n');

  test('cut short at every byte', async () => {
    for (let end = 0; end < small.length; end++) {
      await expect(textOf(piecesOf(small.subarray(0, end), 5)), `${end}`).rejects.toThrow(
        DamagedGzip,
      );
    }
  });

  test('with its checksum, its length or its text changed', async () => {
    for (const at of [12, small.length - 8, small.length - 1]) {
      const changed = Buffer.from(small);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      await expect(textOf(piecesOf(changed)), `${at}`).rejects.toThrow(DamagedGzip);
    }
  });

  test.each([
    ['text', Buffer.from('0475123456;15/03/2021\n'), DamagedGzip],
    ['zeros and then a byte', Buffer.concat([Buffer.alloc(70_000), Buffer.of(1)]), FollowedGzip],
  ])('followed by %s', async (_, more, refusal) => {
    const raw = piecesOf(Buffer.concat([small, more]), 512);
    await expect(textOf(raw)).rejects.toThrow(refusal);
  });
});

test('an error of reading comes out as it is', async () => {
  const failure = new Error('the disk is gone');
  async function* failing() {
    yield WHOLE.subarray(0, 100);
    throw failure;
  }
  await expect(textOf(failing())).rejects.toBe(failure);
});

test('one who leaves early reads no more than a little', async () => {
  const asked = { count: 0 };
  // Text that does not compress, so that much is still to come.
  const noise = Buffer.from(
    Array.from({ length: 1 << 20 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 11) & 0xff),
  );
  const raw = piecesOf(gzipSync(noise), 1000, asked);
  for await (const chunk of gunzip(raw)) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  const read = asked.count;
  expect(read).toBeLessThan(noise.length / 1000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked.count).toBe(read);
});
