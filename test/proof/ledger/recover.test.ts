import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseReceipt } from '#tacet/proof/format/receipt.js';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import { verifyLedger, withLedger } from '#tacet/proof/ledger/walk.js';
import { dedupeLeaf } from '../leaves.ts';
import { initLedger, newFolder, newLedger, openLedger } from '../new-ledger.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const leaf = (id: number) => dedupeLeaf({ job_id: `job-${id}` });

/** A ledger of three entries, and what its files were when it had two. */
let directory: string;
let earlier: string;
const bytes = { one: 0, two: 0, three: 0 };
let newest: string;
const file = (name: string, of = directory): string => join(of, name);

beforeAll(async () => {
  const ledger = await newLedger();
  ({ directory } = ledger);
  bytes.one = readFileSync(file('entries.log')).length;
  await ledger.append(leaf(1));
  earlier = newFolder();
  cpSync(directory, earlier, { recursive: true });
  newest = (await ledger.append(leaf(2))).receipt;
  await ledger.close();
  bytes.two = readFileSync(file('entries.log', earlier)).length;
  bytes.three = readFileSync(file('entries.log')).length;
});

/** A copy of the ledger as it has three entries. */
function copy(): string {
  const folder = newFolder();
  cpSync(directory, folder, { recursive: true });
  return folder;
}

async function reopened(folder: string): Promise<{ size: number; head: string }> {
  const ledger = await openLedger(folder);
  const { size } = ledger;
  await ledger.close();
  expect((await withLedger(folder, verifyLedger)).size).toBe(size);
  return { size, head: readFileSync(file('checkpoint', folder), 'utf8') };
}

describe('a ledger that was stopped', () => {
  it('before its head was signed signs whole entries again, to the same bytes', async () => {
    const folder = copy();
    cpSync(file('checkpoint', earlier), file('checkpoint', folder));
    expect(await reopened(folder)).toEqual({
      size: 3,
      head: readFileSync(file('checkpoint'), 'utf8'),
    });
  });

  it('anywhere within an entry cuts it, and goes on', async () => {
    const folder = copy();
    const whole = readFileSync(file('entries.log'));
    const index = readFileSync(file('index'));
    const two = readFileSync(file('checkpoint', earlier), 'utf8');
    const step = Math.ceil((bytes.three - bytes.two) / 12);
    for (let cut = bytes.two; cut < bytes.three; cut += step) {
      writeFileSync(file('entries.log', folder), whole.subarray(0, cut));
      writeFileSync(file('index', folder), index.subarray(0, index.length - (cut % 40)));
      writeFileSync(file('checkpoint', folder), two);
      expect(await reopened(folder), `${cut}`).toEqual({ size: 2, head: two });
      expect(readFileSync(file('entries.log', folder)).length).toBe(bytes.two);
    }
  });

  it('with zeroes or other bytes behind the last entry cuts them', async () => {
    const folder = copy();
    for (const tail of [Buffer.alloc(5_000), Buffer.alloc(70_000, 7)]) {
      writeFileSync(file('entries.log', folder), tail, { flag: 'a' });
      expect((await reopened(folder)).size).toBe(3);
      expect(readFileSync(file('entries.log', folder)).length).toBe(bytes.three);
    }
  });

  it('without its index, or with another one, makes it again', async () => {
    const index = readFileSync(file('index'));
    for (const wrong of [Buffer.alloc(0), Buffer.alloc(index.length), index.subarray(0, 50)]) {
      const folder = copy();
      writeFileSync(file('index', folder), wrong);
      expect((await reopened(folder)).size).toBe(3);
      expect(readFileSync(file('index', folder)).equals(index)).toBe(true);
    }
  });

  it('in the middle of its making has not begun, and another is made elsewhere', async () => {
    const folder = newFolder();
    cpSync(file('key.pem'), file('key.pem', folder));
    writeFileSync(file('entries.log', folder), readFileSync(file('entries.log')).subarray(0, 9));
    await expect(openLedger(folder)).rejects.toThrow('it has not begun');
    await expect(initLedger(folder)).rejects.toThrow('what is left of one (entries.log)');
    writeFileSync(file('entries.log', folder), '');
    writeFileSync(file('index', folder), '');
    const ledger = await initLedger(folder);
    expect(ledger.size).toBe(1);
    await ledger.close();
  });
});

describe('a ledger with entries and no checkpoint', () => {
  /** Everything in a folder but the lock's leavings. */
  const contents = (folder: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [name, readFileSync(file(name, folder), 'latin1')]),
    );

  it.each([
    ['as they were', (log: Buffer) => log],
    ['one of them damaged', (log: Buffer) => Buffer.from(log).fill(1, bytes.two - 40, bytes.two)],
    ['the first alone', (log: Buffer) => log.subarray(0, bytes.one)],
    ['the first, and half another', (log: Buffer) => log.subarray(0, bytes.one + 99)],
  ])('is not opened, nor begun, and nothing is changed: %s', async (_, change) => {
    const folder = copy();
    writeFileSync(file('entries.log', folder), change(readFileSync(file('entries.log'))));
    rmSync(file('checkpoint', folder));
    const before = contents(folder);
    await expect(openLedger(folder)).rejects.toEqual(code('ERR_LEDGER_ROLLED_BACK'));
    await expect(openLedger(folder)).rejects.toThrow('stands at the end of the newest receipt');
    await expect(initLedger(folder)).rejects.toEqual(code('ERR_LEDGER'));
    expect(contents(folder)).toEqual(before);
  });

  it('goes on with the checkpoint of its newest receipt', async () => {
    const folder = copy();
    const { checkpoint } = parseReceipt(Buffer.from(newest));
    rmSync(file('checkpoint', folder));
    writeFileSync(file('checkpoint', folder), checkpoint);
    expect((await reopened(folder)).size).toBe(3);
  });
});

describe('a ledger whose checkpoint is older than its entries', () => {
  it('is not cut where more than one group was written since', async () => {
    const ledger = await openLedger(copy());
    const { directory: folder } = ledger;
    const old = readFileSync(file('checkpoint', folder));
    for (let round = 0; round < 2; round++) {
      await Promise.all(Array.from({ length: 200 }, (_, id) => ledger.append(leaf(id))));
    }
    await ledger.close();
    writeFileSync(file('checkpoint', folder), old);
    const log = readFileSync(file('entries.log', folder));
    log.writeUInt8(log.readUInt8(log.length - 9) ^ 1, log.length - 9);
    writeFileSync(file('entries.log', folder), log);
    await expect(openLedger(folder)).rejects.toThrow('and damaged ones among them');
    expect(readFileSync(file('entries.log', folder)).equals(log)).toBe(true);
  });
});

describe('a ledger that holds less than it signed', () => {
  const rolledBack = async (folder: string): Promise<void> => {
    const before = readFileSync(file('entries.log', folder));
    await expect(openLedger(folder)).rejects.toEqual(code('ERR_LEDGER_ROLLED_BACK'));
    // Nothing is cut from what may be evidence.
    expect(readFileSync(file('entries.log', folder)).equals(before)).toBe(true);
  };

  it('is refused where its last entry is gone, or a byte of it', async () => {
    for (const length of [bytes.two, bytes.three - 1, 10, 0]) {
      const folder = copy();
      truncateSync(file('entries.log', folder), length);
      if (length > 10) await rolledBack(folder);
      else await expect(openLedger(folder)).rejects.toThrow('it has not begun');
    }
  });

  it('is refused where it has other entries', async () => {
    const other = await newLedger();
    await other.append(leaf(8));
    await other.append(leaf(9));
    await other.close();
    const folder = copy();
    cpSync(file('entries.log', other.directory), file('entries.log', folder));
    await rolledBack(folder);
    rmSync(file('index', folder));
    writeFileSync(file('index', folder), '');
    await rolledBack(folder);
  });

  it('is refused where a later head was kept', async () => {
    const ledger = await openLedger(copy());
    await ledger.keepHead();
    await ledger.close();
    const folder = ledger.directory;
    for (const name of ['entries.log', 'index', 'checkpoint']) {
      cpSync(file(name, earlier), file(name, folder));
    }
    await rolledBack(folder);
  });
});

describe('a ledger of another key', () => {
  it('is refused', async () => {
    const other = await newLedger();
    await other.close();
    const folder = copy();
    cpSync(file('key.pem', other.directory), file('key.pem', folder));
    await expect(openLedger(folder)).rejects.toThrow('not signed by the key of this ledger');
  });

  it.each([
    ['that everybody may read', 0o644, (key: string) => key, 'everybody may read the key'],
    ['that is no key', 0o600, () => 'hello', 'no Ed25519 key as PKCS#8 PEM'],
    ['with another behind it', 0o600, (key: string) => key + key, 'and nothing else'],
    ['with a text before it', 0o600, (key: string) => `key\n${key}`, 'and nothing else'],
  ])('%s is refused', async (_, mode, change, what) => {
    const folder = copy();
    const key = change(readFileSync(file('key.pem'), 'utf8'));
    rmSync(file('key.pem', folder));
    writeFileSync(file('key.pem', folder), key, { mode });
    await expect(openLedger(folder)).rejects.toThrow(what);
  });
});

it('a second writer waits, and is told who holds the ledger', async () => {
  const folder = copy();
  const first = await openLedger(folder, { doing: 'serve' });
  const second = openLedger(folder, { lockWaitMs: 50 });
  await expect(second).rejects.toEqual(code('ERR_LEDGER_LOCKED'));
  await expect(second).rejects.toThrow(
    `process ${process.pid} on ${hostname()} (serve) writes to the ledger`,
  );
  const third: Promise<Ledger> = openLedger(folder, { lockWaitMs: 10_000 });
  await first.append(leaf(3));
  await first.close();
  const ledger = await third;
  expect(ledger.size).toBe(4);
  await ledger.close();
});
