import { strict as assert } from 'node:assert';
import { availableParallelism } from 'node:os';
import type { JudgeSource } from '../engine/judge.ts';
import type { KeyJudge } from '../engine/key-judge.ts';
import type { ListSet } from '../engine/list-set.ts';
import { errorFromData, TacetError } from '../errors.ts';
import { MESSAGE_BYTES_MAX, NUMBERS_MAX } from '../options/limits.ts';
import { messageTooLong } from '../wire/request.ts';
import { Dispatcher } from './dispatcher.ts';
import { InlineShare, LONG_BATCHES, SHORT_BATCHES } from './inline-share.ts';
import { type LoadedSet, LoadedSets } from './loaded-sets.ts';
import {
  type BatchContext,
  type BatchTask,
  type SlotBatch,
  UNKNOWN_SOURCE,
  type WorkerInit,
} from './messages.ts';
import { Retirement } from './retirement.ts';
import { type AnsweredKeys, slotLayout } from './slots.ts';
import { TASKS_PER_THREAD, Threads } from './threads.ts';
import type { BatchResult, TaskResult } from './worker.ts';

/** Sizes of a {@link MatchPool}; every one has a default. */
export interface MatchPoolOptions {
  /** Worker threads. Default: as many as the machine runs in parallel. At least 1. */
  readonly workers?: number;
  /** The most numbers in one request. Default 131,072. */
  readonly numbersMax?: number;
  /** The most bytes in one request. Default 2 MiB. */
  readonly messageBytesMax?: number;
  /** The most batches in flight over all streams. Default 4 per worker, at least 8. */
  readonly batchesMax?: number;
  /**
   * Requests up to this size may skip the hop to a worker: those up to 4 KiB always do, larger ones
   * while this thread has time to spare. Default 4 KiB, 0 = none.
   */
  readonly inlineBytesMax?: number;
  /** The largest index that {@link MatchPool.copyIndex} copies, in bytes. Default 0 = none. */
  readonly copiedIndexBytesMax?: number;
  /** How often a batch is retried after its worker died. Default 3. */
  readonly retriesMax?: number;
  /** Allocates the bytes of an answer. Default: a new Buffer. */
  readonly allocate?: (bytes: number) => Buffer;
}

/** Requests up to this size take less time than the hop to a worker, and than reading the clock. */
const INLINE_BYTES = 4096;
/** Giving away a shorter request saves this thread nothing and costs a worker's time. */
const INLINE_MS = 0.25;
/** From here on the hop is a small part of what a request takes. */
const LONG_MS = 1;

/** How {@link MatchPool.answer} answers. */
interface AnswerOptions {
  readonly optionsAllowed: boolean;
  /** Ends the wait for a slot. */
  readonly signal?: AbortSignal;
  /** Shown the keys once they are answered, before the answer is out; what it throws rejects. */
  readonly witness?: ((answered: AnsweredKeys) => void) | undefined;
}

/** The answer to one request. */
export interface BatchAnswer {
  /** Bytes of a `DedupeResponse` with verdicts and, if wanted, registration days. */
  readonly body: Buffer;
  /** Counts by verdict; index 0 stays 0. */
  readonly counts: readonly number[];
}

/** What the pool has done so far, for metrics. */
export interface PoolStats {
  readonly workers: number;
  readonly batchesInFlight: number;
  readonly batchesWaiting: number;
  /** The most batches that have a slot at once. */
  readonly batchesMax: number;
  readonly workerRestarts: number;
  /** Seconds each worker has spent on batches, by place 0..workers-1. */
  readonly workerBusySeconds: readonly number[];
  /** Seconds this thread has spent on batches it answered itself. */
  readonly inlineBusySeconds: number;
}

/**
 * Answers requests on worker threads. A request is copied once into a slot of shared memory; a
 * worker decodes, looks up and encodes there; the answer is copied out. Requests without a slot
 * wait in the caller, so the slots bound the memory.
 */
export class MatchPool {
  readonly numbersMax: number;
  readonly messageBytesMax: number;
  readonly #threads: Threads<BatchTask, TaskResult>;
  readonly #retirement = new Retirement();
  readonly #batchesMax: number;
  readonly #inlineBytesMax: number;
  readonly #allocate: (bytes: number) => Buffer;
  readonly #sets: LoadedSets;
  readonly #busySeconds: number[];
  readonly #dispatcher: Dispatcher;
  readonly #shortShare = new InlineShare(SHORT_BATCHES);
  readonly #longShare = new InlineShare(LONG_BATCHES);
  /** A moving average, by the first byte of the request, which tells numbers from text. */
  readonly #inlineMsPerByte = new Float64Array(256);
  #inlineBusyMs = 0;
  #inFlight = 0;
  #destroyed = false;

  constructor(options: MatchPoolOptions = {}) {
    const workers = options.workers ?? availableParallelism();
    this.numbersMax = options.numbersMax ?? NUMBERS_MAX;
    this.messageBytesMax = options.messageBytesMax ?? MESSAGE_BYTES_MAX;
    this.#inlineBytesMax = options.inlineBytesMax ?? INLINE_BYTES;
    this.#allocate = options.allocate ?? Buffer.allocUnsafe;
    const layout = slotLayout(this);
    this.#batchesMax = options.batchesMax ?? Math.max(8, workers * 4);
    const { copiedIndexBytesMax = 0 } = options;
    this.#sets = new LoadedSets(layout, this.#batchesMax, copiedIndexBytesMax);
    this.#busySeconds = new Array<number>(workers).fill(0);
    this.#dispatcher = new Dispatcher(
      (batches, source) => this.#run(batches, source),
      workers * TASKS_PER_THREAD,
    );
    const { channelName: channel } = this.#retirement;
    const data: WorkerInit = { slotLayout: layout, channel };
    this.#threads = new Threads({
      module: new URL('./worker.js', import.meta.url).href,
      data,
      count: workers,
      retriesMax: options.retriesMax ?? 3,
      died: (deaths) => ({
        what: `the worker died ${deaths} times on one batch`,
        fix: 'Send the batch again; if it happens again, report it with the log',
      }),
    });
  }

  /** The threads as they are now, for tests that kill them. */
  get threads(): Threads<BatchTask, TaskResult>['threads'] {
    return this.#threads.threads;
  }

  get stats(): PoolStats {
    return {
      workers: this.#threads.threads.length,
      batchesInFlight: this.#inFlight,
      batchesWaiting: this.#sets.waiting,
      batchesMax: this.#batchesMax,
      workerRestarts: this.#threads.restarts,
      workerBusySeconds: this.#busySeconds,
      inlineBusySeconds: this.#inlineBusyMs / 1000,
    };
  }

  /**
   * Prepares a set before its first request without blocking the event loop; see
   * {@link LoadedSets.load}. A set that is not loaded answers from its mapped lists.
   */
  load(set: ListSet): Promise<'wasm' | 'mapped'> {
    return this.#sets.load(set);
  }

  /**
   * Gives this thread an index of its own for the set that most requests will ask; see
   * {@link LoadedSets.copyIndex}.
   */
  copyIndex(set: ListSet): Promise<void> {
    return this.#sets.copyIndex(set);
  }

  /**
   * Answers one request from the lists of `set`.
   *
   * `request` is not read after the promise settles. Waits while all slots are taken.
   * Errors: ERR_WIRE, ERR_REQUEST, ERR_LIMIT for the request; ERR_WORKER if its worker died more
   * than `retriesMax` times; ERR_CANCELLED on abort while waiting; ERR_STOPPING after destroy.
   */
  async answer(
    request: Uint8Array,
    set: ListSet,
    context: BatchContext,
    options: AnswerOptions,
  ): Promise<BatchAnswer> {
    if (this.#destroyed) throw stopping();
    if (request.length > this.messageBytesMax)
      throw messageTooLong(this.messageBytesMax, request.length);
    const loaded = this.#sets.get(set);
    const { signal } = options;
    if (this.#isInline(request)) return this.#answerInline(loaded, request, context, options);
    this.#inFlight++;
    try {
      const slot = await loaded.slots.acquire(signal);
      try {
        return await this.#answerInSlot(loaded, slot, request, { context, ...options });
      } finally {
        loaded.slots.release(slot);
      }
    } finally {
      this.#inFlight--;
    }
  }

  /** Whether this thread answers a request itself. */
  #isInline(request: Uint8Array): boolean {
    const { length } = request;
    if (length > this.#inlineBytesMax) return false;
    const inlineMs = (this.#inlineMsPerByte[request[0] ?? 0] ?? 0) * length;
    if (length <= INLINE_BYTES || inlineMs < INLINE_MS) return true;
    return (inlineMs < LONG_MS ? this.#shortShare : this.#longShare).take();
  }

  /** Answers one request on this thread. */
  #answerInline(
    { inline: { slots, answerer } }: LoadedSet,
    request: Uint8Array,
    context: BatchContext,
    { optionsAllowed, witness }: AnswerOptions,
  ): BatchAnswer {
    const startMs = performance.now();
    const slot = 0;
    const { start, end } = slots.write(slot, request);
    const slotStart = slots.start(slot);
    const length = answerer.answer({ context, optionsAllowed, slotStart, start, end });
    witness?.(slots.answered(slot));
    const tookMs = performance.now() - startMs;
    this.#inlineBusyMs += tookMs;
    const kind = request[0] ?? 0;
    const [known = 0, seen] = [this.#inlineMsPerByte[kind], tookMs / request.length];
    // Averaged: one momentary delay does not make the thread slow.
    this.#inlineMsPerByte[kind] = known === 0 ? seen : known + (seen - known) / 16;
    return { body: slots.read(slot, this.#allocate(length)), counts: slots.counts(slot) };
  }

  async #answerInSlot(
    { slots, source }: LoadedSet,
    slot: number,
    request: Uint8Array,
    { context, optionsAllowed, witness }: AnswerOptions & Pick<SlotBatch, 'context'>,
  ): Promise<BatchAnswer> {
    const { start, end } = slots.write(slot, request);
    const slotStart = slots.start(slot);
    const batch = { context, optionsAllowed, slotStart, start, end };
    const result = await this.#dispatcher.dispatch(source, batch);
    if (typeof result !== 'number') throw errorFromData(result);
    witness?.(slots.answered(slot));
    const { place: worker, busyMs } = slots.busy(slot);
    this.#busySeconds[worker] = (this.#busySeconds[worker] ?? 0) + busyMs / 1000;
    return { body: slots.read(slot, this.#allocate(result)), counts: slots.counts(slot) };
  }

  /** Has any worker answer batches. Workers never write to the requests in the slots. */
  async #run(batches: readonly SlotBatch[], source: JudgeSource): Promise<readonly BatchResult[]> {
    const task: BatchTask = { sourceId: source.id, batches };
    // For a worker that does not know the source, such as a new one.
    const again = { ...task, source };
    const results = await this.#threads.run(task, again);
    if (results !== UNKNOWN_SOURCE) return results;
    const second = await this.#threads.run(again);
    assert(second !== UNKNOWN_SOURCE, 'a worker knows a source that it was given');
    return second;
  }

  /** This thread's judge of a set, for single numbers. */
  keyJudgeOf(set: ListSet): KeyJudge {
    return this.#sets.get(set).inline.keyJudge;
  }

  /**
   * Makes every thread drop a set and closes its files. Call only when no request of the set is
   * under way. Allowed after {@link destroy}, when no other thread is left.
   */
  retire(set: ListSet): void {
    set.close();
    this.#retirement.retire(this.#sets.delete(set));
  }

  /** Ends all threads now; requests under way reject with ERR_STOPPING. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    this.#retirement.close();
    this.#sets.rejectWaiting(stopping());
    await this.#threads.destroy();
  }
}

function stopping(): TacetError {
  return new TacetError('ERR_STOPPING', { what: 'the pool is shutting down' });
}
