import { formatIsoDay } from '../calendar/day.ts';
import { verifyListFile } from '../list/verify.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments } from './arguments.ts';
import { print, withCommas } from './print.ts';

/** `tacet verify`: checks every byte of a list file. */
export const command: Command = {
  help: `Usage: tacet verify LIST.tacet

Reads every byte of a list file against the format: sizes, order, checksums, padding, index.`,
  async run(args) {
    const { operands: path } = readArguments(args, {}, oneOperand('LIST.tacet'));
    const header = await verifyListFile(path);
    await print(
      `${path}: whole. ${header.name} of ${formatIsoDay(header.snapshotDay)}, ` +
        `${withCommas(header.entries)} entries, sha256 ${header.sha256}\n`,
    );
    return EXIT_DONE;
  },
};
