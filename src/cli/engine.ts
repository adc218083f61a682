import type { CheckResult } from '../client/client.ts';
import type { ContactBatch, LocalMatch } from '../csv/dedupe.ts';
import { isRegion } from '../phone/regions.ts';
import type { ListVersionMessage } from '../wire/service.ts';
import { readServer, usage } from './arguments.ts';

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

export interface RunOptions extends DedupeIdentity {
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
  readonly local?: LocalMatch;
  /** The reason of each number, one byte each; it implies the verdict. */
  answer(batch: ContactBatch): Promise<Uint8Array>;
  /** Ends the run; resolves with the lists it was answered from, in the order of the numbers. */
  finish(): Promise<readonly RunVersion[]>;
  cancel(): void;
}

/** The flags that choose an engine. */
export interface EngineChoice {
  readonly server: string | undefined;
  readonly lists: readonly string[] | undefined;
  /** ISO 3166-1 alpha-2. */
  readonly region: string;
}

/** Opens the engine that the flags choose. Errors: ERR_USAGE, and those of opening. */
export async function openEngine({ server, lists, region }: EngineChoice): Promise<Engine> {
  if (server === undefined && lists === undefined) {
    throw usage('neither a server nor a list', 'Give --server HOST:PORT or --list LIST.tacet');
  }
  if (server !== undefined && lists !== undefined) {
    throw usage('--server and --list exclude each other');
  }
  if (!isRegion(region)) {
    throw usage(`--region: unknown region "${region}"`, 'Give an ISO 3166-1 code such as BE');
  }
  // Each is loaded where it is used: one brings gRPC, the other the lists.
  if (server !== undefined) {
    const { connect } = await import('./connected-engine.ts');
    return connect(readServer(server), region);
  }
  const { openEmbedded } = await import('./embedded-engine.ts');
  return openEmbedded(lists ?? [], region);
}
