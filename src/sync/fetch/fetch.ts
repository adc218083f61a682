/** What fetching takes and returns, for every kind of source. */
import { type ErrorDetail, TacetError } from '../../errors.ts';
import type { HostKeyPins } from './sftp/host-key.ts';

/** How to log in to an sFTP server: by a key, a password, or both where the server asks for it. */
export interface Credentials {
  /** A private key as ssh2 parses it. */
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
}

/** What is needed to access an sFTP server. */
export interface SftpAccess {
  readonly credentials: Credentials;
  readonly pins: HostKeyPins;
}

/** What is known about the fetched file besides its bytes. */
export interface FetchedFacts {
  /** Without its folder. */
  readonly fileName: string;
  /** Unix seconds; null if unknown. */
  readonly modifiedAtUnix: number | null;
  /** What the source did not tell, or did otherwise than most; one clause each. */
  readonly notes: readonly string[];
}

/** Waits; if `signal` is aborted, ends early and rejects with its reason. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** The source could not be fetched; trying again later may help. */
export function fetchError(what: string, rest: Partial<ErrorDetail>): TacetError {
  return new TacetError('ERR_FETCH', { what, ...rest });
}

export function fetchCancelled(): TacetError {
  return new TacetError('ERR_CANCELLED', { what: 'fetching was cancelled' });
}

/** Never take a file that is being written: half a list would let listed numbers be called. */
export function changedMeanwhile(
  where: string,
  before: { readonly bytes: number },
  after: { readonly bytes: number },
): TacetError {
  const grew = after.bytes > before.bytes;
  const what = grew
    ? 'the file grew while it was read: it is still being written'
    : 'the file was changed while it was read';
  return fetchError(what, {
    where,
    expected: `${before.bytes} bytes, and the same time of change`,
    got: `${after.bytes} bytes`,
    fix: 'Nothing of it was used; sync again once it is complete',
  });
}
