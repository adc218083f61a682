import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '#tacet/proof/format/checkpoint.js';
import { parseLeaf } from '#tacet/proof/format/leaf.js';
import { parseNote, type VerifierKey, verifyNote } from '#tacet/proof/format/note.js';
import { parseReceipt } from '#tacet/proof/format/receipt.js';
import { hashLeaf, rootOfInclusion } from '#tacet/proof/format/tree.js';
import { crc32c } from '#tacet/proof/ledger/crc32c.js';
import { Ledger } from '#tacet/proof/ledger/ledger.js';
import { verifyLedger, withLedger } from '#tacet/proof/ledger/walk.js';
import { dedupeLeaf } from '../leaves.ts';
import { initLedger, newFolder, newLedger, ORIGIN, openLedger } from '../new-ledger.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const leaf = (id: number) => dedupeLeaf({ job_id: `job-${id}` });

/** What a receipt proves, step by step. */
function proven(receipt: string, key: VerifierKey) {
  const { leaf: bytes, index, path, checkpoint } = parseReceipt(Buffer.from(receipt));
  const note = parseNote(checkpoint);
  expect(verifyNote(note, [key])).toHaveLength(1);
  const { origin, size, root } = parseCheckpoint(note.text);
  const inclusion = { leafHash: hashLeaf(bytes), index, path };
  expect(rootOfInclusion(inclusion, size).equals(root)).toBe(true);
  const { job_id } = { job_id: null, ...parseLeaf(bytes) };
  return { origin, size, index, job: job_id };
}

it('CRC-32C has the check value of its catalogue entry', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa);
});

describe('a new ledger', () => {
  it('has a key for its owner alone, an entry that names it, and a signed head', async () => {
    const ledger = await newLedger();
    const { directory, verifierKey } = ledger;
    expect(statSync(join(directory, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(directory, 'key.pem'), 'utf8')).toMatch(
      /^-----BEGIN PRIVATE KEY-----/,
    );
    const receipt = await ledger.receipt(0);
    expect(proven(receipt, verifierKey)).toMatchObject({ origin: ORIGIN, size: 1, index: 0 });
    const first = parseLeaf(parseReceipt(Buffer.from(receipt)).leaf);
    expect(first).toMatchObject({ type: 'open', verifier_key: verifierKey.text, previous: null });
    await ledger.close();
  });

  it('is not made where there is one, or what is left of one', async () => {
    const ledger = await newLedger();
    const { directory } = ledger;
    await ledger.close();
    await expect(initLedger(directory)).rejects.toEqual(code('ERR_LEDGER'));
    await (await openLedger(directory)).close();
    for (const name of ['entries.log', 'index', 'key.pem']) rmSync(join(directory, name));
    await expect(initLedger(directory)).rejects.toThrow('what is left of one (checkpoint)');
    for (const name of ['entries.log', 'key.pem']) {
      expect(existsSync(join(directory, name)), name).toBe(false);
    }
  });

  it('has another name than the log that it continues', async () => {
    const ledger = await newLedger();
    const head = readFileSync(join(ledger.directory, 'checkpoint'), 'utf8');
    await ledger.close();
    const directory = join(newFolder(), 'new');
    const options = { doing: 'test', lockWaitMs: 0, groupMs: 0 };
    const beginning = { origin: ORIGIN, previous: head, engine: { name: 'tacet', version: '1' } };
    const fork = Ledger.init(directory, options, beginning);
    await expect(fork).rejects.toThrow(`is called ${ORIGIN} too`);
    expect(existsSync(directory)).toBe(false);
  });

  it('that is not there is not opened, and no folder is made', async () => {
    const directory = join(newFolder(), 'none');
    await expect(openLedger(directory)).rejects.toThrow('no ledger there');
    expect(existsSync(directory)).toBe(false);
  });
});

describe('an entry', () => {
  it('is answered with a receipt that proves it, and proved again under later heads', async () => {
    const ledger = await newLedger();
    for (let id = 1; id <= 20; id++) {
      const { index, receipt } = await ledger.append(leaf(id));
      expect(proven(receipt, ledger.verifierKey)).toEqual({
        ...{ origin: ORIGIN, size: id + 1, index: id, job: `job-${id}` },
      });
      expect(index).toBe(id);
    }
    for (let id = 1; id <= 20; id++) {
      const later = proven(await ledger.receipt(id), ledger.verifierKey);
      expect(later).toMatchObject({ size: 21, index: id, job: `job-${id}` });
    }
    await expect(ledger.receipt(21)).rejects.toEqual(code('ERR_LEDGER'));
    await ledger.close();
  });

  it('shares a head with those that come with it', async () => {
    const ledger = await newLedger({ groupMs: 5 });
    const entries = await Promise.all(
      Array.from({ length: 300 }, (_, id) => ledger.append(leaf(id))),
    );
    const seen = entries.map(({ receipt }) => proven(receipt, ledger.verifierKey));
    expect(seen.map(({ job }) => job)).toEqual(seen.map((_, id) => `job-${id}`));
    expect(entries.map(({ index }) => index)).toEqual(entries.map((_, id) => id + 1));
    // The first 256, and the rest.
    expect([...new Set(seen.map(({ size }) => size))]).toEqual([257, 301]);
    await ledger.close();
  });

  it('that is no leaf is refused, and others go on', async () => {
    const ledger = await newLedger();
    const wrong = ledger.append(dedupeLeaf({ id: 'x' }));
    const good = ledger.append(leaf(1));
    await expect(wrong).rejects.toEqual(code('ERR_PROOF'));
    expect((await good).index).toBe(1);
    await ledger.close();
    await expect(ledger.append(leaf(2))).rejects.toEqual(code('ERR_STOPPING'));
  });

  it('that waits when the ledger closes is answered', async () => {
    const made = await newLedger();
    await made.close();
    const ledger = await openLedger(made.directory, { groupMs: 60_000 });
    const waiting = ledger.append(leaf(1));
    await ledger.close();
    expect((await waiting).index).toBe(1);
  });
});

describe('a ledger', () => {
  it('goes on where it was, whoever opens it', async () => {
    let ledger = await newLedger();
    const { directory, verifierKey } = ledger;
    for (let id = 1; id <= 12; id++) {
      expect(proven((await ledger.append(leaf(id))).receipt, verifierKey).size).toBe(id + 1);
      await ledger.close();
      ledger = await openLedger(directory);
      expect(ledger.size).toBe(id + 1);
    }
    await ledger.close();
    const facts = await withLedger(directory, verifyLedger);
    expect(facts).toMatchObject({
      origin: ORIGIN,
      size: 13,
      erased: 0,
      types: { dedupe: 12, open: 1 },
    });
  });

  it('of another log names the head that it continues', async () => {
    const before = await newLedger();
    await before.append(leaf(1));
    const previous = readFileSync(join(before.directory, 'checkpoint'), 'utf8');
    const ledger = await newLedger({}, previous);
    const first = parseLeaf(parseReceipt(Buffer.from(await ledger.receipt(0))).leaf);
    expect(first).toMatchObject({ previous });
    await Promise.all([before.close(), ledger.close()]);
  });

  it('rotates its key: both sign until the old one is removed', async () => {
    const ledger = await newLedger();
    const { directory, verifierKey: old } = ledger;
    await ledger.append(leaf(1));
    const next = await ledger.rotateKey();
    expect(ledger.verifierKey.text).toBe(next.text);
    const both = await ledger.append(leaf(2));
    for (const key of [old, next]) expect(proven(both.receipt, key).size).toBe(4);
    await ledger.close();
    rmSync(join(directory, 'old-key.pem'));
    const reopened = await openLedger(directory);
    const { receipt } = await reopened.append(leaf(3));
    expect(proven(receipt, next).size).toBe(5);
    expect(verifyNote(parseNote(parseReceipt(Buffer.from(receipt)).checkpoint), [old])).toEqual([]);
    await reopened.close();
    const facts = await withLedger(directory, verifyLedger);
    expect(facts).toMatchObject({ keys: [old.text, next.text], types: { key: 1 } });
  });

  it('keeps a head for those who countersign it', async () => {
    const ledger = await newLedger();
    await ledger.append(leaf(1));
    const path = await ledger.keepHead();
    const { receipt } = await ledger.append(leaf(2));
    await ledger.close();
    expect(path).toBe(join(ledger.directory, 'checkpoints', '2'));
    expect(parseCheckpoint(parseNote(readFileSync(path, 'utf8')).text).size).toBe(2);
    expect(receipt).not.toContain(readFileSync(path, 'utf8'));
    expect((await withLedger(ledger.directory, verifyLedger)).kept).toEqual([2]);
  });
});

describe('erasing', () => {
  it('drops what jobs said, keeps every other receipt valid, and says so', async () => {
    const ledger = await newLedger();
    for (let id = 1; id <= 5; id++) await ledger.append(leaf(id));
    await ledger.erase({ entries: [2, 4], by: 'An', reason: 'art. 17' });
    await expect(ledger.receipt(2)).rejects.toThrow('entry 2 was erased');
    for (const id of [1, 3, 5]) {
      const seen = proven(await ledger.receipt(id), ledger.verifierKey);
      expect(seen).toMatchObject({ job: `job-${id}`, size: 7 });
    }
    const said = parseLeaf(parseReceipt(Buffer.from(await ledger.receipt(6))).leaf);
    expect(said).toMatchObject({ type: 'erase', entries: [2, 4], by: 'An', reason: 'art. 17' });
    // Again: nothing is left to erase.
    await ledger.erase({ entries: [2, 4], by: 'An', reason: 'art. 17' });
    await ledger.close();
    const log = readFileSync(join(ledger.directory, 'entries.log'), 'utf8');
    expect([log.includes('job-2'), log.includes('job-3')]).toEqual([false, true]);
    const facts = await withLedger(ledger.directory, verifyLedger);
    expect(facts).toMatchObject({ size: 7, erased: 2, types: { dedupe: 3, erase: 1 } });
    await (await openLedger(ledger.directory)).close();
  });

  it('leaves what holds the log together', async () => {
    const ledger = await newLedger();
    const wrong = ledger.erase({ entries: [0], by: 'An', reason: 'x' });
    await expect(wrong).rejects.toThrow('entry 0 is of type open and stays');
    expect(ledger.size).toBe(1);
    await ledger.close();
  });
});
