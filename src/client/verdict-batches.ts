import { TacetError } from '../errors.ts';
import { type Batch, encodeBatch } from './batch.ts';
import type { DedupeCall, DedupeCallOptions } from './dedupe-call.ts';
import type { BatchVerdicts, DedupeSummary } from './reconciliation.ts';

/** Phone numbers as people write them, once. */
export type PhoneNumbers = Iterable<string> | AsyncIterable<string>;

/** Batches as they are to be sent, once: for keys, opt-ins, and what belongs to the numbers. */
export type Batches<Sent extends Batch> = Iterable<Sent> | AsyncIterable<Sent>;

/** What phone numbers are put into where no batches are given. */
export interface TextBatch {
  readonly phoneNumbers: readonly string[];
}

/** Either, or a function that opens it again. */
export type VerdictSource = PhoneNumbers | Batches<Batch>;

/** How phone numbers are streamed; each with its default. */
export interface VerdictsOptions extends DedupeCallOptions {
  /** Phone numbers of a batch where no batches are given. Default 8192. */
  readonly batchNumbers?: number;
}

/** How they are where they can be asked for again. */
export interface RestartOptions extends Omit<VerdictsOptions, 'onVersionGone'> {
  /**
   * Where the version the stream began with is gone: start over with the newer one, or as
   * `DedupeCallOptions.onVersionGone` says. Default `restart`.
   */
  readonly onVersionGone?: 'restart' | 'fail' | 'record';
  /** How often it may start over. Default 3. */
  readonly restartsMax?: number;
  /** All that was yielded so far is void and must be forgotten; it comes again, from the first. */
  onRestart(reason: TacetError): void | Promise<void>;
}

/** A batch, whatever else was in it included, with its verdicts. */
export type AnsweredBatch<Sent extends Batch = TextBatch> = Sent &
  BatchVerdicts & {
    /** Position of its first number, from 0. */
    readonly firstNumber: number;
  };

/** Ends with the summary; undefined for who ends it before. */
export type VerdictBatches<Sent extends Batch = TextBatch> = AsyncGenerator<
  AnsweredBatch<Sent>,
  DedupeSummary | undefined
>;

/** Streams the numbers, once or, if they can be opened again, from the first where needed. */
export async function* verdictBatches(
  openCall: (options: DedupeCallOptions) => DedupeCall,
  source: VerdictSource | (() => VerdictSource),
  options: VerdictsOptions | RestartOptions,
): VerdictBatches<Batch> {
  if (typeof source !== 'function' || !('onRestart' in options)) {
    const { onVersionGone, ...rest } = options;
    // Only a source that can be opened again is streamed with `restart`: see the signatures.
    const gone = onVersionGone === 'record' ? 'record' : 'fail';
    const call = openCall({ ...rest, onVersionGone: gone });
    return yield* oneCall(call, typeof source === 'function' ? source() : source, options);
  }
  const { onVersionGone = 'restart', restartsMax = 3, onRestart, ...rest } = options;
  const gone = onVersionGone === 'record' ? 'record' : 'fail';
  // Whoever wants one version by its name gets that one or none.
  const mayRestart = onVersionGone === 'restart' && rest.listSha256 === undefined;
  for (let restarts = 0; ; restarts++) {
    try {
      return yield* oneCall(openCall({ ...rest, onVersionGone: gone }), source(), options);
    } catch (error) {
      if (!isVersionGone(error) || !mayRestart || restarts >= restartsMax) throw error;
      await onRestart(error);
    }
  }
}

async function* oneCall(
  call: DedupeCall,
  source: VerdictSource,
  { batchNumbers = 8192, batchesInFlightMax = 16 }: VerdictsOptions | RestartOptions,
): VerdictBatches<Batch> {
  const inFlight: Promise<AnsweredBatch<Batch>>[] = [];
  let sent = 0;
  const send = (batch: Batch): void => {
    const encoded = encodeBatch(batch);
    const firstNumber = sent;
    sent += encoded.count;
    const whole = call.send(encoded).then((verdicts) => ({ ...batch, firstNumber, ...verdicts }));
    // Its turn comes later; until then a failure must not count as unhandled.
    whole.catch(() => undefined);
    inFlight.push(whole);
  };
  try {
    for await (const batch of batchesOf(source, batchNumbers)) {
      send(batch);
      const oldest = inFlight.length >= batchesInFlightMax ? inFlight.shift() : undefined;
      if (oldest !== undefined) yield await oldest;
    }
    for (const answer of inFlight) yield await answer;
    return await call.finish();
  } finally {
    call.cancel();
  }
}

/** The batches given, or phone numbers put into batches of `batchNumbers`. */
async function* batchesOf(source: VerdictSource, batchNumbers: number): AsyncGenerator<Batch> {
  let phoneNumbers: string[] = [];
  for await (const item of source) {
    if (typeof item !== 'string') {
      yield item;
    } else if (phoneNumbers.push(item) >= batchNumbers) {
      yield { phoneNumbers };
      phoneNumbers = [];
    }
  }
  if (phoneNumbers.length > 0) yield { phoneNumbers };
}

/** Whether all could be asked again of another version. */
function isVersionGone(error: unknown): error is TacetError {
  return error instanceof TacetError && error.code === 'ERR_LIST_VERSION';
}
