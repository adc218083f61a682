// Appends entries to the ledger in its argument until it is killed, and prints what is answered.
import { randomBytes } from 'node:crypto';
import { Ledger } from '#tacet/proof/ledger/ledger.js';

const options = { doing: 'append', lockWaitMs: 10_000, groupMs: 1 };
const ledger = await Ledger.open(process.argv[2], options);
const append = async () => {
  const leaf = {
    v: 1,
    type: 'override',
    id: randomBytes(16).toString('hex'),
    list: 'dncm',
    by: 'test',
    reason: 'x'.repeat(1 + (randomBytes(1)[0] ?? 0) / 2),
    until: null,
    at: Date.now(),
  };
  const { index, receipt } = await ledger.append(leaf);
  const checkpoint = receipt.slice(receipt.indexOf('\n\n') + 2);
  process.stdout.write(`${JSON.stringify({ index, id: leaf.id, checkpoint })}\n`);
};
for (;;) await Promise.all([append(), append(), append()]);
