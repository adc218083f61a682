import { LEDGER_READ_OPTIONS } from '../../options/proof.ts';
import { helpOf } from '../../options/table.ts';
import { verifyLedger, withLedger } from '../../proof/ledger/walk.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';
import { printFacts, withCommas } from '../print.ts';

/** `tacet ledger verify`: reads all of a ledger. */
export const command: Command = {
  help: `Usage: tacet ledger verify --ledger DIR [--json]

Reads every entry, every hash and every head: each entry is written in its one form, the tree over
them is the one that was signed and that the index has, erased entries are named by an entry, and
every head that was kept is one of this log. Needs no key; may run beside a server.

${helpOf(LEDGER_READ_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, LEDGER_READ_OPTIONS, noOperand);
    const facts = await withLedger(values.ledger, verifyLedger);
    const types = Object.entries(facts.types).map(
      ([type, count]) => `${withCommas(count)} ${type}`,
    );
    const counts = `${types.join(', ')}; ${withCommas(facts.erased)} erased`;
    const entries = `${withCommas(facts.size)} entries (${counts})`;
    const text = `${facts.origin}: whole. ${entries}, ${facts.kept.length} kept heads
${facts.keys
  .map(
    (key) => `${key}
`,
  )
  .join('')}`;
    await printFacts(values.json, facts, text);
    return EXIT_DONE;
  },
};
