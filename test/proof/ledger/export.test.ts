import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { hashLeaf } from '#tacet/proof/format/tree.js';
import { exportTiles } from '#tacet/proof/ledger/export.js';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import { verifyLedger, withLedger } from '#tacet/proof/ledger/walk.js';
import { dedupeLeaf } from '../leaves.ts';
import { newFolder, newLedger } from '../new-ledger.ts';

let ledger: Ledger;
const out = join(newFolder(), 'site');
const file = (name: string): string => join(out, name);

const append = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, place) => ledger.append(dedupeLeaf({ job_id: `j${place}` }))),
  );
const exported = (): Promise<number> =>
  withLedger(ledger.directory, (read) => exportTiles(read, out));

beforeAll(async () => {
  ledger = await newLedger();
  await append(2);
});

it('an export holds each entry, its hash, and the head, and nothing that is erased', async () => {
  expect(await exported()).toBe(3);
  expect(readFileSync(file('tile/entries/000.p/3'), 'utf8')).toContain('"job_id":"j0"');
  await ledger.erase({ entries: [1, 2], by: 'An', reason: 'art. 17' });
  expect(await exported()).toBe(3);
  expect(readdirSync(file('tile/entries/000.p'))).toEqual(['4']);
  expect(readdirSync(file('tile/0/000.p'))).toEqual(['4']);
  const tile = readFileSync(file('tile/entries/000.p/4'));
  expect(tile.includes('job_id')).toBe(false);
  const first = tile.subarray(2, 2 + tile.readUInt16BE(0));
  const hashes = readFileSync(file('tile/0/000.p/4'));
  expect(hashes.subarray(0, 32).equals(hashLeaf(first))).toBe(true);
  expect(hashes).toHaveLength(4 * 32);
});

it('an export of more than a tile has full tiles, and no partial ones of those', async () => {
  await append(260);
  // Of entries and hashes two each, of their roots one, and the checkpoint.
  expect(await exported()).toBe(6);
  expect(readFileSync(file('tile/0/000'))).toHaveLength(256 * 32);
  expect(readFileSync(file('tile/0/001.p/8'))).toHaveLength(8 * 32);
  expect(readFileSync(file('tile/1/000.p/1'))).toHaveLength(32);
  for (const level of ['entries', '0'])
    expect(readdirSync(file(`tile/${level}/000.p`))).toEqual([]);
  expect(existsSync(file('tile/2'))).toBe(false);
});

it('an index that was changed is found by verifying, and no export is made of it', async () => {
  await exported();
  const hashes = readFileSync(file('tile/0/000'));
  const path = join(ledger.directory, 'index');
  const index = readFileSync(path);
  for (const offset of [0, 8, 100, index.length - 1]) {
    const changed = Buffer.from(index);
    changed[offset] = (changed[offset] ?? 0) ^ 1;
    writeFileSync(path, changed);
    const verifying = withLedger(ledger.directory, verifyLedger);
    await expect(verifying).rejects.toThrow('the index is damaged');
  }
  await exported();
  expect(readFileSync(file('tile/0/000')).equals(hashes)).toBe(true);
  writeFileSync(path, index.subarray(0, -1));
  await expect(withLedger(ledger.directory, verifyLedger)).rejects.toThrow('the index is damaged');
  writeFileSync(path, index);
  expect((await withLedger(ledger.directory, verifyLedger)).size).toBe(264);
  await ledger.close();
});
