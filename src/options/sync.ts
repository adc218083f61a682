import { parseIsoDay } from '../calendar/day.ts';
import { BAD_LINES_MAX, SOURCE_BYTES } from './limits.ts';
import {
  count,
  duration,
  flag,
  type Option,
  optional,
  QUIET,
  size,
  text,
  type ValuesOf,
} from './option.ts';
import type { VariableOf } from './table.ts';
import { typed, variableName, variableOf } from './variables.ts';

const DAY_MS = 86_400_000;
const HOUR = { min: 1, max: 3_600_000 };

const hostKeys = text('host-key', 'SHA256:...', 'fingerprint of the sFTP host key', {
  initial: '',
  expected: 'fingerprints, commas between',
});

/**
 * The options of a sync, for `tacet sync` and, in part, for a server that fetches its own list.
 * Secrets are not options: anyone on the machine can read a command line.
 */
export const SYNC_OPTIONS = {
  store: text('store', 'DIR', 'the store, made where there is none'),
  from: text('from', 'URL', 'where the list comes from'),
  layoutFile: optional(
    text('layout', 'FILE', 'layout to hold this file and later ones to, as tacet inspect shows it'),
  ),
  hostKeys: {
    ...hostKeys,
    separator: ',',
    parse: (texts: readonly string[]) => ({
      value: texts
        .flatMap((part) => part.split(','))
        .map((key) => key.trim())
        .filter((key) => key !== ''),
    }),
  },
  knownHostsFile: optional(text('known-hosts', 'FILE', 'known_hosts file with the host key')),
  keyFile: optional(
    text('key-file', 'FILE', 'private key for sFTP; or the key itself in TACET_SYNC_KEY'),
  ),
  passphraseFile: optional(text('passphrase-file', 'FILE', 'passphrase of that key')),
  passwordFile: optional(
    text(
      'password-file',
      'FILE',
      'password for sFTP; or TACET_SYNC_PASSWORD; beside a key for both',
    ),
  ),
  legacyAlgorithms: flag(
    'legacy-algorithms',
    'sFTP with ssh-rsa and SHA-1 too, for a server that has nothing newer',
  ),
  name: text('name', 'NAME', 'name of the list', { initial: 'dncm' }),
  snapshot: text(
    'snapshot',
    'newest|fetched-day|YYYY-MM-DD',
    'the day the file is from: its newest registration, the day before it was fetched, or this one',
    {
      initial: 'newest',
      expected: 'newest, fetched-day or YYYY-MM-DD',
      accepts: (day) => /^(newest|fetched-day)$/.test(day) || !Number.isNaN(parseIsoDay(day)),
    },
  ),
  badLinesMax: count('bad-lines-max', 'malformed lines that are left out', {
    initial: '0',
    range: { min: 0, max: BAD_LINES_MAX },
  }),
  stableForMs: duration(
    'stable-for',
    'how long the newest file of a folder must stay the same before it is taken',
    { initial: '30s', range: { min: 0, max: 3_600_000 } },
  ),
  stableWaitMaxMs: duration('stable-wait-max', 'how long to wait for that', {
    initial: '10m',
    range: { min: 0, max: DAY_MS },
  }),
  connectTimeoutMs: duration('connect-timeout', 'how long sFTP may take to let us in', {
    initial: '30s',
    range: HOUR,
  }),
  idleTimeoutMs: duration('idle-timeout', 'how long a transfer may go without a byte', {
    initial: '1m',
    range: HOUR,
  }),
  fetchTimeoutMs: duration('fetch-timeout', 'how long a whole transfer may take', {
    initial: '30m',
    range: { min: 1, max: DAY_MS },
  }),
  sourceBytesMax: size(
    'source-bytes-max',
    'bytes of the file, and of the text in it',
    SOURCE_BYTES,
  ),
  plainVersions: count('plain-versions', 'newest versions that stay uncompressed', {
    initial: '7',
    range: { min: 1, max: 10_000 },
  }),
  keepDays: count('keep-days', 'versions with an older snapshot are removed', {
    initial: '400',
    range: { min: 1, max: 36_500 },
  }),
  keepVersions: count('keep-versions', 'versions that are kept at most', {
    initial: '400',
    range: { min: 2, max: 100_000 },
  }),
  keepQuarantined: count('keep-quarantined', 'refused files that are kept at most', {
    initial: '30',
    range: { min: 1, max: 10_000 },
  }),
  lockWaitMs: duration(
    'lock-wait',
    'how long to wait for another command that writes to the store',
    {
      initial: '10s',
      range: { min: 0, max: 3_600_000 },
    },
  ),
};

/** The options of `tacet sync` that apply to a single run. */
export const SYNC_SWITCHES = {
  confirmLayout: typed(
    'run',
    flag('confirm-layout', 'first sync: detect the layout, say it, and pin it'),
  ),
  json: flag('json', 'print the outcome as JSON'),
  ...QUIET,
};

export type SyncValues = ValuesOf<typeof SYNC_OPTIONS>;

/** `stable-for` is TACET_SYNC_STABLE_FOR. */
export function syncVariable(name: string): string {
  return variableName(`sync-${name}`);
}

const OWN: ReadonlySet<Option<unknown>> = new Set(Object.values(SYNC_OPTIONS));

/** The variable of an option of `tacet sync`: its own, or one that all commands share. */
export const syncVariableOf: VariableOf = (option) =>
  OWN.has(option) ? syncVariable(option.flag) : variableOf(option);

/** Every variable that `tacet sync` alone reads, including those for secrets. */
export const SYNC_VARIABLES: ReadonlySet<string> = new Set(
  [...Object.values(SYNC_OPTIONS).map((each) => each.flag), 'key', 'password'].map(syncVariable),
);

/** An option of `tacet sync` as one of `tacet serve`. */
function served<Value>(option: Option<Value>): Option<Value> {
  return { ...option, flag: `sync-${option.flag}` };
}

/**
 * The options of `tacet serve` for fetching its own list: the schedule, and those of `tacet sync`.
 */
export const SERVED_SYNC_OPTIONS = {
  from: optional({
    ...served(SYNC_OPTIONS.from),
    help: 'fetch the list from here into the store of --list, as tacet sync --from does',
  }),
  schedule: text(
    'sync-schedule',
    'CRON',
    'when to fetch, in Brussels time: minute hour day month weekday',
    { initial: '30 1 * * *' },
  ),
  jitterMs: duration(
    'sync-jitter',
    'how much later a fetch may begin, drawn at random, so that not all come at once',
    { initial: '30m', range: { min: 0, max: DAY_MS } },
  ),
  hostKeys: served(SYNC_OPTIONS.hostKeys),
  knownHostsFile: served(SYNC_OPTIONS.knownHostsFile),
  keyFile: served(SYNC_OPTIONS.keyFile),
  passphraseFile: served(SYNC_OPTIONS.passphraseFile),
  passwordFile: served(SYNC_OPTIONS.passwordFile),
  legacyAlgorithms: served(SYNC_OPTIONS.legacyAlgorithms),
  snapshot: served(SYNC_OPTIONS.snapshot),
  name: served(SYNC_OPTIONS.name),
  layoutFile: served(SYNC_OPTIONS.layoutFile),
  badLinesMax: served(SYNC_OPTIONS.badLinesMax),
  keepDays: served(SYNC_OPTIONS.keepDays),
  keepVersions: served(SYNC_OPTIONS.keepVersions),
};
