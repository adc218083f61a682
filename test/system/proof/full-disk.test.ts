import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ledger } from '#tacet/proof/ledger/ledger.js';
import { verifyLedger, withLedger } from '#tacet/proof/ledger/walk.js';
import { dedupeLeaf } from '../../proof/leaves.ts';
import { newFolder } from '../../proof/new-ledger.ts';

/** A real file system of 1 MiB. */
const disk = join(newFolder(), 'disk');
beforeAll(() => {
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
});
afterAll(() => {
  execFileSync('umount', [disk]);
});

it('a full disk gives no receipt and an error; with room the ledger goes on', async () => {
  const filler = join(disk, 'filler');
  const directory = join(disk, 'ledger');
  const engine = { name: 'tacet', version: '0.1.0' };
  const options = { doing: 'test', lockWaitMs: 0, groupMs: 0 };
  const ledger = await Ledger.init(directory, options, { origin: 'log', previous: null, engine });
  writeFileSync(filler, Buffer.alloc(700_000));
  let answered = 0;
  let failure: unknown;
  while (failure === undefined && answered < 1_000) {
    await ledger.append(dedupeLeaf()).then(
      () => answered++,
      (error) => {
        failure = error;
      },
    );
  }
  expect(failure).toMatchObject({
    code: 'ERR_LEDGER_WRITE',
    message: expect.stringContaining('no space left on the device'),
  });
  await expect(ledger.append(dedupeLeaf())).rejects.toMatchObject({ code: 'ERR_LEDGER_WRITE' });
  const { size } = await withLedger(directory, verifyLedger);
  expect(size).toBeGreaterThanOrEqual(answered + 1);
  rmSync(filler);
  const { index } = await ledger.append(dedupeLeaf());
  expect(index).toBeGreaterThanOrEqual(answered + 1);
  await ledger.close();
  expect((await withLedger(directory, verifyLedger)).size).toBe(index + 1);
});
