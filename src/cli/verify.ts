import { formatIsoDay } from '../calendar/day.ts';
import { verifyListFile } from '../list/verify.ts';
import { VERIFY_OPTIONS } from '../options/commands.ts';
import { helpOf } from '../options/table.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments } from './arguments.ts';
import { printFacts, withCommas } from './print.ts';

/** `tacet verify`: checks every byte of a list file. */
export const command: Command = {
  help: `Usage: tacet verify LIST.tacet [--json]

Reads every byte of a list file against the format: sizes, order, checksums, padding, index.

${helpOf(VERIFY_OPTIONS)}`,
  async run(args) {
    const one = oneOperand('LIST.tacet');
    const { values, operands: path } = readArguments(args, VERIFY_OPTIONS, one);
    const header = await verifyListFile(path);
    const { name, entries, sha256, sourceSha256, snapshotDay } = header;
    const snapshotDate = formatIsoDay(snapshotDay);
    const facts = { path, whole: true, name, snapshotDate, entries, sha256, sourceSha256 };
    await printFacts(
      values.json,
      facts,
      `${path}: whole. ${name} of ${snapshotDate}, ` +
        `${withCommas(entries)} entries, sha256 ${sha256}\n`,
    );
    return EXIT_DONE;
  },
};
