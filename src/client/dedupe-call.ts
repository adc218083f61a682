import { type Client, type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import { TacetError } from '../errors.ts';
import { VERDICT_UNREADABLE } from '../verdict/verdict.ts';
import { type DecodedResponse, decodeResponse } from '../wire/response-reader.ts';
import {
  type DedupeOptionsMessage,
  dedupeService,
  encodeOptions,
  type ListVersionMessage,
  type SummaryMessage,
} from '../wire/service.ts';
import { serverError } from './server-error.ts';

/** How a stream behaves; each with its default. */
export interface DedupeCallOptions {
  /** Region of numbers written nationally. Default: the server's. */
  readonly region?: string;
  /** Ask for registration dates. Default false. */
  readonly registrationDates?: boolean;
  /** 1-64 of [A-Za-z0-9._-], echoed in the summary. Default none. */
  readonly jobId?: string;
  /** On whose behalf, echoed in the summary. Default none. */
  readonly advertiser?: string;
  /** Answer from this list version only. Default whichever serves. */
  readonly listSha256?: string;
  /** Batches sent and not yet answered, at most. Default 16. */
  readonly batchesInFlightMax?: number;
  /** How often the stream is reopened without an answer in between. Default 5, 0 = never. */
  readonly reopensMax?: number;
  /** Whether a reopened stream may go on with a newer list version. Default true. */
  readonly acceptNewVersion?: boolean;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

/** The verdicts of one batch. */
export interface BatchVerdicts {
  /** One verdict a number, each 1 to 5, in order. */
  readonly verdicts: Uint8Array;
  /** Epoch days (0 = unknown) of the numbers on the list, in order, if asked for. */
  readonly registeredDays: Uint32Array;
}

/** What a whole stream was answered, all reopened parts of it together. */
export interface DedupeSummary extends SummaryMessage {
  /** The list versions it was answered from, each from which number on (0-based). */
  readonly versions: readonly AnsweredFrom[];
}

export interface AnsweredFrom {
  readonly firstNumber: number;
  readonly lists: readonly ListVersionMessage[];
}

/** A batch sent and not yet answered. */
interface Pending {
  readonly request: Uint8Array;
  readonly count: number;
  resolve(answer: BatchVerdicts): void;
  reject(error: Error): void;
}

const COUNT_FIELDS = [
  'callable',
  'blocked',
  'callable_opt_in',
  'not_covered',
  'unreadable',
] as const;

const REOPEN_DELAY_MS = 200;

/**
 * One `Dedupe` stream, made by `TacetClient.dedupe`. Batches go out as they are given, at most
 * `batchesInFlightMax` unanswered; answers come back in order. Where the server goes away or ends
 * the stream (UNAVAILABLE), it is opened again and what was not answered is sent again: the same
 * list version is asked for first, a newer one accepted if allowed, and both are recorded.
 */
export class DedupeCall {
  readonly #client: Client;
  readonly #options: DedupeCallOptions;
  readonly #pending: Pending[] = [];
  readonly #waiting: Array<() => void> = [];
  readonly #counts = [0, 0, 0, 0, 0, 0];
  readonly #versions: AnsweredFrom[] = [];
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;
  /** Counts of the stream as open now, to hold against its summary. */
  #streamCounts = [0, 0, 0, 0, 0, 0];
  #optionsSent = false;
  #pinned = false;
  #reopens = 0;
  #startedMs = 0;
  #finishing: { resolve(summary: DedupeSummary): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;
  #closed = false;

  constructor(client: Client, options: DedupeCallOptions) {
    this.#client = client;
    this.#options = options;
    options.signal?.addEventListener('abort', () => this.#fail(aborted()), { once: true });
    if (options.signal?.aborted === true) this.#fail(aborted());
    else this.#open({ pinned: false });
  }

  /** The list versions answered from so far. */
  get versions(): readonly AnsweredFrom[] {
    return this.#versions;
  }

  /**
   * Sends one batch, `request` being the wire bytes of the fields of `DedupeRequest` without
   * options, and resolves with its verdicts. Waits while `batchesInFlightMax` are unanswered.
   * Errors: ERR_SERVER, ERR_RECONCILE, ERR_CANCELLED, and the server's own.
   */
  async answer(request: Uint8Array, count: number): Promise<BatchVerdicts> {
    const inFlightMax = this.#options.batchesInFlightMax ?? 16;
    while (this.#pending.length >= inFlightMax && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
    return new Promise((resolve, reject) => {
      const pending: Pending = { request, count, resolve, reject };
      this.#pending.push(pending);
      this.#write(pending);
    });
  }

  /**
   * Half-closes and resolves with the summary once everything is answered.
   * Errors: as {@link answer}; ERR_RECONCILE when the server counted otherwise than this client.
   */
  finish(): Promise<DedupeSummary> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#finishing = { resolve, reject };
      this.#sendOptions();
      this.#stream?.end();
    });
  }

  /** Ends the stream without waiting for anything. */
  cancel(): void {
    this.#fail(aborted());
  }

  #open({ pinned }: { pinned: boolean }): void {
    const { path, requestSerialize, responseDeserialize } = dedupeService.Dedupe;
    const stream = this.#client.makeBidiStreamRequest<Buffer, Buffer>(
      path,
      requestSerialize,
      responseDeserialize,
    );
    this.#stream = stream;
    this.#optionsSent = false;
    this.#pinned = pinned;
    this.#streamCounts = [0, 0, 0, 0, 0, 0];
    stream.on('data', (bytes: Buffer) => {
      if (stream !== this.#stream) return;
      try {
        this.#take(decodeResponse(bytes));
      } catch (error) {
        this.#fail(error as Error);
      }
    });
    stream.on('error', (error: ServiceError) => {
      if (stream === this.#stream) this.#lost(error);
    });
  }

  #write(pending: Pending): void {
    // Bounded by batchesInFlightMax, so that what write() returns need not be waited for.
    this.#stream?.write(
      this.#optionsSent
        ? Buffer.from(pending.request.buffer, pending.request.byteOffset, pending.request.length)
        : Buffer.concat([this.#takeOptions(), pending.request]),
    );
  }

  #sendOptions(): void {
    if (!this.#optionsSent) this.#stream?.write(this.#takeOptions());
  }

  #takeOptions(): Buffer {
    this.#optionsSent = true;
    const { region, registrationDates, jobId, advertiser, listSha256 } = this.#options;
    const options: Partial<DedupeOptionsMessage> = {
      region: region ?? '',
      registration_dates: registrationDates ?? false,
      job_id: jobId ?? '',
      advertiser: advertiser ?? '',
      list_sha256: this.#pinned ? this.#lastSha256() : (listSha256 ?? ''),
    };
    return encodeOptions(options);
  }

  #lastSha256(): string {
    return this.#versions.at(-1)?.lists[0]?.sha256 ?? '';
  }

  #take(response: DecodedResponse): void {
    if (response.lists.length > 0) this.#noteVersion(response.lists);
    if (response.summary !== null) return this.#reconcile(response.summary);
    const pending = this.#pending[0];
    if (pending === undefined) {
      // The options alone, sent by finish() on a stream without a batch, are answered too.
      if (response.verdicts.length === 0) return;
      throw reconcile('an answer to nothing', 0, response.verdicts.length);
    }
    if (response.verdicts.length !== pending.count) {
      throw reconcile('verdicts of a batch', pending.count, response.verdicts.length);
    }
    for (const verdict of response.verdicts) {
      this.#counts[verdict] = (this.#counts[verdict] ?? 0) + 1;
      this.#streamCounts[verdict] = (this.#streamCounts[verdict] ?? 0) + 1;
    }
    this.#reopens = 0;
    this.#pending.shift();
    this.#waiting.shift()?.();
    pending.resolve(response);
  }

  #noteVersion(lists: readonly ListVersionMessage[]): void {
    if (this.#startedMs === 0) this.#startedMs = Date.now();
    const key = (all: readonly ListVersionMessage[]): string => all.map((l) => l.sha256).join();
    const last = this.#versions.at(-1);
    if (last !== undefined && key(last.lists) === key(lists)) return;
    this.#versions.push({ firstNumber: total(this.#counts), lists });
  }

  #reconcile(summary: SummaryMessage): void {
    COUNT_FIELDS.forEach((field, index) => {
      const counted = this.#streamCounts[index + 1] ?? 0;
      if (summary[field] !== counted) throw reconcile(field, counted, summary[field]);
    });
    if (this.#pending.length > 0 || summary.numbers !== total(this.#streamCounts)) {
      throw reconcile('numbers', total(this.#streamCounts), summary.numbers);
    }
    const finishing = this.#finishing;
    if (finishing === undefined) throw reconcile('a summary before the end', 0, summary.numbers);
    const [, callable = 0, blocked = 0, optIn = 0, notCovered = 0, unreadable = 0] = this.#counts;
    this.#closed = true;
    finishing.resolve({
      ...summary,
      numbers: total(this.#counts),
      callable,
      blocked,
      callable_opt_in: optIn,
      not_covered: notCovered,
      unreadable,
      started_unix_ms: Math.min(this.#startedMs, summary.started_unix_ms),
      versions: this.#versions,
    });
  }

  /** The stream broke: opens it again where that helps, fails otherwise. */
  #lost(error: ServiceError): void {
    if (this.#closed) return;
    const versionGone = error.code === status.FAILED_PRECONDITION && this.#pinned;
    const acceptNew = this.#options.acceptNewVersion ?? true;
    const mayAcceptNew = acceptNew && this.#options.listSha256 === undefined;
    if (versionGone && mayAcceptNew) return this.#reopen({ pinned: false });
    if (error.code !== status.UNAVAILABLE) return this.#fail(serverError(error));
    if (this.#reopens >= (this.#options.reopensMax ?? 5)) return this.#fail(serverError(error));
    const delayMs = REOPEN_DELAY_MS * 2 ** this.#reopens;
    this.#reopens++;
    const timer = setTimeout(() => this.#reopen({ pinned: this.#versions.length > 0 }), delayMs);
    this.#stream = undefined;
    this.#options.signal?.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  #reopen({ pinned }: { pinned: boolean }): void {
    if (this.#closed) return;
    this.#open({ pinned });
    for (const pending of this.#pending) this.#write(pending);
    if (this.#finishing === undefined) return;
    this.#sendOptions();
    this.#stream?.end();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failure = error;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    for (const pending of this.#pending.splice(0)) pending.reject(error);
    for (const wake of this.#waiting.splice(0)) wake();
    this.#finishing?.reject(error);
  }
}

function total(counts: readonly number[]): number {
  let sum = 0;
  for (let verdict = 1; verdict <= VERDICT_UNREADABLE; verdict++) sum += counts[verdict] ?? 0;
  return sum;
}

function reconcile(what: string, expected: number, got: number): TacetError {
  return new TacetError('ERR_RECONCILE', {
    what: `the server's answers do not reconcile: ${what}`,
    expected: String(expected),
    got: String(got),
    fix: 'Do not use the results; check that client and server are of the same version',
  });
}

function aborted(): TacetError {
  return new TacetError('ERR_CANCELLED', { what: 'the stream was cancelled' });
}
