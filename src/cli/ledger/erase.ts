import { DAY_MS } from '../../calendar/day.ts';
import { LEDGER_ERASE_OPTIONS } from '../../options/proof.ts';
import { helpOf } from '../../options/table.ts';
import type { Leaf } from '../../proof/format/leaf.ts';
import { walk, withLedger } from '../../proof/ledger/walk.ts';
import { checkPerson } from '../../store/override.ts';
import { type Command, EXIT_DONE, noOperand, readArguments, usage } from '../arguments.ts';
import { printFacts, withCommas } from '../print.ts';
import { withOpenLedger } from './open-ledger.ts';

/** `tacet ledger erase`: drops what jobs said. */
export const command: Command = {
  help: `Usage: tacet ledger erase --ledger DIR --job ID... --by NAME --reason TEXT
       tacet ledger erase --ledger DIR --retain TIME --by NAME --reason TEXT

Drops the entries of a job, or of all jobs and checks that ended longer ago, and keeps their hashes:
every other receipt stays valid, and so do receipts of what was dropped, with those who have them.
Which, on whose word and why is an entry of its own. Cannot be undone. The server must be stopped.

${helpOf(LEDGER_ERASE_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, LEDGER_ERASE_OPTIONS, noOperand);
    const { ledger: directory, jobs, retainDays, by, reason, dryRun, quiet } = values;
    if ((jobs === undefined) === (retainDays === undefined)) {
      throw usage('either --job or --retain says what is erased');
    }
    checkPerson(by, reason);
    const isMeant = (leaf: Leaf): boolean => {
      if (!('finished' in leaf)) return false;
      if (retainDays !== undefined) return leaf.finished < Date.now() - retainDays * DAY_MS;
      return 'job_id' in leaf && jobs?.includes(leaf.job_id ?? '') === true;
    };
    const entries: number[] = [];
    await withLedger(directory, async (read) => {
      for await (const { index, leaf } of walk(read)) {
        if (leaf !== undefined && isMeant(leaf)) entries.push(index);
      }
    });
    if (!dryRun && entries.length > 0) {
      await withOpenLedger('erase', values, (ledger) => ledger.erase({ entries, by, reason }));
    }
    const text = `${dryRun ? 'would erase' : 'erased'} ${withCommas(entries.length)} entries\n`;
    if (!quiet) await printFacts(values.json, { entries, dryRun }, text);
    return EXIT_DONE;
  },
};
