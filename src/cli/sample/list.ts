import { brusselsDay } from '../../calendar/brussels.ts';
import { SAMPLE_LIST_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { writeSampleList } from '../../sample/list.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';

/** `tacet sample list`: a synthetic list. */
export const command: Command = {
  help: `Usage: tacet sample list --rows N --seed S [--out F] [--snapshot YYYY-MM-DD]

Writes a synthetic list that looks like Belgium.

${helpOf(SAMPLE_LIST_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, SAMPLE_LIST_OPTIONS, noOperand);
    const { snapshotDay = brusselsDay(Date.now()) - 1 } = values;
    await writeSampleList({ ...values, snapshotDay });
    return EXIT_DONE;
  },
};
