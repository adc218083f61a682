import { brusselsTime } from '../../calendar/brussels.ts';
import { TacetError } from '../../errors.ts';
import { PERSON_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { checkPerson } from '../../store/override.ts';
import { verifyVersion } from '../../store/verify.ts';
import { withWriter } from '../../store/writer.ts';
import { type Command, EXIT_DONE } from '../arguments.ts';
import { printFacts, servesLine } from '../print.ts';
import { findVersion, readStoreArguments } from './store-arguments.ts';

/** `tacet list rollback`: lets another version serve. */
export const command: Command = {
  help: `Usage: tacet list rollback STORE VERSION --by NAME --reason TEXT

Lets another version serve, once every byte of it is verified; servers follow within seconds.
Refused if that version may no longer be consulted. The next sync that finds another file switches
forward again: make sure that file does not have the same fault. VERSION as in tacet list diff.

${helpOf(PERSON_OPTIONS)}`,
  async run(args) {
    const { values, store, operands } = await readStoreArguments(args, PERSON_OPTIONS, 'VERSION');
    const { by, reason } = values;
    checkPerson(by, reason);
    const version = await findVersion(store, operands[0] ?? '');
    if (Date.now() / 1000 >= version.validUntilUnix) {
      throw new TacetError('ERR_LIST_STALE', {
        what: `the version was valid until ${brusselsTime(version.validUntilUnix * 1000)}`,
        where: version.name,
        fix: 'Choose one that is still valid; `tacet list history` shows until when each is',
      });
    }
    const { name } = version;
    await withWriter(store, 'rollback', async (writer) => {
      await writer.restore(name);
      await verifyVersion(store, name);
      // Log first, so that a person's decision is always on record.
      await writer.log({ event: 'rollback', version: name, by, reason });
      await writer.switchTo(name, { rollback: true, by, reason });
    });
    if (!values.quiet) await printFacts(values.json, version, servesLine(version));
    return EXIT_DONE;
  },
};
