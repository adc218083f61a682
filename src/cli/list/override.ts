import { makeOverride } from '../../store/override.ts';
import { withWriter } from '../../store/writer.ts';
import { type Command, EXIT_DONE, readArguments, usage } from '../arguments.ts';
import { print } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

const HOUR_MS = 3_600_000;

/** `tacet list override`: leave to answer from a stale list. */
export const command: Command = {
  help: `Usage: tacet list override STORE --by NAME --reason TEXT --for HOURSh
       tacet list override STORE --clear

Leave to answer from a list beyond its valid_until, for at most 24 hours. Who gives it answers for
it: the law says at most 5 days. It is logged, and every answer and every summary says so.`,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      by: { type: 'string' },
      reason: { type: 'string' },
      for: { type: 'string' },
      clear: { type: 'boolean' },
    });
    const { store } = await readStoreArguments(positionals, []);
    if (values.clear === true) {
      await withWriter(store, 'override', (writer) => writer.setOverride(null));
      await print('no override is in force\n');
      return EXIT_DONE;
    }
    const hours = /^(\d{1,2})h$/.exec(values.for ?? '')?.[1];
    if (hours === undefined) throw usage('--for: expected hours, from 1h to 24h');
    const override = makeOverride({
      by: values.by ?? '',
      reason: values.reason ?? '',
      forMs: Number(hours) * HOUR_MS,
      nowMs: Date.now(),
    });
    await withWriter(store, 'override', (writer) => writer.setOverride(override));
    await print(
      `stale lists are answered from until ${new Date(override.untilUnix * 1000).toISOString()}\n`,
    );
    return EXIT_DONE;
  },
};
