import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyListFile } from '#tacet/list/verify.js';
import { type ListContent, writeListFile } from '#tacet/list/write.js';
import type { Layout } from '#tacet/source/layout/layout.js';

const folder = mkdtempSync(join(tmpdir(), 'tacet-write-'));
const path = join(folder, 'list.tacet');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});

const LAYOUT: Layout = {
  kind: 'separated',
  separator: ';',
  columns: ['number', 'date'],
  quotes: false,
  numberForm: 'trunk',
  dateForm: 'YYYY-MM-DD',
  header: false,
  encoding: 'utf-8',
  bom: false,
  lineEnd: 'lf',
};

// The worked example of src/list/FORMAT.md.
const EXAMPLE: ListContent = {
  name: 'demo',
  snapshotDay: 20_779,
  layout: LAYOUT,
  sourceSha256: createHash('sha256').update('example').digest('hex'),
  numbers: BigUint64Array.of(3_221_234_567n, 32_475_123_456n, 441_632_960_001n),
  days: Uint16Array.of(16_071, 0, 20_779),
};

function shortHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('a list file', () => {
  it('has the bytes of the worked example', async () => {
    const header = await writeListFile(path, EXAMPLE);
    const file = readFileSync(path);
    expect(file).toHaveLength(2_293_760);
    expect(shortHex(file.subarray(0, 104))).toBe(
      '895443540d0a1a0a0100000004000000' +
        '00002300000000000300000000000000' +
        '2b5100000400000064656d6f' +
        '00'.repeat(60),
    );
    expect(shortHex(file.subarray(104, 136))).toBe(header.sha256);
    expect(header.sha256).toBe('cc18e9c13489f8d6f45327e4f1d46c3b199c65cad174499c5c545aff57304bc5');
    expect(shortHex(file.subarray(256, 280))).toBe(
      '0100000001000000' + '0000010000000000' + '1800000000000000',
    );
    expect(shortHex(file.subarray(65_536, 65_560))).toBe(
      '872300c000000000' + '000fab8f07000000' + '012e60d366000000',
    );
    expect(shortHex(file.subarray(131_072, 131_078))).toBe('c73e00002b51');
    expect(file.subarray(196_608, 196_608 + 196).toString('utf8')).toBe(
      '{"bom":false,"columns":["number","date"],"dateForm":"YYYY-MM-DD","encoding":"utf-8",' +
        '"header":false,"kind":"separated","lineEnd":"lf","numberForm":"trunk","quotes":false,' +
        '"separator":";"}' +
        '\0'.repeat(11),
    );
    expect(createHash('sha256').update(file).digest('hex')).toBe(
      'dac0c889dbf9f18f45f944c2c3c7098f7695bb12dc71cd2aebc3f48885d44af3',
    );
    await expect(verifyListFile(path)).resolves.toEqual(header);
  });

  it('has the same bytes again, also for a layout whose keys come in another order', async () => {
    await writeListFile(path, EXAMPLE);
    const first = readFileSync(path);
    const layout = Object.fromEntries(Object.entries(LAYOUT).reverse()) as unknown as Layout;
    await writeListFile(path, { ...EXAMPLE, layout });
    expect(readFileSync(path).equals(first)).toBe(true);
    expect(readdirSync(folder)).toEqual(['list.tacet']);
  });

  it('of one entry, of the greatest number and of arrays that are views, verifies', async () => {
    const numbers = BigUint64Array.of(7n, 999_999_999_999_999n, 3n).subarray(1, 2);
    const days = Uint16Array.of(7, 1, 3).subarray(1, 2);
    const header = await writeListFile(path, { ...EXAMPLE, numbers, days });
    expect(header.entries).toBe(1);
    await expect(verifyListFile(path)).resolves.toEqual(header);
    expect(readFileSync(path).readBigUInt64LE(65_536)).toBe(999_999_999_999_999n);
  });

  it('of several write parts verifies', async () => {
    const count = 1_200_001;
    const numbers = BigUint64Array.from({ length: count }, (_, index) => BigInt(index * 3 + 1));
    const header = await writeListFile(path, { ...EXAMPLE, numbers, days: new Uint16Array(count) });
    await expect(verifyListFile(path)).resolves.toEqual(header);
  });
});

describe('what no list file may hold is refused, and nothing is left behind', () => {
  const many = BigUint64Array.from({ length: 700_000 }, (_, index) => BigInt(index + 1));
  many[699_999] = 1n;
  it.each([
    ['a name with a slash', { name: 'a/b' }, 'ERR_OPTION'],
    ['a snapshot of day 0', { snapshotDay: 0 }, 'ERR_OPTION'],
    ['a snapshot beyond a u16', { snapshotDay: 65_536 }, 'ERR_OPTION'],
    ['a digest in capitals', { sourceSha256: 'A'.repeat(64) }, 'ERR_OPTION'],
    ['no entries', { numbers: new BigUint64Array(), days: new Uint16Array() }, 'ERR_LIMIT'],
    ['a day too few', { days: new Uint16Array(2) }, 'ERR_INTERNAL'],
    ['numbers that descend', { numbers: BigUint64Array.of(1n, 3n, 2n) }, 'ERR_FORMAT_ORDER'],
    ['numbers that repeat', { numbers: BigUint64Array.of(1n, 2n, 2n) }, 'ERR_FORMAT_ORDER'],
    ['number 0', { numbers: BigUint64Array.of(0n, 1n, 2n) }, 'ERR_FORMAT_ORDER'],
    ['16 digits', { numbers: BigUint64Array.of(1n, 2n, 10n ** 15n) }, 'ERR_FORMAT_ORDER'],
    [
      'disorder in a later part',
      { numbers: many, days: new Uint16Array(700_000) },
      'ERR_FORMAT_ORDER',
    ],
    ['a day after the snapshot', { days: Uint16Array.of(0, 20_780, 0) }, 'ERR_FORMAT_HEADER'],
    [
      'an endless layout',
      { layout: { kind: 'x'.repeat(65_536) } as unknown as Layout },
      'ERR_LIMIT',
    ],
  ])('%s', async (_, change, code) => {
    writeFileSync(path, 'what was there');
    await expect(writeListFile(path, { ...EXAMPLE, ...change })).rejects.toMatchObject({ code });
    expect(readdirSync(folder)).toEqual(['list.tacet']);
    expect(readFileSync(path, 'utf8')).toBe('what was there');
  });
});

describe('where a list file cannot be', () => {
  it('in place of a directory, a link or a FIFO', async () => {
    mkdirSync(join(folder, 'directory'));
    writeFileSync(join(folder, 'target'), 'kept');
    symlinkSync('target', join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    for (const name of ['directory', 'link', 'fifo']) {
      const writing = writeListFile(join(folder, name), EXAMPLE);
      await expect(writing, name).rejects.toMatchObject({ code: 'ERR_IO' });
    }
    expect(readdirSync(folder).sort()).toEqual(['directory', 'fifo', 'link', 'target']);
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('kept');
  });

  it('in a directory that is not there', async () => {
    const writing = writeListFile(join(folder, 'absent', 'list.tacet'), EXAMPLE);
    await expect(writing).rejects.toMatchObject({ code: 'ERR_IO' });
    await expect(writing).rejects.toThrow('no such file or directory');
  });
});
