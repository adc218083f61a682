import { brusselsTime } from '../../calendar/brussels.ts';
import { OVERRIDE_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { makeOverride } from '../../store/override.ts';
import { withWriter } from '../../store/writer.ts';
import { type Command, EXIT_DONE, usage } from '../arguments.ts';
import { printFacts } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

/** `tacet list override`: permits answering from a stale list. */
export const command: Command = {
  help: `Usage: tacet list override STORE --by NAME --reason TEXT --for HOURSh
       tacet list override STORE --clear

Leave to answer from a list beyond its valid_until, for at most 24 hours. Who gives it answers for
it: the law says at most 5 days. It is logged, and every answer and every summary says so.

${helpOf(OVERRIDE_OPTIONS)}`,
  async run(args) {
    const { values, store } = await readStoreArguments(args, OVERRIDE_OPTIONS);
    const { clear, forMs, json, quiet, by = '', reason = '' } = values;
    if (clear) {
      await withWriter(store, 'override', (writer) => writer.setOverride(null));
      if (!quiet) await printFacts(json, { override: null }, 'no override is in force\n');
      return EXIT_DONE;
    }
    if (forMs === undefined) throw usage('--for is missing', 'Give hours, from 1h to 24h');
    const override = makeOverride({ by, reason, forMs, nowMs: Date.now() });
    await withWriter(store, 'override', (writer) => writer.setOverride(override));
    const until = brusselsTime(override.untilUnix * 1000);
    const text = `stale lists are answered from until ${until}\n`;
    if (!quiet) await printFacts(json, override, text);
    return EXIT_DONE;
  },
};
