import { LEDGER_EXPORT_OPTIONS } from '../../options/proof.ts';
import { helpOf } from '../../options/table.ts';
import { exportTiles } from '../../proof/ledger/export.ts';
import { withLedger } from '../../proof/ledger/walk.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';
import { printFacts, withCommas } from '../print.ts';

/** `tacet ledger export`: the log as static files. */
export const command: Command = {
  help: `Usage: tacet ledger export --ledger DIR --out DIR [--json]

Writes the log as the static files of c2sp.org/tlog-tiles: checkpoint, tile/... Whoever watches the
log reads them; they hold the entries in full, so they name clients and advertisers. An entry that
was erased is empty there. Needs no key; may run beside a server.

${helpOf(LEDGER_EXPORT_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, LEDGER_EXPORT_OPTIONS, noOperand);
    const facts = await withLedger(values.ledger, async (ledger) => ({
      origin: ledger.head.origin,
      entries: ledger.head.size,
      files: await exportTiles(ledger, values.out),
    }));
    const counts = `${withCommas(facts.entries)} entries in ${withCommas(facts.files)} files`;
    await printFacts(values.json, facts, `${facts.origin}: ${counts}\n`);
    return EXIT_DONE;
  },
};
