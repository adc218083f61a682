import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBase64 } from '#tacet/proof/format/base64.js';
import { canonicalJson } from '#tacet/proof/format/canonical-json.js';
import { verifierKeyOf } from '#tacet/proof/format/note.js';
import { parseReceipt } from '#tacet/proof/format/receipt.js';
import { verifyConsistency } from '#tacet/proof/format/tree.js';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import { tell, WORDS } from '#tacet/proof/verify/told.js';
import { verifyProof } from '#tacet/proof/verify/verify.js';
import { dedupeLeaf } from '../leaves.ts';
import { newLedger, ORIGIN } from '../new-ledger.ts';
import { checksLeaf, openingOf, ROWS, trustIn } from '../proofs.ts';

let ledger: Ledger;
let receipt: string;

beforeAll(async () => {
  ledger = await newLedger();
  ({ receipt } = await ledger.append(dedupeLeaf()));
});
afterAll(() => ledger.close());

/** A witness signs the head of a receipt, by its own clock. */
function cosign(text: string, timeUnix: number) {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = verifierKeyOf('witness.example', privateKey, 'cosignature');
  const note = parseReceipt(Buffer.from(text)).checkpoint;
  const body = note.slice(0, note.indexOf('\n\n') + 1);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(timeUnix));
  const signature = sign(
    null,
    Buffer.from(`cosignature/v1\ntime ${timeUnix}\n${body}`),
    privateKey,
  );
  const bytes = encodeBase64(Buffer.concat([Buffer.from(key.id, 'hex'), time, signature]));
  return { key, text: `${text}— witness.example ${bytes}\n` };
}

describe('a receipt', () => {
  it('proves what its entry says, under the key of the policy', () => {
    const proved = verifyProof(Buffer.from(receipt), trustIn(ledger));
    expect(proved).toMatchObject({ origin: ORIGIN, index: 1, size: 2, cosigned: [] });
    expect(proved.leaf).toEqual(dedupeLeaf());
    expect(proved.keys).toEqual([ledger.verifierKey.text]);
  });

  it('of another log is refused, also of one with the same name', async () => {
    const other = await newLedger();
    await other.close();
    const attempt = () => verifyProof(Buffer.from(receipt), trustIn(other));
    expect(attempt).toThrow('the policy has no log that signed it');
  });

  it('with the entry of another receipt is refused', async () => {
    const { receipt: second } = await ledger.append(dedupeLeaf({ job_id: 'other' }));
    const [, extra = ''] = second.split('\n');
    const mixed = receipt.replace(/^extra .*$/m, extra);
    expect(() => verifyProof(Buffer.from(mixed), trustIn(ledger))).toThrow('is not in the log');
  });

  it('is cosigned as the policy asks, or refused', () => {
    const { key, text } = cosign(receipt, 1_795_810_000);
    const lines = [`witness W ${key.text}`, 'quorum W'];
    const proved = verifyProof(Buffer.from(text), trustIn(ledger, ...lines));
    expect(proved.cosigned).toEqual([{ witness: 'W', timeUnix: 1_795_810_000 }]);
    const without = () => verifyProof(Buffer.from(receipt), trustIn(ledger, ...lines));
    expect(without).toThrow('the quorum W has not cosigned it');
    for (const timeUnix of [253_402_300_800, 2 ** 60]) {
      const late = cosign(receipt, timeUnix);
      const policy = trustIn(ledger, `witness W ${late.key.text}`, 'quorum W');
      const attempt = () => verifyProof(Buffer.from(late.text), policy);
      expect(attempt).toThrow('the signature of witness.example does not verify');
    }
    // Nobody asked for the witness: it is ignored, and the receipt holds.
    expect(verifyProof(Buffer.from(text), trustIn(ledger)).cosigned).toEqual([]);
  });
});

it('two heads are shown to be of one log', async () => {
  const old = parseReceipt(Buffer.from(receipt));
  const [, oldSize = '', oldRoot = ''] = old.checkpoint.split('\n');
  await ledger.append(dedupeLeaf());
  const { head, path } = await ledger.consistency(Number(oldSize));
  const heads = { oldSize: Number(oldSize), oldRoot: Buffer.from(oldRoot, 'base64') };
  verifyConsistency({ ...heads, ...head }, path);
  const forked = { ...heads, ...head, oldRoot: Buffer.alloc(32) };
  expect(() => verifyConsistency(forked, path)).toThrow('does not continue');
  await expect(ledger.consistency(head.size + 1)).rejects.toThrow('no head of');
});

describe('the opening of a row', () => {
  it('proves one number, opt-in and verdict', async () => {
    const { receipt: rows } = await ledger.append(checksLeaf());
    for (const index of [0, 3, 7, 16, 19]) {
      const { row } = verifyProof(Buffer.from(openingOf(rows, index)), trustIn(ledger));
      expect(row).toEqual({ ...ROWS[index], index });
    }
  });

  it('with another number, verdict or opt-in day is refused', async () => {
    const { receipt: rows } = await ledger.append(checksLeaf());
    const opening = JSON.parse(openingOf(rows, 3));
    for (const change of [
      { number: 32_475_000_004 },
      { verdict: 1 },
      { opt_in_day: 0 },
      { index: 4 },
    ]) {
      const bytes = Buffer.from(`${canonicalJson({ ...opening, ...change })}\n`);
      expect(() => verifyProof(bytes, trustIn(ledger))).toThrow('not one that the receipt commits');
    }
  });

  it('with a receipt that commits to no rows is refused', async () => {
    const { receipt: rows } = await ledger.append(checksLeaf());
    const opening = JSON.parse(openingOf(rows, 3));
    const bytes = Buffer.from(`${canonicalJson({ ...opening, receipt })}\n`);
    expect(() => verifyProof(bytes, trustIn(ledger))).toThrow('commits to no rows');
  });
});

describe('the words', () => {
  it('say who, for whom, which list, when, which verdicts, and what is not shown', () => {
    const proved = verifyProof(Buffer.from(receipt), trustIn(ledger));
    const hash = 'a0'.repeat(32);
    const time = '2026-11-27 21:00 Brussels time';
    expect(tell(proved, WORDS.en)).toBe(`Entry           a job
Asked by        Centre d’appels SA (cc), as client dialler-1
On behalf of    ACME (acme)
Licences        service-provider SP-1, until 2027-03-31
Kind of call    direct marketing, by a person
List            dncm of 2026-11-24, 1492109 numbers, valid until 2026-11-30 00:00 Brussels time
                sha256 ${hash}
                source sha256 ${'b1'.repeat(32)}
Registers       objections, revisions 7 to 9
Verdicts        10 numbers
                4 callable
                3 blocked
                1 callable because of an opt-in
                1 not covered by the list
                1 unreadable
Job             acme-2026-11-27, BE, tacet 0.1.0
Files           input: 10 rows
                callable: 5 rows
                blocked: 3 rows
When            ${time} to ${time}, by the clock of the operator
Log             ${ORIGIN}, entry 1 of 2, counted from 0
Signed by       ${ledger.verifierKey.text}
Seen by others  by nobody: the time is the word of the operator

What this does not show:
- that every number that was called had been checked
- that the opt-ins that were handed in are true
- the time: nobody but the operator vouches for it
- the verdict of a single number: no rows were committed to
`);
  });

  it('say that a part is no whole job, and which other parts there are', async () => {
    const parts = [{ index: 3, origin: 'other.example/be2' }];
    for (const [leaf, said] of [
      [dedupeLeaf({ type: 'part' }), 'Entry           a part of a job: what was answered before'],
      [dedupeLeaf({ parts }), 'another part of it is entry 3 of other.example/be2'],
      [checksLeaf(), 'single checks within a minute, no job'],
    ] as const) {
      const proved = verifyProof(Buffer.from((await ledger.append(leaf)).receipt), trustIn(ledger));
      const told = tell(proved, WORDS.en);
      expect(told).toContain(said);
      expect(told.includes('the other parts of the job')).toBe(leaf.type !== 'checks');
    }
  });

  it('say which number a row was as the opening counts them, from 0', async () => {
    const { receipt: rows } = await ledger.append(checksLeaf());
    const told = tell(verifyProof(Buffer.from(openingOf(rows, 3)), trustIn(ledger)), WORDS.en);
    expect(told).toContain('+32475000003 was number 3 of those asked, counted from 0');
  });

  it('of a log that is unknown are on one line', async () => {
    const origin = 'a\u202eb';
    const named = receipt.replaceAll(ORIGIN, origin);
    const attempt = () => verifyProof(Buffer.from(named), trustIn(ledger));
    expect(attempt).toThrow('its origin is a?b');
  });

  it.each(['en', 'nl', 'fr', 'de'] as const)('are all filled in, in %s', async (language) => {
    const words = WORDS[language];
    const { receipt: rows } = await ledger.append(checksLeaf());
    const { key, text } = cosign(rows, 1_795_810_000);
    const trust = trustIn(ledger, `witness W ${key.text}`, 'quorum W');
    const override = { by: 'An', reason: 'no line', until: '2026-11-30T11:00:00Z' };
    const base = dedupeLeaf();
    const lists = 'lists' in base ? base.lists.map((list) => ({ ...list, override })) : [];
    const overridden = await ledger.append(dedupeLeaf({ lists }));
    const first = await ledger.receipt(0);
    for (const proof of [openingOf(text, 3), openingOf(text, 7), overridden.receipt, first]) {
      const asks = proof.startsWith('{') ? trust : trustIn(ledger);
      const told = tell(verifyProof(Buffer.from(proof), asks), words);
      expect(told).not.toMatch(/\{\}|undefined|NaN/);
      for (const hidden of [words.everyCall, words.optIns]) expect(told).toContain(hidden);
    }
    const opened = tell(verifyProof(Buffer.from(openingOf(text, 3)), trust), words);
    expect(opened).toContain('+32475000003');
    expect(opened).toContain('2024-10-04');
    expect(opened).toContain(words.timeBefore);
  });

  it('have the same places to fill in, in every language', () => {
    const places = (words: object): string =>
      JSON.stringify(words, (_, value) =>
        typeof value === 'string' ? value.split('{}').length - 1 : value,
      );
    for (const words of Object.values(WORDS)) expect(places(words)).toBe(places(WORDS.en));
  });
});
