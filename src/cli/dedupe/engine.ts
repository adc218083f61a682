import type { CheckResult } from '../../client/client.ts';
import type { Answerer } from '../../contacts/options.ts';
import type { ListVersionMessage } from '../../wire/gen/messages.ts';

/** Enough for every worker to have its next batch waiting; memory grows with it. */
export const BATCHES_IN_FLIGHT_MAX = 16;

/** Where verdicts come from: a server, or the same engine inside the command. */
export interface Engine {
  check(phoneNumber: string, optInDate: string | undefined): Promise<CheckResult>;
  dedupe(options: RunOptions): Promise<EngineRun>;
  close(): Promise<void>;
}

/** How a run identifies itself. */
export interface DedupeIdentity {
  readonly advertiser: string;
  readonly jobId: string;
}

interface RunOptions extends DedupeIdentity {
  /** The most threads that may read the contacts. */
  readonly workers: number;
  /**
   * If the version it began with is gone, the run continues with another one instead of failing
   * with ERR_LIST_VERSION. Embedded runs never lose their version.
   */
  readonly recordsVersions: boolean;
}

/** The lists that answered a run from a number on, 0-based. */
export interface RunVersion {
  readonly firstNumber: number;
  readonly lists: readonly ListVersionMessage[];
}

/** One run over many batches, answered from one list version unless it records several. */
export interface EngineRun extends Answerer {
  /** Ends the run; resolves with the lists that answered it, in the order of the numbers. */
  finish(): Promise<readonly RunVersion[]>;
  cancel(): void;
}
