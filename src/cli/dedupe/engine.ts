import type { CheckResult } from '../../client/client.ts';
import type { ContactBatch, LocalJudge } from '../../contacts/dedupe.ts';
import type { ListVersionMessage } from '../../wire/gen/messages.ts';

/** Enough for every worker to have its next batch waiting; memory grows with it. */
export const BATCHES_IN_FLIGHT_MAX = 16;

/** Where verdicts come from: a server, or the same engine inside the command. */
export interface Engine {
  check(phoneNumber: string, optInDate: string | undefined): Promise<CheckResult>;
  dedupe(options: RunOptions): Promise<EngineRun>;
  close(): Promise<void>;
}

/** What a run says of itself. */
export interface DedupeIdentity {
  readonly advertiser: string;
  readonly jobId: string;
}

interface RunOptions extends DedupeIdentity {
  /** How many threads read the contacts at most. */
  readonly workers: number;
  /**
   * Where the version it began with is gone, the run goes on with another one; otherwise it fails
   * with ERR_LIST_VERSION. Embedded runs never lose theirs.
   */
  readonly recordsVersions: boolean;
}

/** From which number on, 0-based, a run was answered from which lists. */
export interface RunVersion {
  readonly firstNumber: number;
  readonly lists: readonly ListVersionMessage[];
}

/** One run over many batches, answered from one list version unless more may be recorded. */
export interface EngineRun {
  /** Phone numbers written nationally are read as Belgian. */
  readonly belgian: boolean;
  readonly numbersMax: number;
  readonly bytesMax: number;
  readonly inFlightMax: number;
  /** An embedded run is not asked, but matches where the contacts are read. */
  readonly local?: LocalJudge;
  /** The reason of each number, one byte each; it implies the verdict. */
  answer(batch: ContactBatch): Promise<Uint8Array>;
  /** Ends the run; resolves with the lists it was answered from, in the order of the numbers. */
  finish(): Promise<readonly RunVersion[]>;
  cancel(): void;
}
