import { brusselsDay } from '../calendar/brussels.ts';
import { parseIsoDay } from '../calendar/day.ts';
import type { CheckResult } from '../client/client.ts';
import type { ContactBatch, LocalMatch } from '../csv/dedupe.ts';
import { TacetError } from '../errors.ts';
import { isRegion } from '../phone/regions.ts';
import { matcherOf } from '../pool/attached-set.ts';
import { openListSet } from '../pool/list-set.ts';
import {
  KEYS_MAX,
  LOCAL_MATCH_MODULE,
  openKeyMatch,
  prepareLocalMatch,
} from '../pool/local-match.ts';
import { ListPlaces } from '../server/list-places.ts';
import { LiveSet } from '../server/live-set.ts';
import { checkPhoneNumber } from '../verdict/check.ts';
import { assertFresh } from '../verdict/freshness.ts';
import type { ListVersionMessage } from '../wire/service.ts';
import { readServer, usage } from './arguments.ts';
import { printError } from './print.ts';

/** Enough for every worker to have its next batch waiting; memory grows with it. */
const BATCHES_IN_FLIGHT_MAX = 16;

/** With a pause that doubles from 0.2 s, 25 s in all: a server that is restarted is back by then. */
const REOPENS_MAX = 7;

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
  if (server !== undefined) return connect(readServer(server), region);
  return openEmbedded(lists ?? [], region);
}

async function connect(address: string, region: string): Promise<Engine> {
  // Loaded where it is used: it brings gRPC.
  const { TacetClient } = await import('../client/client.ts');
  const client = new TacetClient(address);
  let limits: Awaited<ReturnType<typeof client.getLists>>['limits'];
  try {
    ({ limits } = await client.getLists());
  } catch (error) {
    client.close();
    throw error instanceof TacetError ? unanswered(address, error) : error;
  }
  return {
    check: (phoneNumber, optInDate) =>
      client.check({
        phoneNumber,
        region,
        ...(optInDate !== undefined && { optInDate }),
      }),
    async dedupe({ advertiser, jobId, recordsVersions }) {
      const call = client.dedupe({
        region,
        advertiser,
        jobId,
        batchesInFlightMax: BATCHES_IN_FLIGHT_MAX,
        onVersionGone: recordsVersions ? 'record' : 'fail',
        reopensMax: REOPENS_MAX,
        reasons: true,
      });
      return {
        belgian: region === 'BE',
        numbersMax: limits.numbers_per_message_max,
        // Options travel in front of the first batch.
        bytesMax: limits.message_bytes_max - 1024,
        inFlightMax: BATCHES_IN_FLIGHT_MAX,
        answer: async ({ request, count }) => (await call.answer(request, count)).reasons,
        finish: async () => (await call.finish()).versions,
        cancel: () => call.cancel(),
      };
    },
    close: async () => client.close(),
  };
}

/** Says which server it was. */
function unanswered(address: string, error: TacetError): TacetError {
  return new TacetError(error.code, { ...error.detail, where: address, cause: error });
}

/** Opens list files, and the current versions of stores with the overrides in force now. */
async function openPlaces(paths: readonly string[]): Promise<LiveSet> {
  const places = new ListPlaces(paths);
  const found = await places.find();
  const overrides = await places.overrides(Date.now());
  // One that cannot be honoured is told: without it nothing may be answered past valid_until.
  for (const { refusal } of overrides) if (refusal !== undefined) printError(String(refusal));
  const set = new LiveSet(await openListSet(found.map(({ file }) => file)));
  set.override(overrides.map(({ override }) => override));
  return set;
}

async function openEmbedded(lists: readonly string[], region: string): Promise<Engine> {
  const set = await openPlaces(lists);
  const fresh = (): void => assertFresh(set.headers, Date.now());
  try {
    fresh();
  } catch (error) {
    set.close();
    throw error;
  }
  const belgian = region === 'BE';
  return {
    async check(phoneNumber, optInDate) {
      fresh();
      const matcher = matcherOf(set);
      const { verdict, reason, e164 } = checkPhoneNumber(matcher, {
        phoneNumber,
        belgian,
        optInDay: optInDate === undefined ? 0 : Math.max(0, parseIsoDay(optInDate)),
        todayDay: brusselsDay(Date.now()),
      });
      // As a server answers that does not disclose dates: results are the same either way.
      return { verdict, reason, e164, registrationDate: '', lists: set.versions };
    },
    dedupe: ({ workers }) => embeddedRun(set, { belgian, workers }),
    async close() {
      set.close();
    },
  };
}

/** A run that is matched on the threads that read the contacts. */
async function embeddedRun(
  set: LiveSet,
  { belgian, workers: threads }: { readonly belgian: boolean; readonly workers: number },
): Promise<EngineRun> {
  const todayDay = brusselsDay(Date.now());
  const data = await prepareLocalMatch(set, { threads, todayDay });
  return {
    belgian,
    numbersMax: KEYS_MAX,
    bytesMax: Number.MAX_SAFE_INTEGER,
    inFlightMax: BATCHES_IN_FLIGHT_MAX,
    local: {
      module: LOCAL_MATCH_MODULE,
      data,
      threadsMax: threads,
      keysMax: KEYS_MAX,
      open: async (thread) => openKeyMatch(data, thread),
      assertUsable: () => assertFresh(set.headers, Date.now()),
    },
    answer: () => Promise.reject(new Error('an embedded run matches by itself')),
    async finish() {
      await assertUnchanged(set);
      return [{ firstNumber: 0, lists: set.versions }];
    },
    cancel: () => undefined,
  };
}

/**
 * Minutes may have passed since the lists were opened: what a stale one, or a file written to
 * meanwhile, has answered is worth nothing. Errors: ERR_LIST_STALE, ERR_LIST_CHANGED.
 */
async function assertUnchanged(set: LiveSet): Promise<void> {
  for (const header of await set.changedInPlace()) header.changedInPlace = true;
  assertFresh(set.headers, Date.now());
}
