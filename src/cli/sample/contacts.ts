import { SAMPLE_CONTACTS_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { writeSampleContacts } from '../../sample/contacts.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';

/** `tacet sample contacts`: a synthetic contact file. */
export const command: Command = {
  help: `Usage: tacet sample contacts --rows N --seed S --list LIST.txt [--out F] [--truth F.tsv]

Writes a synthetic contact file for a synthetic list.

${helpOf(SAMPLE_CONTACTS_OPTIONS)}`,
  async run(args) {
    await writeSampleContacts(readArguments(args, SAMPLE_CONTACTS_OPTIONS, noOperand).values);
    return EXIT_DONE;
  },
};
