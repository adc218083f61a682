import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import { newLedger } from '../../proof/new-ledger.ts';
import { checksLeaf, holds, openingOf, trustIn } from '../../proof/proofs.ts';

/** Every byte takes every other value: half a million proofs, some minutes on a busy machine. */
let ledger: Ledger;
let receipt: string;

beforeAll(async () => {
  ledger = await newLedger();
  ({ receipt } = await ledger.append(checksLeaf()));
});
afterAll(() => ledger.close());

it.each([
  ['a receipt', () => receipt],
  ['the opening of a row', () => openingOf(receipt, 3)],
])(
  '%s with any byte changed to any other value is refused',
  (_, proof) => {
    const trust = trustIn(ledger);
    const bytes = Buffer.from(proof());
    expect(holds(bytes, trust)).toBe(true);
    for (const [offset, was] of Buffer.from(bytes).entries()) {
      for (let value = 0; value < 256; value++) {
        bytes[offset] = value;
        if (value !== was && holds(bytes, trust)) {
          expect.fail(`byte ${offset}: ${was} as ${value}`);
        }
      }
      bytes[offset] = was;
    }
  },
  1_800_000,
);
