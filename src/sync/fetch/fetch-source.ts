/** Fetches a source of any kind into the store's tmp folder. */
import { setTimeout as pause } from 'node:timers/promises';
import { TacetError } from '../../errors.ts';
import type { SourceOrigin } from '../../store/version.ts';
import type { SyncOptions } from '../options.ts';
import { readAccess } from './access.ts';
import type { Wait } from './fetch.ts';
import { fetchFile, fetchNewest } from './file.ts';
import { type Received, ReceivedFile } from './received-file.ts';
import { fetchSftp } from './sftp.ts';
import { addressText, parseSourceAddress } from './source-address.ts';

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
 *
 * @throws TacetError ERR_FETCH, ERR_OPTION (credentials), ERR_LIMIT, ERR_IO, ERR_CANCELLED
 */
export async function fetchSource(
  options: SyncOptions,
  path: string,
  context: FetchContext,
): Promise<Fetched> {
  const address = parseSourceAddress(options.from);
  const into = await ReceivedFile.create(path, options.sourceBytesMax);
  const { stableForMs, stableWaitMaxMs } = options;
  const { signal, wait } = context;
  try {
    let facts: Awaited<ReturnType<typeof fetchFile>>;
    if (address.kind === 'file') facts = await fetchFile(address.path, into, signal);
    else if (address.kind === 'folder') {
      facts = await fetchNewest(address, into, { stableForMs, stableWaitMaxMs, wait, signal });
    } else {
      const access = await readAccess(options, address);
      const timeouts = {
        connectMs: options.connectTimeoutMs,
        idleMs: options.idleTimeoutMs,
        wholeMs: options.fetchTimeoutMs,
      };
      facts = await fetchSftp({ address, access, timeouts, signal }, into);
    }
    const file = await into.finish();
    const { bytes, sha256 } = file;
    const fetchedAtUnix = Math.floor(context.nowMs() / 1000);
    const origin = { from: addressText(address), ...facts, fetchedAtUnix, bytes, sha256 };
    return { file, origin };
  } catch (error) {
    await into.discard();
    throw error;
  }
}
