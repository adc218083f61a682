import type { AnsweredRegister } from '../../client/answered-registers.ts';
import type { CheckResult } from '../../client/client.ts';
import type { Answerer } from '../../contacts/options.ts';
import type { Approach } from '../../verdict/approach.ts';
import type { ListVersionMessage } from '../../wire/gen/messages.ts';

/** Enough for every worker to have its next batch waiting; memory grows with it. */
export const BATCHES_IN_FLIGHT_MAX = 16;

/** What is asked about one number. */
interface CheckOptions {
  readonly phoneNumber: string;
  readonly optInDate?: string | undefined;
  readonly advertiser?: string | undefined;
  readonly approach: Approach;
}

/** Where verdicts come from: a server, or the same engine inside the command. */
export interface Engine {
  check(asked: CheckOptions): Promise<CheckResult>;
  dedupe(options: RunOptions): Promise<EngineRun>;
  close(): Promise<void>;
}

/** How a run identifies itself. */
export interface DedupeIdentity {
  readonly advertiser: string;
  readonly jobId: string;
}

interface RunOptions extends DedupeIdentity {
  readonly approach: Approach;
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

/** What is known of a run at its end. */
interface RunEnd {
  /** The lists that answered it, in the order of the numbers. */
  readonly versions: readonly RunVersion[];
  /** The registers by which it was answered. */
  readonly registers: readonly AnsweredRegister[];
  /** What those who use the answers must know. */
  readonly notices: readonly string[];
}

/** One run over many batches, answered from one list version unless it records several. */
export interface EngineRun extends Answerer {
  /** Ends the run. */
  finish(): Promise<RunEnd>;
  cancel(): void;
}
