import { PRUNE_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { versionsBeyond } from '../../store/retention.ts';
import { withWriter } from '../../store/writer.ts';
import { type Command, EXIT_DONE } from '../arguments.ts';
import { printFacts } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

/** `tacet list prune`: removes old versions. */
export const command: Command = {
  help: `Usage: tacet list prune STORE [options]

Removes versions whose snapshot is older, and of the others all but the newest; never the one that
serves or the one before it.

${helpOf(PRUNE_OPTIONS)}`,
  async run(args) {
    const { values, store } = await readStoreArguments(args, PRUNE_OPTIONS);
    const { keepDays: ageDaysMax, keepVersions: countMax, dryRun, json, quiet } = values;
    const retention = { ageDaysMax, countMax, nowMs: Date.now() };
    const removed = dryRun
      ? await versionsBeyond(store, retention)
      : await withWriter(store, 'prune', (writer) => writer.prune(retention));
    const lines = removed.map((name) => `${dryRun ? 'would remove' : 'removed'} ${name}\n`);
    const text = lines.length === 0 ? 'nothing to remove\n' : lines.join('');
    if (!quiet) await printFacts(json, { removed, dryRun }, text);
    return EXIT_DONE;
  },
};
