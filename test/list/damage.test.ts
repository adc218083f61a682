import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeHeader } from '#tacet/list/decode.js';
import { closeListFile, openListFile } from '#tacet/list/list.js';
import { verifyListFile } from '#tacet/list/verify.js';
import { composeListFile, goodList, PAGE } from '../fixtures/list-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tacet-damage-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** 9,000 numbers on 3 pages: every section has content, padding, and more than one key a bucket. */
const numbers = BigUint64Array.from({ length: 9000 }, (_, index) => BigInt(index * 20 + 7));
numbers[8999] = 999_999_999_999_999n;
const days = new Uint16Array(9000).map((_, index) => (index * 7) % 20_780);
const good = composeListFile(goodList(numbers, days));

/** The code a file is refused with, or how else it went. */
async function codeOf(checking: Promise<unknown>): Promise<string> {
  try {
    await checking;
    return 'accepted';
  } catch (error) {
    // Anything but a TacetError has another name.
    const { name, code } = error as { name: string; code?: string };
    return name === 'TacetError' ? String(code) : `${name}: ${String(error)}`;
  }
}

/** Mulberry32: the same seed, the same numbers. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('one changed byte of the header page', () => {
  it('is found wherever it is', () => {
    const page = good.slice(0, PAGE);
    const codes = new Map<string, number>();
    for (let at = 0; at < PAGE; at++) {
      const before = page[at]!; // In bounds.
      page[at] = before ^ (1 << (at % 8));
      let code = 'accepted';
      try {
        decodeHeader(page, { where: 'test', fileBytes: good.length });
      } catch (error) {
        code = (error as { code?: string }).code ?? String(error);
      }
      page[at] = before;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(Object.fromEntries(codes)).toEqual({
      ERR_FORMAT_MAGIC: 8,
      ERR_FORMAT_VERSION: 2,
      ERR_FORMAT_CHECKSUM: PAGE - 10,
    });
  });

  it('is found in a file, too', async () => {
    const path = join(folder, 'header.tacet');
    for (const at of [0, 7, 9, 10, 12, 16, 30, 103, 104, 200, 256, 511, 512, PAGE - 1]) {
      const bytes = good.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0x80;
      writeFileSync(path, bytes);
      expect(await codeOf(openListFile(path)), `byte ${at}`).toMatch(/^ERR_FORMAT_/);
    }
  });
});

describe('a truncated file', () => {
  it('is refused on opening, at every border and at 200 random lengths (seed 5)', async () => {
    const path = join(folder, 'short.tacet');
    const random = randomOf(5);
    const lengths = new Set<number>([0, 1, 7, 8, 9, 11, 12, 13, 199, 200, 256, good.length - 1]);
    for (let step = 0; step < PAGE; step += 4096) lengths.add(step);
    for (let border = PAGE; border < good.length; border += PAGE) {
      for (const off of [-1, 0, 1]) lengths.add(border + off);
    }
    const { sections } = decodeHeader(good.subarray(0, PAGE), {
      where: '',
      fileBytes: good.length,
    });
    for (const { offset, bytes } of sections) {
      for (const off of [-1, 0, 1]) lengths.add(offset + bytes + off);
    }
    for (let times = 0; times < 200; times++) lengths.add(Math.floor(random() * good.length));
    expect(lengths.size).toBeGreaterThan(230);
    writeFileSync(path, good);
    for (const length of [...lengths].sort((a, b) => b - a)) {
      truncateSync(path, length);
      const wanted = length < 8 ? 'ERR_FORMAT_MAGIC' : 'ERR_FORMAT_SIZE';
      expect(await codeOf(openListFile(path)), `${length} bytes`).toBe(wanted);
    }
  });
});

describe('one changed bit of the body', () => {
  const FLIPS = 10_000;
  const SEED = 20_261_124;

  it(`is found: ${FLIPS} random bits, seed ${SEED}`, async () => {
    const random = randomOf(SEED);
    const path = join(folder, 'body.tacet');
    writeFileSync(path, good);
    const fd = openSync(path, 'r+');
    const codes = new Map<string, number>();
    for (let flip = 0; flip < FLIPS; flip++) {
      const at = PAGE + Math.floor(random() * (good.length - PAGE));
      const byte = good[at]!; // In bounds.
      writeSync(fd, Uint8Array.of(byte ^ (1 << Math.floor(random() * 8))), 0, 1, at);
      const code = await codeOf(verifyListFile(path));
      if (!code.startsWith('ERR_FORMAT_')) expect.fail(`bit of byte ${at}: ${code}`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      writeSync(fd, Uint8Array.of(byte), 0, 1, at);
    }
    closeSync(fd);
    await expect(verifyListFile(path)).resolves.toBeDefined();
    expect([...codes.keys()].sort()).toEqual([
      'ERR_FORMAT_CHECKSUM',
      'ERR_FORMAT_INDEX',
      'ERR_FORMAT_PADDING',
    ]);
    // Content and padding are both hit often: 109 KB of 328 KB are content.
    expect(codes.get('ERR_FORMAT_CHECKSUM')).toBeGreaterThan(FLIPS / 5);
    expect(codes.get('ERR_FORMAT_PADDING')).toBeGreaterThan(FLIPS / 5);
  });

  it('in the counts of the directory is found on opening', async () => {
    const path = join(folder, 'counts.tacet');
    const { sections } = decodeHeader(good.subarray(0, PAGE), {
      where: '',
      fileBytes: good.length,
    });
    const offset = sections[3]?.offset ?? 0;
    for (let bit = 0; bit < 64 * 8; bit++) {
      const bytes = good.slice();
      bytes[offset + (bit >> 3)] = (bytes[offset + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(path, bytes);
      expect(await codeOf(openListFile(path)), `bit ${bit}`).toBe('ERR_FORMAT_INDEX');
    }
    writeFileSync(path, good);
    closeListFile(await openListFile(path));
  });
});
