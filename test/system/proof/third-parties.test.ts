import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCheckpoint } from '#tacet/proof/format/checkpoint.js';
import { parseNote } from '#tacet/proof/format/note.js';
import { parseReceipt } from '#tacet/proof/format/receipt.js';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import { tacet } from '../../cli/commands.ts';
import { dedupeLeaf } from '../../proof/leaves.ts';
import { newFolder, newLedger } from '../../proof/new-ledger.ts';
import { checksLeaf, openingOf } from '../../proof/proofs.ts';

/** Those who share no code with Tacet: Go's libraries for signed notes and logs, and openssl. */
const folder = newFolder();
const verifier = join(folder, 'verify');
const source = fileURLToPath(new URL('verify.go', import.meta.url));
const script = fileURLToPath(new URL('../../../docs/verify-receipt.sh', import.meta.url));
const SIZE = 300;

let ledger: Ledger;
/** By the index of their entries. */
const receipts: string[] = [];

beforeAll(async () => {
  // As Debian installs them: there is no network and no module file.
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', HOME: folder, GOCACHE: join(folder, 'cache') },
    ...{ GO111MODULE: 'off', GOPATH: '/usr/share/gocode', CGO_ENABLED: '0' },
  };
  execFileSync('go', ['build', '-o', verifier, source], { env });
  ledger = await newLedger();
  receipts.push(await ledger.receipt(0), (await ledger.append(checksLeaf())).receipt);
  for (let index = 2; index < 20; index++) {
    receipts.push((await ledger.append(dedupeLeaf({ job_id: `job-${index}` }))).receipt);
  }
  await Promise.all(Array.from({ length: SIZE - 20 }, () => ledger.append(dedupeLeaf())));
}, 300_000);
afterAll(() => ledger.close());

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function go(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(verifier, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}
const VERIFIED = { status: 0, stdout: 'verified\n', stderr: '' };

/** The entry's text changed, its length kept. */
const changed = (receipt: string): string => {
  const leaf = parseReceipt(Buffer.from(receipt)).leaf.toString('base64');
  return receipt.replace(
    leaf,
    `${leaf.slice(0, 40)}${leaf[40] === 'A' ? 'B' : 'A'}${leaf.slice(41)}`,
  );
};

describe("Go's libraries", () => {
  it('verify receipts under their own and under a later head', async () => {
    const files = receipts.map((receipt, index) => file(`${index}.tlog-proof`, receipt));
    for (const index of [0, 1, 19, 255, 256, SIZE - 1]) {
      files.push(file(`late-${index}.tlog-proof`, await ledger.receipt(index)));
    }
    expect(go('receipt', ledger.verifierKey.text, ...files)).toEqual(VERIFIED);
    const wrong = file('wrong.tlog-proof', changed(receipts[5] ?? ''));
    expect(go('receipt', ledger.verifierKey.text, wrong).status).toBe(1);
  });

  it('verify the openings of rows', () => {
    const rows = receipts[1] ?? '';
    const files = Array.from({ length: 20 }, (_, row) => {
      return file(`${row}.row.json`, openingOf(rows, row));
    });
    expect(go('opening', ledger.verifierKey.text, ...files)).toEqual(VERIFIED);
    const lied = openingOf(rows, 4).replace(/"verdict":\d/, '"verdict":2');
    expect(go('opening', ledger.verifierKey.text, file('lied.json', lied)).status).toBe(1);
  });

  it('verify that a later head continues an earlier one', async () => {
    const files: string[] = [];
    for (const receipt of receipts) {
      const note = parseNote(parseReceipt(Buffer.from(receipt)).checkpoint);
      const old = parseCheckpoint(note.text);
      const { head, path } = await ledger.consistency(old.size);
      const hashes = [old.root, head.root, ...path].map((hash) => hash.toString('base64'));
      const [oldRoot, root, ...rest] = hashes;
      const lines = [old.size, oldRoot, head.size, root, ...rest];
      files.push(file(`consistency-${old.size}`, `${lines.join('\n')}\n`));
    }
    expect(go('consistency', ...files)).toEqual(VERIFIED);
    const [first = ''] = files;
    const forked = readFileSync(first, 'utf8').replace(/^(\d+\n).*$/m, `$1${'A'.repeat(43)}=`);
    expect(go('consistency', file('forked', forked)).status).toBe(1);
  });

  it('read an exported log, every entry of it', async () => {
    const out = join(folder, 'site');
    const args = ['ledger', 'export', '--ledger', ledger.directory, '--out', out];
    expect(await tacet(args)).toMatchObject({ code: 0, stderr: '' });
    expect(go('tiles', ledger.verifierKey.text, out)).toEqual(VERIFIED);
    const tile = join(out, 'tile/entries/000');
    const bytes = readFileSync(tile);
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
    writeFileSync(tile, bytes);
    expect(go('tiles', ledger.verifierKey.text, out).status).toBe(1);
  });
});

describe('sh, coreutils, xxd and openssl', () => {
  const sh = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('sh', [script, ...args], { encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  it('verify receipts', () => {
    for (const [index, receipt] of receipts.entries()) {
      const path = file('one.tlog-proof', receipt);
      const { status, stdout, stderr } = sh(ledger.verifierKey.text, path);
      expect([status, stderr]).toEqual([0, '']);
      const [said, leaf] = stdout.split('\n');
      expect(said).toBe(
        `verified: entry ${index} of ${Math.max(index + 1, 1)} in ${ledger.verifierKey.name}`,
      );
      expect(leaf).toBe(parseReceipt(Buffer.from(receipt)).leaf.toString());
    }
  });

  it('refuse what was changed, and another key', async () => {
    const receipt = receipts[9] ?? '';
    const other = await newLedger();
    await other.close();
    for (const [key, text, what] of [
      [ledger.verifierKey.text, changed(receipt), 'the entry is not in the log'],
      [ledger.verifierKey.text, receipt.replace('index 9', 'index 8'), 'not in the log'],
      [ledger.verifierKey.text, receipt.replace(/^10$/m, '11'), 'the signature is wrong'],
      [
        ledger.verifierKey.text,
        receipt.replace(/^10$/m, '010'),
        'the size of the log is no number',
      ],
      ...['', '09', '+9', '0x9', '9 ', 'a[0]', '9'.repeat(16)].map(
        (index) =>
          [
            ledger.verifierKey.text,
            receipt.replace('index 9', `index ${index}`),
            'the index of the entry is no number',
          ] as const,
      ),
      [ledger.verifierKey.text, receipt.replace('index 9', 'x\nindex 9'), 'is no number'],
      [ledger.verifierKey.text, receipt.replace(/^index 9\n..../m, 'index 9\n'), 'malformed'],
      [other.verifierKey.text, receipt, 'the log has not signed it'],
      [ledger.verifierKey.text.replace('+', '0+'), receipt, 'the key has the ID of another'],
    ] as const) {
      const { status, stdout, stderr } = sh(key, file('wrong.tlog-proof', text));
      expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining(what)]);
    }
  });
});
