/** What fetching is asked for and gives, whatever the source comes from. */
import { TacetError } from '../../errors.ts';
import type { HostKeyPins } from './host-key.ts';

/** How to log in to an sFTP server: a key, or a password. */
export type Credentials =
  | { readonly kind: 'key'; readonly key: Buffer; readonly passphrase: string | undefined }
  | { readonly kind: 'password'; readonly password: string };

/** What an sFTP server is asked with. */
export interface SftpAccess {
  readonly credentials: Credentials;
  readonly pins: HostKeyPins;
}

/** How long fetching may take, in milliseconds. */
export interface FetchTimeouts {
  /** Until the server has let us in. */
  readonly connectMs: number;
  /** Without a byte. */
  readonly idleMs: number;
  /** As a whole. */
  readonly wholeMs: number;
}

/** What is known of the file that was fetched, besides its bytes. */
export interface FetchedFacts {
  /** Without its folder. */
  readonly fileName: string;
  /** Unix seconds; null where unknown. */
  readonly modifiedAtUnix: number | null;
}

/** Waits; resolves early and rejects with the reason where `signal` is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** The source could not be fetched; trying again later may help. */
export function fetchError(
  what: string,
  rest: { where?: string; expected?: string; got?: string; fix?: string; cause?: unknown } = {},
): TacetError {
  return new TacetError('ERR_FETCH', { what, ...rest });
}

/** A file that is being written is never taken: half of a list would let numbers be called. */
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
