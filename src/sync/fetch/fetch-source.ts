import { setTimeout as pause } from 'node:timers/promises';
import { TacetError } from '../../errors.ts';
import type { SourceOrigin } from '../../store/version.ts';
import type { SyncOptions } from '../options.ts';
import type { FetchedFacts, Wait } from './fetch.ts';
import { fetchFile, fetchNewest } from './file.ts';
import { type Received, type ReceivedFile, receive } from './received-file.ts';
import { readAccess } from './sftp/access.ts';
import { fetchSftp } from './sftp/fetch-sftp.ts';
import { addressText, parseSourceAddress, type SourceAddress } from './source-address.ts';

/** A fetched file. */
export interface Fetched {
  readonly file: Received;
  readonly origin: SourceOrigin;
  /** See {@link FetchedFacts.notes}. */
  readonly notes: readonly string[];
}

interface FetchContext {
  readonly nowMs: () => number;
  readonly wait: Wait;
  readonly onWait?: ((what: string) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Waits by the system clock. */
export const waitForReal: Wait = async (ms, signal) => {
  try {
    await pause(ms, undefined, { signal });
  } catch (cause) {
    throw new TacetError('ERR_CANCELLED', { what: 'waiting was cancelled', cause });
  }
};

/**
 * Fetches the source that the options name to `path`. On any failure nothing is left there.
 * Errors: ERR_FETCH, ERR_OPTION (credentials), ERR_LIMIT, ERR_IO, ERR_CANCELLED.
 */
export async function fetchSource(
  options: SyncOptions,
  path: string,
  context: FetchContext,
): Promise<Fetched> {
  const address = parseSourceAddress(options.from);
  const { file, result } = await receive(path, options.sourceBytesMax, (into) =>
    fetchInto(into, address, { ...options, ...context }),
  );
  const { bytes, sha256 } = file;
  const fetchedAtUnix = Math.floor(context.nowMs() / 1000);
  const { notes, ...facts } = result;
  const from = addressText(address);
  return { file, origin: { from, ...facts, fetchedAtUnix, bytes, sha256 }, notes };
}

async function fetchInto(
  into: ReceivedFile,
  address: SourceAddress,
  options: SyncOptions & FetchContext,
): Promise<FetchedFacts> {
  if (address.kind === 'file') return fetchFile(address.path, into, options.signal);
  if (address.kind === 'folder') return fetchNewest(address, into, options);
  return fetchSftp({ ...options, address, access: await readAccess(options, address) }, into);
}
