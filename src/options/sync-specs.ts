import { parseSourceAddress } from '../sync/fetch/source-address.ts';
import { SYNC_DEFAULTS, SYNC_RANGES } from '../sync/options.ts';
import { countOption, durationOption, option } from './kinds.ts';

/** Texts that may be left out. */
const optional = (flag: string, value: string, help: string) =>
  option(flag, value, '', help, (text) => (text === '' ? undefined : text));

/** The options of `tacet serve` for fetching its list itself, named after those of `tacet sync`. */
export const SYNC_OPTION_SPECS = {
  syncFrom: option(
    'sync-from',
    'URL',
    '',
    'fetch the list from here into the store of --list, as `tacet sync --from` does; empty = never',
    (text) => {
      if (text === '') return undefined;
      parseSourceAddress(text);
      return text;
    },
  ),
  syncSchedule: option(
    'sync-schedule',
    'CRON',
    '30 1 * * *',
    'when to fetch, in Brussels time: minute hour day month weekday',
    (text) => text,
  ),
  syncJitterMs: durationOption(
    'sync-jitter',
    '30m',
    'how much later a fetch may begin, drawn at random, so that not all come at once',
    { min: 0, max: 86_400_000 },
  ),
  syncHostKey: optional(
    'sync-host-key',
    'SHA256:...',
    'fingerprints of sFTP host keys, commas between',
  ),
  syncKnownHosts: optional('sync-known-hosts', 'FILE', 'known_hosts file with the sFTP host key'),
  syncKeyFile: optional(
    'sync-key-file',
    'FILE',
    'private key for sFTP; or the key itself in the variable TACET_SYNC_KEY',
  ),
  syncPassphraseFile: optional('sync-passphrase-file', 'FILE', 'passphrase of that key'),
  syncPasswordFile: optional(
    'sync-password-file',
    'FILE',
    'password for sFTP; or the variable TACET_SYNC_PASSWORD',
  ),
  syncSnapshot: option(
    'sync-snapshot',
    'newest|fetched-day',
    SYNC_DEFAULTS.snapshot,
    'the snapshot date: the newest registration, or the day before the fetch',
    (text) => text,
  ),
  syncName: option('sync-name', 'NAME', SYNC_DEFAULTS.name, 'name of the list', (text) => text),
  syncLayout: optional(
    'sync-layout',
    'FILE',
    'layout of the source to pin; else the one that `tacet sync` has pinned',
  ),
  syncBadLinesMax: countOption(
    'sync-bad-lines-max',
    String(SYNC_DEFAULTS.badLinesMax),
    'malformed lines of the source that are left out',
    SYNC_RANGES.badLinesMax,
  ),
  syncKeepDays: countOption(
    'sync-keep-days',
    String(SYNC_DEFAULTS.keepDays),
    'versions with an older snapshot are removed',
    SYNC_RANGES.keepDays,
  ),
  syncKeepVersions: countOption(
    'sync-keep-versions',
    String(SYNC_DEFAULTS.keepVersions),
    'versions that are kept at most',
    SYNC_RANGES.keepVersions,
  ),
};
