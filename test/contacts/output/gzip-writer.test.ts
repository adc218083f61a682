import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { GzipWriter } from '#tacet/contacts/output/gzip-writer.js';

test('what is written comes out compressed, and may be reused at once', async () => {
  const out: Uint8Array[] = [];
  const writer = new GzipWriter(1, async (bytes) => void out.push(bytes));
  const buffer = Buffer.alloc(1 << 20, 'a');
  await writer.write(buffer);
  buffer.fill('b');
  await writer.write(buffer);
  buffer.fill('c');
  await writer.end();
  const text = zlib.gunzipSync(Buffer.concat(out)).toString();
  expect(text).toBe('a'.repeat(1 << 20) + 'b'.repeat(1 << 20));
});

test('a failure behind it ends the write that waits, and every one after', async () => {
  const failure = new Error('no space left');
  const writer = new GzipWriter(1, () => Promise.reject(failure));
  // Random bytes do not shrink: chunks come out while this is being written.
  await expect(writer.write(randomBytes(4 << 20))).rejects.toBe(failure);
  await expect(writer.write(Buffer.from('x'))).rejects.toBe(failure);
  await expect(writer.end()).rejects.toBe(failure);
});
