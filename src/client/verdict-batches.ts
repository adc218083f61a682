import { TacetError } from '../errors.ts';
import { encodeBatch } from './batch.ts';
import type { DedupeCall, DedupeCallOptions } from './dedupe-call.ts';
import type { BatchVerdicts, DedupeSummary } from './reconciliation.ts';

/** Phone numbers as people write them, once. */
export type PhoneNumbers = Iterable<string> | AsyncIterable<string>;

/** How phone numbers are streamed; each with its default. */
export interface VerdictsOptions extends DedupeCallOptions {
  /** Phone numbers of a batch. Default 8192. */
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

/** A batch of phone numbers with their verdicts. */
export interface AnsweredBatch extends BatchVerdicts {
  readonly phoneNumbers: string[];
  /** Position of the first of them, from 0. */
  readonly firstNumber: number;
}

/** Ends with the summary; undefined for who ends it before. */
export type VerdictBatches = AsyncGenerator<AnsweredBatch, DedupeSummary | undefined>;

/** Streams the phone numbers, once or, if they can be opened again, from the first where needed. */
export async function* verdictBatches(
  openCall: (options: DedupeCallOptions) => DedupeCall,
  source: PhoneNumbers | (() => PhoneNumbers),
  options: VerdictsOptions | RestartOptions,
): VerdictBatches {
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
  phoneNumbers: PhoneNumbers,
  { batchNumbers = 8192, batchesInFlightMax = 16 }: VerdictsOptions | RestartOptions,
): VerdictBatches {
  const inFlight: Promise<AnsweredBatch>[] = [];
  let sent = 0;
  const send = (batch: string[]): void => {
    const { request, count } = encodeBatch({ phoneNumbers: batch });
    const firstNumber = sent;
    sent += count;
    const whole = call
      .answer(request, count)
      .then((verdicts) => ({ phoneNumbers: batch, firstNumber, ...verdicts }));
    // Its turn comes later; until then a failure must not count as unhandled.
    whole.catch(() => undefined);
    inFlight.push(whole);
  };
  try {
    let batch: string[] = [];
    for await (const phoneNumber of phoneNumbers) {
      if (batch.push(phoneNumber) < batchNumbers) continue;
      send(batch);
      batch = [];
      const oldest = inFlight.length >= batchesInFlightMax ? inFlight.shift() : undefined;
      if (oldest !== undefined) yield await oldest;
    }
    if (batch.length > 0) send(batch);
    for (const answer of inFlight) yield await answer;
    return await call.finish();
  } finally {
    call.cancel();
  }
}

/** Whether all could be asked again of another version. */
export function isVersionGone(error: unknown): error is TacetError {
  return error instanceof TacetError && error.code === 'ERR_LIST_VERSION';
}
