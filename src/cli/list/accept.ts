import { PERSON_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { checkPerson } from '../../store/override.ts';
import { acceptQuarantined } from '../../sync/accept.ts';
import { type Command, EXIT_DONE } from '../arguments.ts';
import { printFacts, servesLine } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

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
    const read = await readStoreArguments(args, PERSON_OPTIONS, 'QUARANTINED');
    const { values, store, operands } = read;
    checkPerson(values.by, values.reason);
    const version = await acceptQuarantined(store, operands[0] ?? '', values);
    if (!values.quiet) await printFacts(values.json, version, servesLine(version));
    return EXIT_DONE;
  },
};
