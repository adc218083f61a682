/** What a sync is asked for. Plain data, so that it can be handed to another process. */
import { parseIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';
import { isListName } from '../list/format.ts';
import { BAD_LINES_MAX } from '../source/source.ts';
import { checkFingerprint } from './fetch/host-key.ts';
import { parseSourceAddress } from './fetch/source-address.ts';

/** All but `store` and `from` have defaults, see {@link SYNC_DEFAULTS}. */
export interface SyncOptions {
  /** The folder of the store; made where there is none. */
  readonly store: string;
  /** See {@link parseSourceAddress}. */
  readonly from: string;
  /** Fingerprints of host keys that are accepted. */
  readonly hostKeys: readonly string[];
  readonly knownHostsFile: string | null;
  readonly keyFile: string | null;
  readonly passphraseFile: string | null;
  readonly passwordFile: string | null;
  /** Both from the environment, never from a command line; a file that is named counts more. */
  readonly key: string | null;
  readonly password: string | null;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly fetchTimeoutMs: number;
  /** The most bytes of the file, and of the text it holds. */
  readonly sourceBytesMax: number;
  /** How long the newest file of a folder must stay the same. */
  readonly stableForMs: number;
  readonly stableWaitMaxMs: number;
  /** `newest` registration, the day before the fetch (`fetched-day`), or YYYY-MM-DD. */
  readonly snapshot: string;
  /** The name of the list. */
  readonly name: string;
  readonly badLinesMax: number;
  /** A layout to pin from now on, instead of the one pinned. */
  readonly layoutFile: string | null;
  /** Pin the layout that is detected, if none is pinned yet. */
  readonly confirmLayout: boolean;
  /** So many of the newest versions stay uncompressed. */
  readonly plainVersions: number;
  readonly keepDays: number;
  readonly keepVersions: number;
  readonly keepQuarantined: number;
  /** How long to wait for another process that writes to the store. */
  readonly lockWaitMs: number;
}

export const SYNC_DEFAULTS: Omit<SyncOptions, 'store' | 'from'> = {
  hostKeys: [],
  knownHostsFile: null,
  keyFile: null,
  passphraseFile: null,
  passwordFile: null,
  key: null,
  password: null,
  connectTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  fetchTimeoutMs: 1_800_000,
  sourceBytesMax: 8 * 1_073_741_824,
  stableForMs: 30_000,
  stableWaitMaxMs: 600_000,
  snapshot: 'newest',
  name: 'dncm',
  badLinesMax: 0,
  layoutFile: null,
  confirmLayout: false,
  plainVersions: 7,
  keepDays: 400,
  keepVersions: 400,
  keepQuarantined: 30,
  lockWaitMs: 10_000,
};

/** What logs in to an sFTP server and may stand in the environment; never on a command line. */
export type SyncSecrets = Pick<SyncOptions, 'key' | 'password'>;

/** Reads TACET_SYNC_KEY, the content of a key file, and TACET_SYNC_PASSWORD; empty = none. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): SyncSecrets {
  return {
    key: environment['TACET_SYNC_KEY'] || null,
    password: environment['TACET_SYNC_PASSWORD'] || null,
  };
}

const DAY_MS = 86_400_000;

/** Least and most of every number of the options. */
export const SYNC_RANGES = {
  connectTimeoutMs: { min: 1, max: 3_600_000 },
  idleTimeoutMs: { min: 1, max: 3_600_000 },
  fetchTimeoutMs: { min: 1, max: DAY_MS },
  sourceBytesMax: { min: 1, max: Number.MAX_SAFE_INTEGER },
  stableForMs: { min: 0, max: 3_600_000 },
  stableWaitMaxMs: { min: 0, max: DAY_MS },
  badLinesMax: { min: 0, max: BAD_LINES_MAX },
  plainVersions: { min: 1, max: 10_000 },
  keepDays: { min: 1, max: 36_500 },
  keepVersions: { min: 2, max: 100_000 },
  keepQuarantined: { min: 1, max: 10_000 },
  lockWaitMs: { min: 0, max: 3_600_000 },
} as const;

/** Refuses options that no sync can run with. @throws TacetError ERR_OPTION */
export function checkSyncOptions(options: SyncOptions): void {
  parseSourceAddress(options.from);
  for (const fingerprint of options.hostKeys) checkFingerprint(fingerprint);
  for (const [name, { min, max }] of Object.entries(SYNC_RANGES)) {
    // The ranges are named after the options they belong to.
    const value = options[name as keyof typeof SYNC_RANGES];
    if (Number.isSafeInteger(value) && value >= min && value <= max) continue;
    throw badOption(name, `a whole number from ${min} to ${max}`, String(value));
  }
  const { snapshot, name, keyFile, key, passphraseFile, passwordFile } = options;
  const isKnown = snapshot === 'newest' || snapshot === 'fetched-day';
  if (!isKnown && Number.isNaN(parseIsoDay(snapshot))) {
    throw badOption('snapshot', 'newest, fetched-day or YYYY-MM-DD', snapshot);
  }
  if (!isListName(name)) {
    throw badOption('name', '1 to 63 letters, digits, dots, underscores or hyphens');
  }
  if (keyFile !== null && passwordFile !== null) {
    throw badOption('passwordFile', 'a key file or a password file, not both');
  }
  const hasKey = keyFile !== null || (key !== null && passwordFile === null);
  if (!hasKey && passphraseFile !== null) {
    throw badOption('passphraseFile', 'a key that it belongs to');
  }
}

function badOption(name: string, expected: string, got?: string): TacetError {
  const words = name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const where = `--${words}`;
  return new TacetError('ERR_OPTION', {
    what: 'the option cannot be used',
    where,
    expected,
    ...(got !== undefined && { got }),
  });
}
