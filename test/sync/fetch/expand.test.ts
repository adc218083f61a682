import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { expand } from '#tacet/sync/fetch/expand.js';
import { zipOf } from '../../fixtures/zip.ts';
import { Place } from '../fixture.ts';

const place = new Place();
afterAll(() => place.remove());

const TEXT = '0475123456;2020-01-02\n'.repeat(2_000);
const ENTRY = { text: TEXT };
let files = 0;

async function expanded(bytes: Uint8Array, bytesMax = 1e9) {
  const path = place.write(`in-${++files}`, bytes);
  const fetched = { path, bytes: bytes.length, sha256: '', lastByte: bytes.at(-1) ?? -1 };
  return await expand(fetched, place.file(`text-${files}`), bytesMax);
}

describe('what was fetched', () => {
  it.each([
    ['plain', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT)],
    ['gzip', Buffer.concat([gzipSync(TEXT.slice(0, 500)), gzipSync(TEXT.slice(500))])],
    ['gzip', Buffer.concat([gzipSync(TEXT), Buffer.alloc(2_000_000)])],
    ['zip', zipOf([ENTRY])],
    ['zip', zipOf([{ ...ENTRY, method: 0 }], 'a comment')],
    [
      'zip',
      zipOf([
        { ...ENTRY, name: 'a/', text: '' },
        { ...ENTRY, name: 'a/list.txt' },
      ]),
    ],
  ])('as %s gives its text', async (packing, bytes) => {
    const text = await expanded(bytes);
    expect(text).toMatchObject({ packing, bytes: TEXT.length, lastByte: 0x0a });
    expect(readFileSync(text.path, 'utf8')).toBe(TEXT);
  });

  it('may be a zip as Info-ZIP makes it', async () => {
    const list = place.write('list.txt', TEXT);
    execFileSync('zip', ['-q', '-j', place.file('info.zip'), list]);
    expect((await expanded(readFileSync(place.file('info.zip')))).bytes).toBe(TEXT.length);
  });

  it.each([
    ['a gzip that is cut', gzipSync(TEXT).subarray(0, -9), 'corrupted or cut short'],
    ['a gzip with something behind it', Buffer.concat([gzipSync(TEXT), Buffer.from('x')]), 'gzip'],
    [
      'a gzip with zeros and then something behind it',
      Buffer.concat([gzipSync(TEXT), Buffer.alloc(2_000_000), Buffer.from([1])]),
      'something follows the end',
    ],
    ['a gzip with a flipped bit', flipped(gzipSync(TEXT), 30), 'corrupted or cut short'],
    ['a zip that is cut', zipOf([ENTRY]).subarray(0, -9), 'corrupted or cut short'],
    ['a zip with a wrong checksum', zipOf([{ ...ENTRY, crc: 1 }]), 'fails its checksum'],
    ['a zip with a wrong size', zipOf([{ ...ENTRY, claimed: 9 }]), 'corrupted or cut short'],
    ['a zip of two files', zipOf([ENTRY, { ...ENTRY, name: 'b' }]), 'exactly one file, got 2'],
    ['a zip of none', zipOf([]), 'exactly one file, got 0'],
    ['a zip with a password', zipOf([{ ...ENTRY, flags: 1 }]), 'is encrypted'],
    [
      'a zip of very many',
      zipOf(Array.from({ length: 300 }, (_, index) => ({ ...ENTRY, name: `${index}/`, text: '' }))),
      'more than 100',
    ],
  ])('as %s is refused, and nothing is left', async (_, bytes, says) => {
    await expect(expanded(bytes)).rejects.toMatchObject({
      code: 'ERR_SOURCE_FILE',
      message: expect.stringContaining(says),
    });
    expect(existsSync(place.file(`text-${files}`))).toBe(false);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(30_000_000))],
    ['zip', zipOf([{ ...ENTRY, text: '0'.repeat(30_000_000) }])],
    // A bomb that lies about its size meets the bound all the same, or the size it claims.
    ['zip that lies', zipOf([{ ...ENTRY, text: '0'.repeat(30_000_000), claimed: 100 }])],
  ])('as a bomb in a %s is stopped', async (_, bytes) => {
    await expect(expanded(bytes, 1_000_000)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(LIMIT|SOURCE_FILE)$/),
    });
    expect(existsSync(place.file(`text-${files}`))).toBe(false);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
