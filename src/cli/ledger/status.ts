import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { brusselsTime } from '../../calendar/brussels.ts';
import { LEDGER_READ_OPTIONS } from '../../options/proof.ts';
import { helpOf } from '../../options/table.ts';
import { firstKey, keptSizes } from '../../proof/ledger/files.ts';
import { withLedger } from '../../proof/ledger/walk.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';
import { printFacts, withCommas } from '../print.ts';

/** `tacet ledger status`: what was signed last. */
export const command: Command = {
  help: `Usage: tacet ledger status --ledger DIR [--json]

Says what was signed last, and when; reads the head only. Needs no key.

${helpOf(LEDGER_READ_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, LEDGER_READ_OPTIONS, noOperand);
    const facts = await withLedger(values.ledger, async ({ files, head }) => ({
      origin: head.origin,
      entries: head.size,
      root: head.root.toString('hex'),
      signedUnixMs: Math.floor((await stat(join(values.ledger, 'checkpoint'))).mtimeMs),
      firstKey: (await firstKey(files)).text,
      signedBy: head.note.signatures.map(({ name, id }) => `${name}+${id}`),
      bytes: (await files.entries.stat()).size,
      keptHeads: await keptSizes(values.ledger),
    }));
    const { keptHeads, signedBy } = facts;
    const text = `log        ${facts.origin}
entries    ${withCommas(facts.entries)}, ${withCommas(facts.bytes)} bytes
root       ${facts.root}
signed     ${brusselsTime(facts.signedUnixMs)}, by ${signedBy.join(' and ')}
began with ${facts.firstKey}
kept heads ${keptHeads.length === 0 ? 'none' : `${keptHeads.length}, to ${keptHeads.at(-1)}`}
`;
    await printFacts(values.json, facts, text);
    return EXIT_DONE;
  },
};
