import type { Client, ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { TacetError } from '../errors.ts';
import type { SummaryMessage } from '../wire/gen/messages.ts';
import {
  type BatchVerdicts,
  type DecodedResponse,
  decodeResponse,
} from '../wire/response-reader.ts';
import { dedupeService, encodeOptions } from '../wire/service.ts';
import { type AskedOptions, approachOf, askedFields } from './approach.ts';
import { assertCount } from './arguments.ts';
import { type Batch, EncodedBatch, encodeBatch } from './batch.ts';
import type { OpenCalls } from './open-calls.ts';
import {
  type AnsweredFrom,
  type DedupeSummary,
  mismatch,
  Reconciliation,
} from './reconciliation.ts';
import { Resumption, type ResumptionOptions } from './resumption.ts';
import { clientClosed } from './server-error.ts';

/** How a stream behaves; every option has a default. */
export interface DedupeCallOptions extends ResumptionOptions, AskedOptions {
  /** 1-64 of [A-Za-z0-9._-], echoed in the summary. Default none. */
  readonly jobId?: string;
  /** The most batches sent and not yet answered. Default 16. */
  readonly batchesInFlightMax?: number;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

/** A batch sent and not yet answered. */
interface Pending {
  readonly encoded: EncodedBatch;
  resolve(answer: BatchVerdicts): void;
  reject(error: Error): void;
}

/**
 * One `Dedupe` stream, made by `TacetClient.dedupe`. Batches are sent in the order given, at most
 * `batchesInFlightMax` of them unanswered; answers come back in that order. If the server goes away
 * or ends the stream, the stream is reopened (with a balancer, on another server), and unanswered
 * batches are sent again, for the same list version. If no server has that version any more, the
 * stream fails, or continues with another version and records both: see `onVersionGone`.
 */
export class DedupeCall {
  readonly #client: Client;
  readonly #options: DedupeCallOptions;
  /** Given by the caller and not yet sent. */
  readonly #queued: Pending[] = [];
  /** Sent, and not yet answered. */
  readonly #pending: Pending[] = [];
  readonly #reconciliation: Reconciliation;
  readonly #resumption: Resumption;
  readonly #onAbort = (): void => this.#fail(aborted());
  readonly #calls: OpenCalls;
  readonly #onClientClosed = (): void => this.#fail(clientClosed());
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;
  #optionsSent = false;
  #pinned = false;
  #reopens = 0;
  #reopenTimer: NodeJS.Timeout | undefined;
  #finished: Promise<DedupeSummary> | undefined;
  #finishing: { resolve(summary: DedupeSummary): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;
  #closed = false;

  constructor(client: Client, options: DedupeCallOptions, calls: OpenCalls) {
    assertCount(options.batchesInFlightMax, 'batchesInFlightMax', 1);
    assertCount(options.reopensMax, 'reopensMax', 0);
    assertCount(options.versionTriesMax, 'versionTriesMax', 0);
    approachOf(options);
    this.#client = client;
    this.#calls = calls;
    this.#options = options;
    this.#reconciliation = new Reconciliation(options);
    this.#resumption = new Resumption(options, calls.proxy);
    if (options.signal?.aborted === true) {
      this.#fail(aborted());
      return;
    }
    if (calls.closed) {
      this.#fail(clientClosed());
      return;
    }
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    calls.add(this.#onClientClosed);
    this.#open({ pinned: false });
  }

  /** How often the stream has been reopened. */
  get reopens(): number {
    return this.#reopens;
  }

  /** The list versions that have answered so far. */
  get versions(): readonly AnsweredFrom[] {
    return this.#reconciliation.versions;
  }

  /**
   * Sends one batch and resolves with its verdicts. The batch waits in memory until fewer than
   * `batchesInFlightMax` are unanswered: a caller with more than fits in memory should await an
   * older batch before sending another, as `TacetClient.verdicts` does. Not allowed after
   * {@link finish}.
   * Errors: ERR_REQUEST for a batch that no server would accept, ERR_SERVER, ERR_RECONCILE,
   * ERR_LIST_VERSION, ERR_CANCELLED, and the server's own.
   */
  send(batch: Batch | EncodedBatch): Promise<BatchVerdicts> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (this.#finished !== undefined) return reject(tooLate());
      const encoded = batch instanceof EncodedBatch ? batch : encodeBatch(batch);
      this.#queued.push({ encoded, resolve, reject });
      this.#send();
    });
  }

  /**
   * Half-closes after all batches given and resolves with the summary once they are answered.
   * Errors: as {@link send}; ERR_RECONCILE if the server's counts differ from this client's.
   */
  finish(): Promise<DedupeSummary> {
    this.#finished ??= new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#finishing = { resolve, reject };
      this.#send();
    });
    return this.#finished;
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
    this.#reconciliation.begin(this.#wantedSha256());
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
    // Comes after all data, even if the call failed: then `error` has come first.
    stream.on('end', () => {
      if (stream !== this.#stream) return;
      setImmediate(() => {
        if (stream === this.#stream) this.#fail(mismatch('a summary at the end', 1, 0));
      });
    });
  }

  /** Sends what may be sent now; half-closes after the last batch. */
  #send(): void {
    const stream = this.#stream;
    if (stream === undefined || stream.writableEnded) return;
    const inFlightMax = this.#options.batchesInFlightMax ?? 16;
    while (this.#pending.length < inFlightMax) {
      const next = this.#queued.shift();
      if (next === undefined) break;
      this.#pending.push(next);
      this.#write(stream, next);
    }
    if (this.#finishing === undefined || this.#queued.length > 0) return;
    if (!this.#optionsSent) stream.write(this.#takeOptions());
    stream.end();
  }

  #write(stream: ClientDuplexStream<Buffer, Buffer>, { encoded: { request } }: Pending): void {
    // batchesInFlightMax bounds what is buffered, so the result of write() can be ignored.
    stream.write(
      this.#optionsSent
        ? Buffer.from(request.buffer, request.byteOffset, request.length)
        : Buffer.concat([this.#takeOptions(), request]),
    );
  }

  #takeOptions(): Buffer {
    this.#optionsSent = true;
    const { jobId } = this.#options;
    return encodeOptions({
      ...askedFields(this.#options),
      jobId,
      listSha256: this.#wantedSha256(),
    });
  }

  /** The list version that the current stream must answer from; empty = whichever is served. */
  #wantedSha256(): string {
    const last = this.#pinned ? this.versions.at(-1)?.lists[0]?.sha256 : undefined;
    return this.#options.listSha256 ?? last ?? '';
  }

  #take(response: DecodedResponse): void {
    this.#reconciliation.takeParts(response);
    if (response.summary !== null) return this.#end(response.summary);
    const pending = this.#pending[0];
    if (pending === undefined) {
      // The options alone, which finish() sends if there was no batch, are answered too.
      if (response.verdicts.length === 0) return;
      throw mismatch('an answer to nothing', 0, response.verdicts.length);
    }
    this.#reconciliation.takeVerdicts(pending.encoded.count, response);
    this.#resumption.answered();
    this.#pending.shift();
    this.#send();
    const { verdicts, registeredDays, reasons, matchedLists } = response;
    pending.resolve({ verdicts, registeredDays, reasons, matchedLists });
  }

  #end(summary: SummaryMessage): void {
    const finishing = this.#finishing;
    if (finishing === undefined) throw mismatch('a summary before the end', 0, summary.numbers);
    const whole = this.#reconciliation.summarise(summary, this.#pending.length);
    this.#close();
    finishing.resolve(whole);
  }

  /** The stream broke: reopens it if that can help, otherwise fails. */
  #lost(error: ServiceError): void {
    const next = this.#resumption.after(error, {
      wantsVersion: this.#wantedSha256() !== '',
      hasVersion: this.versions.length > 0,
    });
    if ('failure' in next) return this.#fail(next.failure);
    const { pinned, delayMs } = next;
    this.#stream = undefined;
    this.#reopenTimer = setTimeout(() => this.#reopen({ pinned }), delayMs);
  }

  #reopen({ pinned }: { pinned: boolean }): void {
    this.#reopens++;
    this.#open({ pinned });
    // Opened one line above.
    const stream = this.#stream as ClientDuplexStream<Buffer, Buffer>;
    for (const pending of this.#pending) this.#write(stream, pending);
    this.#send();
  }

  #close(): void {
    this.#closed = true;
    this.#stream = undefined;
    clearTimeout(this.#reopenTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#calls.delete(this.#onClientClosed);
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    const stream = this.#stream;
    this.#close();
    this.#failure = error;
    // grpc-js forgets to reset a stream that is cancelled in the tick that opened it.
    setImmediate(() => stream?.cancel());
    for (const pending of this.#pending.splice(0)) pending.reject(error);
    for (const queued of this.#queued.splice(0)) queued.reject(error);
    this.#finishing?.reject(error);
  }
}

function tooLate(): TacetError {
  return new TacetError('ERR_REQUEST', {
    what: 'a batch after finish()',
    fix: 'Give all batches before, or open another stream',
  });
}

function aborted(): TacetError {
  return new TacetError('ERR_CANCELLED', { what: 'the stream was cancelled' });
}
