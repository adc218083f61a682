import { readSmallFile } from '../../disk/small-file.ts';
import { LEDGER_INIT_OPTIONS } from '../../options/proof.ts';
import { helpOf } from '../../options/table.ts';
import { parseHead } from '../../proof/ledger/files.ts';
import { Ledger } from '../../proof/ledger/ledger.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';
import { packageVersion } from '../package.ts';
import { printError, printFacts } from '../print.ts';
import { commandOptions } from './open-ledger.ts';

const HEAD_BYTES_MAX = 65_536;

/** `tacet ledger init`: makes a ledger. */
export const command: Command = {
  help: `Usage: tacet ledger init --ledger DIR --origin NAME [--key FILE] [--previous CHECKPOINT]

Makes a ledger, its key where there is none (only its owner can read it), and its first entry.
Prints the verifier key on a line of its own: put it into contracts and on your site, where those
who check a receipt look for it. Name each server's log differently. Under systemd the key can be a
credential: --key \${CREDENTIALS_DIRECTORY}/NAME.

${helpOf(LEDGER_INIT_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, LEDGER_INIT_OPTIONS, noOperand);
    const previous = values.previous === undefined ? null : await headIn(values.previous);
    const { origin } = values;
    const engine = { name: 'tacet', version: packageVersion() };
    const options = commandOptions('init', { key: values.key, lockWaitMs: 0 });
    const ledger = await Ledger.init(values.ledger, options, { origin, previous, engine });
    const { text } = ledger.verifierKey;
    await ledger.close();
    if (!values.json) printError('A policy with this line accepts its receipts: log KEY');
    await printFacts(values.json, { origin, verifierKey: text }, `${text}\n`);
    return EXIT_DONE;
  },
};

async function headIn(path: string): Promise<string> {
  const bytes = await readSmallFile(path, HEAD_BYTES_MAX);
  return parseHead(bytes.toString(), path).text;
}
