import { versionsBeyond } from '../../store/retention.ts';
import { withWriter } from '../../store/writer.ts';
import { type Command, EXIT_DONE, readArguments, readCount } from '../arguments.ts';
import { print } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

const KEEP_MAX = { min: 1, max: 100_000 };

/** `tacet list prune`: removes old versions. */
export const command: Command = {
  help: `Usage: tacet list prune STORE [--keep-days 400] [--keep-versions 400] [--dry-run]

Removes versions whose snapshot is older, and of the others all but the newest; never the one that
serves or the one before it. --dry-run only says which.`,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      'keep-days': { type: 'string' },
      'keep-versions': { type: 'string' },
      'dry-run': { type: 'boolean' },
    });
    const { store } = await readStoreArguments(positionals, []);
    const retention = {
      ageDaysMax: readCount(values['keep-days'] ?? '400', 'keep-days', KEEP_MAX),
      countMax: readCount(values['keep-versions'] ?? '400', 'keep-versions', KEEP_MAX),
      nowMs: Date.now(),
    };
    const dryRun = values['dry-run'] === true;
    const removed = dryRun
      ? await versionsBeyond(store, retention)
      : await withWriter(store, 'prune', (writer) => writer.prune(retention));
    const lines = removed.map((name) => `${dryRun ? 'would remove' : 'removed'} ${name}\n`);
    await print(lines.length === 0 ? 'nothing to remove\n' : lines.join(''));
    return EXIT_DONE;
  },
};
