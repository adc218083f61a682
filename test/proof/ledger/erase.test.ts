import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '#tacet/proof/format/canonical-json.js';
import type { Leaf } from '#tacet/proof/format/leaf.js';
import { parseReceipt } from '#tacet/proof/format/receipt.js';
import { hashLeaf } from '#tacet/proof/format/tree.js';
import { indexOffset } from '#tacet/proof/ledger/index-file.js';
import { verifyLedger, withLedger } from '#tacet/proof/ledger/walk.js';
import { dedupeLeaf } from '../leaves.ts';
import { newFolder, newLedger, openLedger } from '../new-ledger.ts';

/** A ledger of three entries, and where the first two records end. */
let directory: string;
const bytes = { one: 0, two: 0, three: 0 };
let hashOfFirst: string;
const file = (name: string, of = directory): string => join(of, name);
const sizeOfLog = (): number => readFileSync(file('entries.log')).length;

beforeAll(async () => {
  const ledger = await newLedger();
  ({ directory } = ledger);
  bytes.one = sizeOfLog();
  const { receipt } = await ledger.append(dedupeLeaf({ job_id: 'one' }));
  hashOfFirst = hashLeaf(parseReceipt(Buffer.from(receipt)).leaf).toString('hex');
  bytes.two = sizeOfLog();
  await ledger.append(dedupeLeaf({ job_id: 'two' }));
  bytes.three = sizeOfLog();
  await ledger.close();
});

function copy(): string {
  const folder = newFolder();
  cpSync(directory, folder, { recursive: true });
  return folder;
}

async function sizeOf(folder: string): Promise<number> {
  const ledger = await openLedger(folder);
  const { size } = ledger;
  await ledger.close();
  return size;
}

describe('an erasure that was stopped', () => {
  const said: Leaf = {
    ...{ v: 1, type: 'erase', id: 'ab'.repeat(16) },
    ...{ entries: [1], by: 'An', reason: 'x', at: 1 },
  };
  const note = (size: number, change: object = {}): string => {
    const record = { start: bytes.one, end: bytes.two, leaf_hash: hashOfFirst, ...change };
    return canonicalJson({ leaf: { ...said }, size, records: [record] });
  };
  const stopped = async (folder: string, size: number): Promise<void> => {
    writeFileSync(file('erasing.json', folder), note(size));
    expect(await sizeOf(folder)).toBe(4);
    const facts = await withLedger(folder, verifyLedger);
    expect(facts).toMatchObject({ erased: 1, types: { erase: 1 } });
    expect(existsSync(file('erasing.json', folder))).toBe(false);
  };

  it('before it was said is finished', async () => {
    await stopped(copy(), 3);
  });

  it('after it was said, or in the middle of a record, is finished', async () => {
    const ledger = await openLedger(copy());
    const { directory: folder, size } = ledger;
    await ledger.append(said);
    await ledger.close();
    const half = copy();
    cpSync(folder, half, { recursive: true });
    await stopped(folder, size);
    const log = readFileSync(file('entries.log', half));
    log.fill(0, bytes.two - 50, bytes.two);
    writeFileSync(file('entries.log', half), log);
    await stopped(half, size);
  });

  it.each([
    ['of another place', { start: 8 }, 'no entry from byte'],
    ['of a place behind all entries', { start: 1_000_000, end: 1_000_900 }, 'no entry from byte'],
    ['that is malformed', { leaf_hash: 'x' }, 'the note is damaged'],
  ])('with a note %s overwrites nothing', async (_, change, what) => {
    const folder = copy();
    writeFileSync(file('erasing.json', folder), note(3, change));
    await expect(openLedger(folder)).rejects.toThrow(what);
    const log = readFileSync(file('entries.log', folder));
    expect(log.subarray(0, bytes.three).equals(readFileSync(file('entries.log')))).toBe(true);
  });
});

it('an erasure overwrites only what was signed, whatever the index says', async () => {
  const ledger = await openLedger(copy());
  const { directory: folder } = ledger;
  const before = readFileSync(file('entries.log', folder));
  // Of entry 1: where it begins, and of entry 2 its end and its hash.
  const index = readFileSync(file('index', folder));
  index.copy(index, indexOffset(1), indexOffset(2), indexOffset(2) + 40);
  index.writeBigUInt64LE(BigInt(bytes.two), indexOffset(0));
  writeFileSync(file('index', folder), index);
  await expect(ledger.erase({ entries: [1], by: 'An', reason: 'x' })).rejects.toThrow(
    'the index is damaged',
  );
  await ledger.close();
  expect(readFileSync(file('entries.log', folder)).equals(before)).toBe(true);
});

it('an erasure that no entry can say leaves nothing to be finished', async () => {
  const ledger = await openLedger(copy());
  const erasing = ledger.erase({ entries: [1], by: 'An', reason: 'x'.repeat(201) });
  await expect(erasing).rejects.toMatchObject({ code: 'ERR_PROOF' });
  await ledger.close();
  expect(await sizeOf(ledger.directory)).toBe(3);
});
