import { brusselsDay } from '../calendar/brussels.ts';
import { SAMPLE_CONTACTS_OPTIONS, SAMPLE_LIST_OPTIONS } from '../options/commands.ts';
import { helpOf } from '../options/table.ts';
import { writeSampleContacts } from '../sample/contacts.ts';
import { writeSampleList } from '../sample/list.ts';
import { type Command, EXIT_DONE, noOperand, readArguments, usage } from './arguments.ts';

/** `tacet sample`: synthetic data that looks like Belgium; the real list is licensed. */
export const command: Command = {
  help: `Usage: tacet sample list --rows N --seed S [--out F] [--snapshot YYYY-MM-DD]
       tacet sample contacts --rows N --seed S --list LIST.txt [--out F] [--truth F.tsv]

Writes a synthetic list, or a synthetic contact file for such a list. The same options and seed
give the same bytes.

tacet sample list:
${helpOf(SAMPLE_LIST_OPTIONS)}

tacet sample contacts:
${helpOf(SAMPLE_CONTACTS_OPTIONS)}`,
  async run(args) {
    const [kind, ...rest] = args;
    if (kind === 'list') {
      const { values } = readArguments(rest, SAMPLE_LIST_OPTIONS, noOperand);
      const { snapshotDay = brusselsDay(Date.now()) - 1 } = values;
      await writeSampleList({ ...values, snapshotDay });
    } else if (kind === 'contacts') {
      await writeSampleContacts(readArguments(rest, SAMPLE_CONTACTS_OPTIONS, noOperand).values);
    } else throw usage('tacet sample takes "list" or "contacts"');
    return EXIT_DONE;
  },
};
