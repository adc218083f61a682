import { type ServiceError, status } from '@grpc/grpc-js';
import { TacetError } from '../errors.ts';
import { errorInfoOf, serverError, wasLost } from './server-error.ts';

/** How a stream goes on after it broke; each with its default. */
export interface ResumptionOptions {
  /** Answer from this list version only. Default whichever serves. */
  readonly listSha256?: string;
  /** How often the stream is reopened without an answer in between. Default 5, 0 = never. */
  readonly reopensMax?: number;
  /**
   * How often the version a stream began with is asked for again where it is not served, before
   * it counts as gone: behind a balancer, the next server asked may have it. Default 5.
   */
  readonly versionTriesMax?: number;
  /**
   * Where the version a stream began with is gone: `fail` with ERR_LIST_VERSION, so that all can
   * be asked again of one version, or `record` that the rest is answered from another one, see
   * `versions`. Default `fail`.
   */
  readonly onVersionGone?: 'fail' | 'record';
}

/** What follows. `pinned`: the version answered from so far is asked for. */
type Resumed =
  | { readonly pinned: boolean; readonly delayMs: number }
  | { readonly failure: TacetError };

const REOPEN_DELAY_MS = 200;
const VERSION_DELAY_MS = 50;
const VERSION_DELAY_MAX_MS = 800;

/** Decides what follows when a stream breaks, and counts how often in a row it did. */
export class Resumption {
  readonly #options: ResumptionOptions;
  #reopens = 0;
  #versionTries = 0;

  constructor(options: ResumptionOptions) {
    this.#options = options;
  }

  /** Something was answered: all tries are free again. */
  answered(): void {
    this.#reopens = 0;
    this.#versionTries = 0;
  }

  /**
   * What follows the status of a stream. `wantsVersion`: it asked for one. `hasVersion`: something
   * was answered before, so that there is one to ask for.
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
    if (!wasLost(error) || this.#reopens >= reopensMax) return { failure: serverError(error) };
    const delayMs = REOPEN_DELAY_MS * 2 ** this.#reopens;
    this.#reopens++;
    return { pinned: stream.hasVersion, delayMs };
  }
}

/** What a server says that does not have the version asked for, or has no list yet. */
const VERSION_MISSING: ReadonlySet<string> = new Set(['ERR_LIST_VERSION', 'ERR_LIST_NONE']);

/** Whether another server may have the version that was asked for. An older server does not say. */
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
