import { readDuration, readInteger, readSize } from '../options/values.ts';
import { SYNC_DEFAULTS, SYNC_RANGES, type SyncOptions, secretsOf } from '../sync/options.ts';
import type { SyncOutcome } from '../sync/outcome.ts';
import { syncOnce } from '../sync/sync.ts';
import { SYNC_FLAGS, splitHostKeys, syncVariable } from '../sync/variables.ts';
import {
  type Command,
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_USAGE,
  readArguments,
  usage,
} from './arguments.ts';
import { print, printError, validUntilText, withCommas } from './print.ts';

/** How the text of an option becomes its value. */
type Reader = (text: string, where: string) => number | string;

const asText: Reader = (text) => text;
const asDuration =
  (name: keyof typeof SYNC_RANGES): Reader =>
  (text, where) =>
    readDuration(text, where, SYNC_RANGES[name]);
const asCount =
  (name: keyof typeof SYNC_RANGES): Reader =>
  (text, where) =>
    readInteger(text, where, SYNC_RANGES[name]);

/** How the value of each option is read; host keys are read on their own, there may be several. */
const READERS: Readonly<Record<Exclude<keyof typeof SYNC_FLAGS, 'hostKeys'>, Reader>> = {
  store: asText,
  from: asText,
  knownHostsFile: asText,
  keyFile: asText,
  passphraseFile: asText,
  passwordFile: asText,
  snapshot: asText,
  name: asText,
  layoutFile: asText,
  badLinesMax: asCount('badLinesMax'),
  stableForMs: asDuration('stableForMs'),
  stableWaitMaxMs: asDuration('stableWaitMaxMs'),
  connectTimeoutMs: asDuration('connectTimeoutMs'),
  idleTimeoutMs: asDuration('idleTimeoutMs'),
  fetchTimeoutMs: asDuration('fetchTimeoutMs'),
  sourceBytesMax: (text, where) => readSize(text, where, SYNC_RANGES.sourceBytesMax),
  plainVersions: asCount('plainVersions'),
  keepDays: asCount('keepDays'),
  keepVersions: asCount('keepVersions'),
  keepQuarantined: asCount('keepQuarantined'),
  lockWaitMs: asDuration('lockWaitMs'),
};

/** `tacet sync`: fetches, guards and switches once. */
export const command: Command = {
  help: `Usage: tacet sync --store DIR --from ADDRESS [options]

Fetches the list, packs it, checks it against the version that serves, and lets it serve. What is
refused goes into quarantine and the old version goes on. ADDRESS is one of
  sftp://USER@HOST:PORT/PATH   the last part may be a pattern such as list-*.zip: the newest is taken;
                               /~/ at the beginning is the home of the user
  dir:///FOLDER/PATTERN        the newest file that matches, once it is complete
  file:///PATH                 a file
and the file is plain text, gzip, or a zip with one file in it.

  --store DIR               the store, made where there is none
  --from ADDRESS            where the list comes from
  --confirm-layout          first sync: detect the layout, say it, and hold later files to it
  --layout FILE             hold this file and later ones to a layout, as tacet inspect --json shows it
  --host-key SHA256:...     fingerprint of the sFTP host key; may be repeated
  --known-hosts FILE        known_hosts file with the host key
  --key-file FILE           private key for sFTP; or the key itself in TACET_SYNC_KEY
  --passphrase-file FILE    its passphrase
  --password-file FILE      password for sFTP, instead of a key; or TACET_SYNC_PASSWORD
  --name NAME               name of the list (default dncm)
  --snapshot newest|fetched-day|YYYY-MM-DD
                            the day the file is from: its newest registration (default), the day before
                            it was fetched, or this one
  --bad-lines-max N         malformed lines that may pass (default 0)
  --stable-for TIME         how long the newest file of a folder must stay the same (default 30s)
  --stable-wait-max TIME    how long to wait for that (default 10m)
  --connect-timeout TIME    until sFTP has let us in (default 30s)
  --idle-timeout TIME       without a byte (default 1m)
  --fetch-timeout TIME      for the whole transfer (default 30m)
  --source-bytes-max SIZE   of the file and of the text in it (default 8GiB)
  --plain-versions N        so many versions stay uncompressed (default 7)
  --keep-days N             versions with an older snapshot are removed (default 400)
  --keep-versions N         versions that are kept at most (default 400)
  --keep-quarantined N      refused files that are kept at most (default 30)
  --lock-wait TIME          for another command that writes to the store (default 10s)
  --json                    print the outcome as JSON

Each but --confirm-layout and --json is also a variable: --stable-for is TACET_SYNC_STABLE_FOR;
flags win, several host keys are separated by commas. The bounds of the guard are in guard.json,
known numbers in canaries.txt, both in the store.
Exit code 0: the new version serves, or the file is the old one; 1: refused or failed.`,
  async run(args) {
    const { options, json } = readSyncOptions(args, process.env);
    const abort = new AbortController();
    const cancel = (): void => abort.abort();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, cancel);
    const outcome = await syncOnce(options, { signal: abort.signal });
    if (json) await print(`${JSON.stringify(outcome, null, 2)}\n`);
    else await report(outcome);
    if (outcome.result === 'switched' || outcome.result === 'unchanged') return EXIT_DONE;
    return outcome.error?.code === 'ERR_OPTION' ? EXIT_USAGE : EXIT_FAILED;
  },
};

/**
 * The options of `tacet sync`, and whether the outcome is wanted as JSON; flags win over variables.
 * Errors: ERR_USAGE, ERR_OPTION for a value that cannot be read.
 */
export function readSyncOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): { options: SyncOptions; json: boolean } {
  const flags = Object.values(SYNC_FLAGS).map((flag) => [flag, { type: 'string' as const }]);
  const { values, positionals } = readArguments(args, {
    ...(Object.fromEntries(flags) as Record<string, { type: 'string' }>),
    [SYNC_FLAGS.hostKeys]: { type: 'string', multiple: true },
    'confirm-layout': { type: 'boolean' },
    json: { type: 'boolean' },
  });
  if (positionals.length > 0) throw usage(`unexpected argument "${positionals[0]}"`);
  const given = new Map<string, unknown>(Object.entries(values));
  const read: Record<string, unknown> = {};
  for (const [name, reader] of Object.entries(READERS)) {
    // The readers are named after the options.
    const flag = SYNC_FLAGS[name as keyof typeof READERS];
    const variable = syncVariable(flag);
    const value = given.get(flag);
    const text = typeof value === 'string' ? value : environment[variable];
    if (text === undefined || text === '') continue;
    read[name] = reader(text, typeof value === 'string' ? `--${flag}` : variable);
  }
  for (const flag of ['store', 'from']) {
    if (read[flag] === undefined) throw usage(`--${flag} is missing`);
  }
  const hostKeys = given.get(SYNC_FLAGS.hostKeys);
  const fromEnvironment = splitHostKeys(environment[syncVariable(SYNC_FLAGS.hostKeys)] ?? '');
  const options = {
    ...SYNC_DEFAULTS,
    ...read,
    hostKeys: Array.isArray(hostKeys) ? hostKeys.map(String) : fromEnvironment,
    ...secretsOf(environment),
    confirmLayout: values['confirm-layout'] === true,
  };
  // The defaults have all but store and from, which are there; each reader gives its option's type.
  return { options: options as unknown as SyncOptions, json: values.json === true };
}

async function report(outcome: SyncOutcome): Promise<void> {
  const { result, message, refusals, quarantined, error, validUntilUnix } = outcome;
  const serving =
    outcome.version === null || validUntilUnix === null
      ? 'no version serves'
      : `${outcome.version} serves, ${withCommas(outcome.entries ?? 0)} entries, valid until ` +
        validUntilText(validUntilUnix);
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
