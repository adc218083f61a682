import { setTimeout as pause } from 'node:timers/promises';
import { TacetError } from '../../errors.ts';
import type { SourceOrigin } from '../../store/version.ts';
import type { SyncOptions } from '../options.ts';
import { readAccess } from './access.ts';
import type { FetchedFacts, Wait } from './fetch.ts';
import { fetchFile, fetchNewest } from './file.ts';
import { type Received, type ReceivedFile, receive } from './received-file.ts';
import { fetchSftp } from './sftp.ts';
import { addressText, parseSourceAddress, type SourceAddress } from './source-address.ts';

/** A fetched file. */
export interface Fetched {
  readonly file: Received;
  readonly origin: SourceOrigin;
}

interface FetchContext {
  readonly nowMs: () => number;
  readonly wait: Wait;
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
  const { file, result: facts } = await receive(path, options.sourceBytesMax, (into) =>
    fetchInto(into, address, { ...options, ...context }),
  );
  const { bytes, sha256 } = file;
  const fetchedAtUnix = Math.floor(context.nowMs() / 1000);
  return { file, origin: { from: addressText(address), ...facts, fetchedAtUnix, bytes, sha256 } };
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
