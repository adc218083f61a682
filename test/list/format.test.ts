import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeHeader } from '#tacet/list/decode.js';
import { alignToPage, encodeHeader, isListName, listSha256 } from '#tacet/list/format.js';
import { composeListFile, goodList, PAGE } from '../fixtures/list-files.ts';

// The worked example of src/list/FORMAT.md.
const EXAMPLE = {
  name: 'demo',
  snapshotDay: 20_779,
  entries: 3,
  numbersSha256: 'a5af4ef26311cc99e9016229432fecd84daafd7c7ae6c91f3b3e5b7e204bb521',
  daysSha256: '0152cbb571d4a547c3b6a86292ae14cf8c3a8196f3ee0ac000cd05fb3be4d3da',
};
const EXAMPLE_SHA256 = 'cc18e9c13489f8d6f45327e4f1d46c3b199c65cad174499c5c545aff57304bc5';

describe('the version digest', () => {
  it('is that of the worked example', () => {
    expect(listSha256(EXAMPLE)).toBe(EXAMPLE_SHA256);
  });

  it('covers the 105 bytes that FORMAT.md writes out', () => {
    const bytes = Buffer.from(
      '7461636574206c6973742076657273696f6e203100' + // tacet list version 1, zero
        '0400000064656d6f' + // 4, demo
        '2b510000' + // 20,779
        '0300000000000000' + // 3
        EXAMPLE.numbersSha256 +
        EXAMPLE.daysSha256,
      'hex',
    );
    expect(bytes).toHaveLength(105);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(EXAMPLE_SHA256);
  });

  it.each([
    ['name', { name: 'demp' }],
    ['snapshot day', { snapshotDay: 20_780 }],
    ['count', { entries: 4 }],
    ['numbers', { numbersSha256: '0'.repeat(64) }],
    ['days', { daysSha256: '0'.repeat(64) }],
  ])('changes with the %s', (_, change) => {
    expect(listSha256({ ...EXAMPLE, ...change })).not.toBe(EXAMPLE_SHA256);
  });
});

describe('the header page', () => {
  const file = composeListFile(goodList());
  const page = file.subarray(0, PAGE);
  const header = decodeHeader(page, { where: 'test', fileBytes: file.length });

  it('comes back as it was written', () => {
    expect(Buffer.from(encodeHeader(header)).equals(page)).toBe(true);
    expect(header).toMatchObject({
      formatVersion: 1,
      name: 'dncm',
      snapshotDay: 20_779,
      entries: 9,
    });
    expect(
      header.sections.map(({ kind, required, offset, bytes }) => [kind, required, offset, bytes]),
    ).toEqual([
      [1, true, 65_536, 72],
      [2, true, 131_072, 18],
      [3, false, 196_608, 15],
      [4, false, 262_144, 64 + 8 + 513 * 4 + 7 + 8],
    ]);
  });

  it('begins with bytes that a text-mode transfer changes', () => {
    expect([...page.subarray(0, 12)]).toEqual([137, 84, 67, 84, 13, 10, 26, 10, 1, 0, 0, 0]);
  });

  it('of an unknown minor version is read', () => {
    const copy = page.slice();
    copy[10] = 7;
    const sealed = Buffer.from(copy);
    sealed.fill(0, 168, 200);
    sealed.set(createHash('sha256').update(sealed).digest(), 168);
    expect(decodeHeader(sealed, { where: 'test', fileBytes: file.length })).toEqual(header);
  });

  it('may list optional sections that are unknown', () => {
    const list = goodList();
    list.sections.splice(1, 0, { kind: 77, required: false, body: Uint8Array.of(1, 2, 3) });
    const bytes = composeListFile(list);
    const read = decodeHeader(bytes.subarray(0, PAGE), { where: 'test', fileBytes: bytes.length });
    expect(read.sections.map(({ kind }) => kind)).toEqual([1, 77, 2, 3, 4]);
    expect(read.sha256).toBe(header.sha256);
  });

  it('holds the longest name', () => {
    const name = 'Abc-_.0'.repeat(9);
    const bytes = composeListFile({ ...goodList(), name });
    expect(name).toHaveLength(63);
    expect(decodeHeader(bytes.subarray(0, PAGE), { where: '', fileBytes: bytes.length }).name).toBe(
      name,
    );
  });
});

describe('small rules', () => {
  it.each([
    [1, 65_536],
    [65_536, 65_536],
    [65_537, 131_072],
    [5_000_000_000, 5_000_003_584],
  ])('%d bytes end at %d', (bytes, end) => {
    expect(alignToPage(bytes)).toBe(end);
  });

  it.each(['', 'a b', 'a/b', 'é', 'x'.repeat(64), 'a\n'])('%j is no list name', (name) => {
    expect(isListName(name)).toBe(false);
  });
});
