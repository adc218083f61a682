import { LEDGER_ROTATE_OPTIONS } from '../../options/proof.ts';
import { helpOf } from '../../options/table.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';
import { printError, printFacts } from '../print.ts';
import { withOpenLedger } from './open-ledger.ts';

/** `tacet ledger rotate`: lets a new key sign. */
export const command: Command = {
  help: `Usage: tacet ledger rotate --ledger DIR [--json]

Makes a new key and lets it sign; an entry says so. The old key signs beside it until
DIR/old-key.pem is removed and the server started again: until then receipts verify with either.
Prints the new verifier key on a line of its own. The server must be stopped.

${helpOf(LEDGER_ROTATE_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, LEDGER_ROTATE_OPTIONS, noOperand);
    const key = await withOpenLedger('rotate', values, (ledger) => ledger.rotateKey());
    if (!values.json) printError('Add it to policies, as another line: log KEY');
    await printFacts(values.json, { verifierKey: key.text }, `${key.text}\n`);
    return EXIT_DONE;
  },
};
