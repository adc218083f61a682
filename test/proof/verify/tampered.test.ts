import { beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import type { Trust } from '#tacet/proof/verify/verify.js';
import { newLedger } from '../new-ledger.ts';
import { checksLeaf, holds, openingOf, trustIn } from '../proofs.ts';

/**
 * Every byte takes the values next to its own in every bit, and those that mean something; the
 * system tests give it every other value.
 */
const VALUES = ['\n', '"'];

let ledger: Ledger;
let trust: Trust;
const proofs: [name: string, bytes: Buffer][] = [];

beforeAll(async () => {
  ledger = await newLedger();
  trust = trustIn(ledger);
  const { receipt } = await ledger.append(checksLeaf());
  proofs.push(['receipt', Buffer.from(receipt)], ['opening', Buffer.from(openingOf(receipt, 3))]);
  await ledger.close();
});

describe.each([0, 1])('proof %i', (which) => {
  const proof = (): Buffer => proofs[which]?.[1] ?? Buffer.alloc(0);

  it('holds as it stands', () => {
    expect(holds(proof(), trust)).toBe(true);
  });

  it('with any byte changed is refused', () => {
    const bytes = Buffer.from(proof());
    for (const [offset, was] of bytes.entries()) {
      const flipped = Array.from({ length: 8 }, (_, bit) => was ^ (1 << bit));
      for (const value of [...flipped, ...VALUES.map((text) => text.charCodeAt(0))]) {
        if (value === was) continue;
        bytes[offset] = value;
        if (holds(bytes, trust)) expect.fail(`byte ${offset}: ${was} as ${value}`);
      }
      bytes[offset] = was;
    }
  });

  it('cut anywhere, or with a byte left out, is refused', () => {
    const bytes = proof();
    for (let at = 0; at < bytes.length; at++) {
      const without = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
      if (holds(bytes.subarray(0, at), trust)) expect.fail(`cut at ${at}`);
      // Of two like neighbours it does not matter which is gone, but that one is.
      if (holds(without, trust)) expect.fail(`without byte ${at}`);
    }
  });

  it('with a byte, a line or all of it doubled is refused', () => {
    const bytes = proof();
    for (let at = 0; at < bytes.length; at++) {
      const twice = [bytes.subarray(0, at + 1), bytes.subarray(at)];
      if (holds(Buffer.concat(twice), trust)) expect.fail(`byte ${at} twice`);
    }
    const lines = bytes.toString().split('\n');
    for (const [index, line] of lines.entries()) {
      const twice = lines.toSpliced(index, 0, line).join('\n');
      if (holds(Buffer.from(twice), trust)) expect.fail(`line ${index} twice`);
    }
    expect(holds(Buffer.concat([bytes, bytes]), trust)).toBe(false);
  });
});
