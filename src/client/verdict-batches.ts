import { TacetError } from '../errors.ts';
import type { BatchVerdicts } from '../wire/response-reader.ts';
import { assertCount, describe } from './arguments.ts';
import { type Batch, type Contact, encodeBatch } from './batch.ts';
import type { DedupeCall, DedupeCallOptions } from './dedupe-call.ts';
import type { DedupeSummary } from './reconciliation.ts';

/** Phone numbers as people write them; iterated once. */
export type PhoneNumbers = Iterable<string> | AsyncIterable<string>;

/** Numbers with what belongs to them, such as rows of a query; iterated once. */
export type Contacts<Item extends Contact = Contact> = Iterable<Item> | AsyncIterable<Item>;

/** Batches as they are to be sent, iterated once: for keys, opt-ins, and data of your own. */
export type Batches<Sent extends Batch> = Iterable<Sent> | AsyncIterable<Sent>;

/** The batch that phone numbers are put into if no batches are given. */
export interface TextBatch {
  readonly phoneNumbers: readonly string[];
}

/** Phone numbers, contacts or batches. */
export type VerdictSource = PhoneNumbers | Contacts | Batches<Batch>;

/** How phone numbers are streamed; every option has a default. */
export interface VerdictsOptions extends DedupeCallOptions {
  /** Numbers per batch, if no batches are given. Default 8192. */
  readonly batchNumbers?: number;
}

/** How phone numbers are streamed if they can be opened again. */
export interface RestartOptions extends Omit<VerdictsOptions, 'onVersionGone'> {
  /**
   * If the version the stream began with is gone: start over with the newer one, or do as
   * `DedupeCallOptions.onVersionGone` says. Default `restart`.
   */
  readonly onVersionGone?: 'restart' | 'fail' | 'record';
  /** How often it may start over. Default 3. */
  readonly restartsMax?: number;
  /** Everything yielded so far is void and must be discarded; it comes again, from the start. */
  onRestart(reason: TacetError): void | Promise<void>;
}

/** A batch, including any other fields it had, with its verdicts. */
export type AnsweredBatch<Sent extends Batch = TextBatch> = Sent &
  BatchVerdicts & {
    /** Position of its first number, from 0. */
    readonly firstNumber: number;
  };

/** Returns the summary; undefined if the caller ends it early. */
export type VerdictBatches<Sent extends Batch = TextBatch> = AsyncGenerator<
  AnsweredBatch<Sent>,
  DedupeSummary | undefined
>;

/** Streams the numbers. Starts over if needed, provided that they can be opened again. */
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
  // A caller that asks for a certain version gets that one or none.
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
  assertCount(batchNumbers, 'batchNumbers', 1);
  const inFlight: Promise<AnsweredBatch<Batch>>[] = [];
  let sent = 0;
  const send = (batch: Batch): void => {
    const encoded = encodeBatch(batch);
    const firstNumber = sent;
    sent += encoded.count;
    const whole = call.send(encoded).then((verdicts) => ({ ...batch, firstNumber, ...verdicts }));
    // It is awaited later; until then a failure must not count as unhandled.
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

/** The batches given, or numbers grouped into batches of `batchNumbers`. */
async function* batchesOf(source: VerdictSource, batchNumbers: number): AsyncGenerator<Batch> {
  assertIterable(source);
  let items: (string | Contact)[] = [];
  for await (const item of source) {
    if (isBatch(item)) {
      yield item;
    } else if (items.push(item) >= batchNumbers) {
      yield batchOf(items);
      items = [];
    }
  }
  if (items.length > 0) yield batchOf(items);
}

function isBatch(item: string | Contact | Batch): item is Batch {
  return typeof item === 'object' && item !== null && !('phoneNumber' in item);
}

/** `encodeBatch` refuses a text among contacts, and the reverse. */
function batchOf(items: readonly (string | Contact)[]): Batch {
  return typeof items[0] === 'object'
    ? { contacts: items as readonly Contact[] }
    : { phoneNumbers: items as readonly string[] };
}

/** A string is iterable, but its characters are no phone numbers. */
function assertIterable(source: unknown): void {
  const object = Object(source);
  const isIterable = Symbol.iterator in object || Symbol.asyncIterator in object;
  if (isIterable && typeof source !== 'string') return;
  throw new TacetError('ERR_REQUEST', {
    what: 'not numbers to ask about',
    got: describe(source),
    fix: 'Give an array, or anything else that can be iterated, of texts, contacts or batches',
  });
}

/** Whether asking for everything again, of another version, could help. */
function isVersionGone(error: unknown): error is TacetError {
  return error instanceof TacetError && error.code === 'ERR_LIST_VERSION';
}
