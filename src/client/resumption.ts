import { type ServiceError, status } from '@grpc/grpc-js';
import { TacetError } from '../errors.ts';
import { errorInfoOf, serverError, wasLost } from './server-error.ts';

/** How a stream resumes after it broke; every option has a default. */
export interface ResumptionOptions {
  /** Answer from this list version only. Default: whichever is served. */
  readonly listSha256?: string;
  /** How often the stream is reopened without an answer in between. Default 5, 0 = never. */
  readonly reopensMax?: number;
  /**
   * How often to ask again for the version a stream began with, if a server does not have it,
   * before it counts as gone: behind a balancer, the next server may have it. Default 5.
   */
  readonly versionTriesMax?: number;
  /**
   * If the version a stream began with is gone: `fail` with ERR_LIST_VERSION, so that everything
   * can be asked again of one version, or `record`: answer the rest from another version and record
   * that, see `versions`. Default `fail`.
   */
  readonly onVersionGone?: 'fail' | 'record';
}

/** What to do next. `pinned`: ask for the version that has answered so far. */
type Resumed =
  | { readonly pinned: boolean; readonly delayMs: number }
  | { readonly failure: TacetError };

const REOPEN_DELAY_MS = 200;
const VERSION_DELAY_MS = 50;
const VERSION_DELAY_MAX_MS = 800;

/** Decides what to do when a stream breaks, and counts how often it broke in a row. */
export class Resumption {
  readonly #options: ResumptionOptions;
  readonly #proxy: string | undefined;
  #reopens = 0;
  #versionTries = 0;

  /** @param proxy that the streams go through, for errors */
  constructor(options: ResumptionOptions, proxy?: string) {
    this.#options = options;
    this.#proxy = proxy;
  }

  /** Something was answered: counting starts again. */
  answered(): void {
    this.#reopens = 0;
    this.#versionTries = 0;
  }

  /**
   * What to do after a stream ended with this status. `wantsVersion`: it asked for a version.
   * `hasVersion`: something was answered before, so there is a version to ask for.
   */
  after(error: ServiceError, stream: { wantsVersion: boolean; hasVersion: boolean }): Resumed {
    const { reopensMax = 5, versionTriesMax = 5, onVersionGone, listSha256 } = this.#options;
    if (isVersionMissing(error) && stream.wantsVersion) {
      if (this.#versionTries < versionTriesMax) {
        const delayMs = Math.min(VERSION_DELAY_MS * 2 ** this.#versionTries, VERSION_DELAY_MAX_MS);
        this.#versionTries++;
        return { pinned: true, delayMs };
      }
      const mayRecord = onVersionGone === 'record' && listSha256 === undefined;
      return mayRecord ? { pinned: false, delayMs: 0 } : { failure: versionGone(error) };
    }
    if (!wasLost(error) || this.#reopens >= reopensMax) {
      return { failure: serverError(error, this.#proxy) };
    }
    const delayMs = REOPEN_DELAY_MS * 2 ** this.#reopens;
    this.#reopens++;
    return { pinned: stream.hasVersion, delayMs };
  }
}

/** The codes of a server that does not have the version asked for, or has no list yet. */
const VERSION_MISSING: ReadonlySet<string> = new Set(['ERR_LIST_VERSION', 'ERR_LIST_NONE']);

/**
 * Whether another server may have the version that was asked for. An older server gives no code.
 */
function isVersionMissing(error: ServiceError): boolean {
  if (error.code !== status.FAILED_PRECONDITION) return false;
  const info = errorInfoOf(error);
  return info === undefined || VERSION_MISSING.has(info.reason);
}

function versionGone(error: ServiceError): TacetError {
  return new TacetError('ERR_LIST_VERSION', {
    what: `no server answers from the list version asked for any more: ${error.details}`,
    fix: 'Start over, so that all is answered from one version',
    cause: error,
  });
}
