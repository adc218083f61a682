/** The options of a sync. Plain data, so that they can be passed to another process. */
import { TacetError } from '../errors.ts';
import { isListName } from '../list/format.ts';
import { SYNC_OPTIONS, type SyncValues } from '../options/sync.ts';
import { checkValues, readTable } from '../options/table.ts';
import { checkFingerprint } from './fetch/sftp/host-key.ts';
import { parseSourceAddress } from './fetch/source-address.ts';

/** Credentials for an sFTP server that may come from the environment, never a command line. */
export interface SyncSecrets {
  /** The content of a private key file. A named key file takes precedence. */
  readonly key: string | undefined;
  /** A named password file takes precedence. */
  readonly password: string | undefined;
}

/** All but `store` and `from` have defaults, see {@link SYNC_DEFAULTS}. */
export interface SyncOptions extends SyncValues, SyncSecrets {
  /** Pin the layout that is detected, if none is pinned yet. */
  readonly confirmLayout: boolean;
}

const { store, from, ...WITH_DEFAULTS } = SYNC_OPTIONS;

export const SYNC_DEFAULTS: Omit<SyncOptions, 'store' | 'from'> = {
  ...readTable(
    WITH_DEFAULTS,
    () => undefined,
    ({ flag }) => {
      throw new TypeError(`--${flag} has no default`);
    },
  ),
  key: undefined,
  password: undefined,
  confirmLayout: false,
};

/** Reads TACET_SYNC_KEY, the content of a key file, and TACET_SYNC_PASSWORD; empty = none. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): SyncSecrets {
  return {
    key: environment['TACET_SYNC_KEY'] || undefined,
    password: environment['TACET_SYNC_PASSWORD'] || undefined,
  };
}

/** Refuses options that no sync can run with. Errors: ERR_OPTION. */
export function checkSyncOptions(options: SyncOptions): void {
  parseSourceAddress(options.from);
  for (const fingerprint of options.hostKeys) checkFingerprint(fingerprint);
  checkValues<SyncValues>(SYNC_OPTIONS, options, ({ flag, expected }, got) => {
    throw badOption(flag, expected, got);
  });
  const { name, keyFile, key, passphraseFile } = options;
  if (!isListName(name)) {
    throw badOption('name', '1 to 63 letters, digits, dots, underscores or hyphens');
  }
  if (keyFile === undefined && key === undefined && passphraseFile !== undefined) {
    throw badOption('passphrase-file', 'a key that it belongs to');
  }
}

function badOption(flag: string, expected: string, got?: string): TacetError {
  return new TacetError('ERR_OPTION', {
    what: 'the option cannot be used',
    where: `--${flag}`,
    expected,
    ...(got !== undefined && { got }),
  });
}
