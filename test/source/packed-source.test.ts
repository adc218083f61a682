import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { zipOf } from '../fixtures/zip.ts';
import {
  contentOf,
  expectedOf,
  failureOf,
  LAYOUT,
  randomEntries,
  randomOf,
  read,
  renderSource,
  temporaryDirectory,
} from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

const GOOD = '0475123456;15/03/2021\n';
const TEXT = GOOD.repeat(50_000);
const DETECTED_AND_GIVEN = ['auto', LAYOUT] as const;

describe('a gzip with zeros behind its end', () => {
  it.each([1, 511, 4_096, 1_048_576, 3_000_000])('is read: %i', async (zeros) => {
    const bytes = Buffer.concat([gzipSync(TEXT), gzipSync(GOOD), Buffer.alloc(zeros)]);
    const path = directory.write(bytes);
    // So says gzip itself; it warns with exit code 2 of what is no padding.
    execFileSync('gzip', ['-t'], { input: bytes, stdio: ['pipe', 'ignore', 'ignore'] });
    const { report, sourceSha256 } = await read(path);
    expect(report).toMatchObject({ lines: 50_001, packing: 'gzip' });
    expect(sourceSha256).toBe(createHash('sha256').update(TEXT).update(GOOD).digest('hex'));
  });

  it('is read where the data ends with a step of 1 MiB, or just before or behind it', async () => {
    // Stored, not deflated, so that the size can be chosen: 5 bytes for each 65,535 and 18 in all.
    for (const more of [-1, 0, 1]) {
      const text = `${GOOD.repeat(47_700)}${' '.repeat(1_000)}`;
      const stored = (length: number) => gzipSync(text.slice(0, length), { level: 0 });
      let length = 1_048_400;
      while (stored(length).length < 1_048_576 + more) length++;
      const body = stored(length);
      expect(body.length).toBe(1_048_576 + more);
      const path = directory.write(Buffer.concat([body, Buffer.alloc(100)]));
      expect((await read(path, { badLinesMax: 1 })).report.sourceBytes).toBe(length);
      const bad = directory.write(Buffer.concat([body, Buffer.alloc(100), Buffer.from('x')]));
      expect(await failureOf(read(bad, { badLinesMax: 1 }))).toMatch(/^ERR_SOURCE_FILE .*follows/);
    }
  });

  it.each([
    ['a byte', Buffer.from('x')],
    ['a line', Buffer.from(GOOD)],
    ['another member', gzipSync(GOOD)],
  ])('is refused where %s follows the zeros', async (_, more) => {
    for (const zeros of [1, 3_000_000]) {
      const path = directory.write(Buffer.concat([gzipSync(TEXT), Buffer.alloc(zeros), more]));
      for (const layout of DETECTED_AND_GIVEN) {
        expect(await failureOf(read(path, { layout }))).toMatch(
          /^ERR_SOURCE_FILE .*something follows the end of the gzip data/,
        );
      }
    }
  });
});

describe('a zip', () => {
  it('is read like the text in it, whatever its name', async () => {
    const entries = randomEntries(randomOf(3), 90_000);
    const text = renderSource(entries, { ...LAYOUT, bom: true, header: true });
    const plain = await read(directory.write(text));
    for (const method of [0, 8]) {
      const zip = zipOf([{ text: text.toString(), method }], 'a comment');
      const list = await read(directory.write(zip, 'list.txt'));
      expect(contentOf(list)).toEqual(expectedOf(entries, true));
      expect(list.sourceSha256).toBe(plain.sourceSha256);
      expect(list.report).toEqual({ ...plain.report, packing: 'zip' });
    }
  });

  it('is read as often as it takes to settle the dates', async () => {
    const text = `${'0475123456;03/04/2025\n'.repeat(100_000)}${GOOD}`;
    const list = await read(directory.write(zipOf([{ text }])));
    expect(list.layout.dateForm).toBe('DD/MM/YYYY');
    expect(list.report.lines).toBe(100_001);
  });

  it('may be as Info-ZIP makes it, with its folder', async () => {
    directory.write(TEXT, 'made.txt');
    const options = { cwd: directory.path };
    execFileSync('zip', ['-q', 'made.zip', 'made.txt'], options);
    expect((await read(join(directory.path, 'made.zip'))).report.lines).toBe(50_000);
    const inFolder = zipOf([
      { name: 'a/', text: '' },
      { name: 'a/list.txt', text: GOOD },
    ]);
    expect((await read(directory.write(inFolder))).report.lines).toBe(1);
  });

  it.each<[string, Buffer, RegExp]>([
    ['of two files', zipOf([{ text: GOOD }, { name: 'b', text: GOOD }]), /one file, got 2 files/],
    ['of a folder only', zipOf([{ name: 'a/', text: '' }]), /one file, got 0 files/],
    ['of nothing', zipOf([]), /one file, got 0 files/],
    ['of a link', zipOf([{ text: '/etc/passwd', mode: 0o120_777 }]), /one file, got a link/],
    ['of very many', zipOf(Array(300).fill({ name: 'a/', text: '' })), /got more than 100/],
    ['with a password', zipOf([{ text: GOOD, flags: 1 }]), /encrypted.*without a password/],
    ['of another method', zipOf([{ text: GOOD, method: 9 }]), /by method 9, expected stored/],
    ['with a wrong checksum', zipOf([{ text: TEXT, crc: 1 }]), /fails its checksum/],
    ['that claims less', zipOf([{ text: TEXT, claimed: 9 }]), /corrupted or cut short/],
    ['that claims more', zipOf([{ text: TEXT, claimed: 9e6 }]), /corrupted or cut short/],
    [
      'with something behind it',
      Buffer.concat([zipOf([{ text: GOOD }]), Buffer.from('x')]),
      /corr/,
    ],
    ['in parts', Buffer.from('PK\x07\x08PK\x03\x04', 'latin1'), /corrupted or cut short/],
    ['of an empty file', zipOf([{ text: '' }]), /the file is empty/],
  ])('%s is refused, with where and what to do', async (_, bytes, message) => {
    const path = directory.write(bytes, 'bad.zip');
    for (const layout of DETECTED_AND_GIVEN) {
      const failure = await failureOf(read(path, { layout }));
      expect(failure).toMatch(/^ERR_SOURCE_FILE .*bad\.zip: .*\. [A-Z]/);
      expect(failure).toMatch(message);
    }
  });

  it('with more text than the bound is refused before it is unpacked', async () => {
    const options = { layout: LAYOUT, sourceBytesMax: TEXT.length - 1 };
    const path = directory.write(zipOf([{ text: TEXT }]), 'bomb.zip');
    expect(await failureOf(read(path, options))).toMatch(/^ERR_LIMIT .*bomb\.zip.*--source-bytes/);
    // Its text is no list: to have read it would have said so.
    const other = directory.write(zipOf([{ text: 'x\n'.repeat(TEXT.length) }]), 'bomb.zip');
    expect(await failureOf(read(other, options))).toMatch(/^ERR_LIMIT /);
  });

  it('that is cut or has a bit flipped anywhere is refused, or gives the same list', async () => {
    const whole = zipOf([{ text: GOOD.repeat(3), name: 'a' }]);
    const random = randomOf(17);
    let refused = 0;
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << random(8)), at);
      for (const bytes of [flipped, whole.subarray(0, at)]) {
        const result = await read(directory.write(bytes, 'damaged.zip')).then(
          (list) => contentOf(list).numbers.length,
          (error: { code?: string }) => error.code ?? String(error),
        );
        // The date and other fields that nobody reads may be anything.
        expect([1, 'ERR_SOURCE_FILE', 'ERR_SOURCE_LAYOUT', 'ERR_LIMIT']).toContain(result);
        if (result !== 1) refused++;
        if (bytes !== flipped) expect(result).not.toBe(1);
      }
    }
    expect(refused).toBeGreaterThan(whole.length);
  });
});

it('leaves no file behind, packed or not', async () => {
  const before = readdirSync(directory.path);
  for (const name of before.filter((file) => readFileSync(join(directory.path, file)).length > 0)) {
    await read(join(directory.path, name)).catch(() => undefined);
  }
  expect(readdirSync(directory.path)).toEqual(before);
});
