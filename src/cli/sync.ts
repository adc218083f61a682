import { brusselsTime } from '../calendar/brussels.ts';
import { groupsHelp, SYNC_GROUPS } from '../options/help/groups.ts';
import type { Option } from '../options/option.ts';
import { SYNC_OPTIONS, SYNC_SWITCHES, syncVariableOf } from '../options/sync.ts';
import { UNITS_HELP } from '../options/table.ts';
import { inEnvironment } from '../options/variables.ts';
import { type SyncOptions, secretsOf } from '../sync/options.ts';
import type { SyncOutcome } from '../sync/outcome.ts';
import { syncOnce } from '../sync/sync.ts';
import { protoJson } from '../wire/json.ts';
import {
  type Command,
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_USAGE,
  noOperand,
  readArguments,
} from './arguments.ts';
import { interrupted } from './interrupts.ts';
import { print, printError, withCommas } from './print.ts';

/** `tacet sync`: fetches, guards and switches once. */
export const command: Command = {
  help: `Usage: tacet sync --store DIR --from ADDRESS [options]

Fetches the list, packs it, checks it against the version that serves, and lets it serve. What is
refused goes into quarantine and the old version goes on. ADDRESS is one of
  sftp://USER@HOST:PORT/PATH   the last part may be a pattern such as list-*.zip, which takes
                               the newest; a leading /~/ is the home of the user
  dir:///FOLDER/PATTERN        the newest file that matches, once it is complete
  file:///PATH                 a file
and the file is plain text, gzip, or a zip with one file in it.

${groupsHelp(SYNC_GROUPS)}

${UNITS_HELP}
Flags win over variables. The bounds of the guard are in guard.json, known numbers in canaries.txt,
both in the store.
Exit code 0: the new version serves, or the file is the old one; 1: refused or failed.`,
  async run(args) {
    const { options, json, quiet } = readSyncOptions(args, process.env);
    const onWait = (what: string): void => printError(`tacet sync: ${what}`);
    const outcome = await syncOnce(options, {
      signal: interrupted(),
      onWait: json || quiet ? undefined : onWait,
    });
    const isDone = outcome.result === 'switched' || outcome.result === 'unchanged';
    if (json) await print(protoJson(outcome, 2));
    else if (!(quiet && isDone)) await report(outcome);
    if (isDone) return EXIT_DONE;
    return outcome.error?.code === 'ERR_OPTION' ? EXIT_USAGE : EXIT_FAILED;
  },
};

/**
 * The options of `tacet sync`, and whether to print the outcome as JSON. Flags override variables.
 * Errors: ERR_USAGE.
 */
export function readSyncOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): { options: SyncOptions; json: boolean; quiet: boolean } {
  const variable = (option: Option<unknown>) =>
    inEnvironment(syncVariableOf(option), option, environment);
  const table = { ...SYNC_OPTIONS, ...SYNC_SWITCHES };
  const { json, quiet, ...values } = readArguments(args, table, noOperand, variable).values;
  return { options: { ...values, ...secretsOf(environment) }, json, quiet };
}

async function report(outcome: SyncOutcome): Promise<void> {
  const { result, message, refusals, quarantined, error, validUntilUnix } = outcome;
  const serving =
    outcome.version === null || validUntilUnix === null
      ? 'no version serves'
      : `${outcome.version} serves, ${withCommas(outcome.entries ?? 0)} entries, valid until ` +
        brusselsTime(validUntilUnix * 1000);
  if (result === 'switched' || result === 'unchanged') {
    await print(`${result}: ${message}\n${serving}\n`);
    return;
  }
  if (result === 'refused') {
    printError(`tacet sync: ${outcome.source?.fileName} was refused (ERR_GUARD)`);
    for (const { rule, text, acceptable } of refusals) {
      printError(`  ${rule}: ${text}${acceptable ? '' : ' (cannot be let through)'}`);
    }
    printError(`It is in quarantine as ${quarantined}. ${serving}.`);
    if (refusals.every(({ acceptable }) => acceptable)) {
      printError(
        `If it is right after all: tacet list accept STORE ${quarantined} --by NAME --reason TEXT`,
      );
    }
    return;
  }
  printError(`tacet sync: ${message} (${error?.code}). ${serving}.`);
}
