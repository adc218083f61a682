import { PERSON_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { checkPerson } from '../../store/override.ts';
import { ListStore } from '../../store/store.ts';
import { acceptQuarantined } from '../../sync/accept.ts';
import { type Command, EXIT_DONE, readArguments } from '../arguments.ts';
import { print, validUntilText, withCommas } from '../print.ts';
import { storeAnd } from './store-arguments.ts';

/** `tacet list accept`: a person accepts a refused source. */
export const command: Command = {
  help: `Usage: tacet list accept STORE QUARANTINED --by NAME --reason TEXT

Lets a source through that the guard refused, and makes it serve. QUARANTINED is a folder under
STORE/quarantine, as the refusal named it; its reason.json says what is wrong. What only looks
unlikely (count, additions, removals, dates, an older snapshot, known numbers) can be let through.
A file that is cut short, cannot be read, fails verification or is stale cannot: fetch it again.
Name and reason are kept in the version's record and in the log of the store.

${helpOf(PERSON_OPTIONS)}`,
  async run(args) {
    const { values, operands } = readArguments(args, PERSON_OPTIONS, storeAnd('QUARANTINED'));
    const { path, rest } = operands;
    const store = await ListStore.open(path);
    checkPerson(values.by, values.reason);
    const version = await acceptQuarantined(store, rest[0] ?? '', values);
    await print(
      `${version.name} serves: ${withCommas(version.entries)} entries, valid until ` +
        `${validUntilText(version.validUntilUnix)}\n`,
    );
    return EXIT_DONE;
  },
};
