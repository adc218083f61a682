/** How the options of `tacet sync` are called on a command line and in the environment. */
import type { SyncOptions } from './options.ts';

/** The flag of every option that takes a value. Secrets have none: command lines are readable. */
export const SYNC_FLAGS = {
  store: 'store',
  from: 'from',
  hostKeys: 'host-key',
  knownHostsFile: 'known-hosts',
  keyFile: 'key-file',
  passphraseFile: 'passphrase-file',
  passwordFile: 'password-file',
  snapshot: 'snapshot',
  name: 'name',
  layoutFile: 'layout',
  badLinesMax: 'bad-lines-max',
  stableForMs: 'stable-for',
  stableWaitMaxMs: 'stable-wait-max',
  connectTimeoutMs: 'connect-timeout',
  idleTimeoutMs: 'idle-timeout',
  fetchTimeoutMs: 'fetch-timeout',
  sourceBytesMax: 'source-bytes-max',
  plainVersions: 'plain-versions',
  keepDays: 'keep-days',
  keepVersions: 'keep-versions',
  keepQuarantined: 'keep-quarantined',
  lockWaitMs: 'lock-wait',
} as const satisfies Record<
  Exclude<keyof SyncOptions, 'confirmLayout' | 'key' | 'password'>,
  string
>;

/** `stable-for` is TACET_SYNC_STABLE_FOR. */
export function syncVariable(flag: string): string {
  return `TACET_SYNC_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** The host keys of a text that may hold several, with commas between them. */
export function splitHostKeys(text: string): string[] {
  return text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

/** Every variable that `tacet sync` reads, those of secrets among them. */
export const SYNC_VARIABLES: ReadonlySet<string> = new Set(
  [...Object.values(SYNC_FLAGS), 'key', 'password'].map(syncVariable),
);
