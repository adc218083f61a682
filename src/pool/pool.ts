import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { BroadcastChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type ErrorData, errorFromData, TacetError } from '../errors.ts';
import { attachList } from '../list/list.ts';
import { Matcher } from '../verdict/matcher.ts';
import { BatchAnswerer } from './batch-answerer.ts';
import type { ListSet } from './list-set.ts';
import type { BatchContext, BatchTask, ListSetHandle, WorkerInit } from './messages.ts';
import { collectGarbage } from './reclaim.ts';
import { Slots, slotLayout, VERDICT_COUNTS } from './slots.ts';
import type { BatchResult } from './worker.ts';

/** Sizes of a {@link MatchPool}; every one has a default. */
export interface MatchPoolOptions {
  /** Worker threads. Default: as many as the machine runs in parallel. At least 1. */
  readonly workers?: number;
  /** Numbers in one request, at most. Default 131,072. */
  readonly numbersMax?: number;
  /** Bytes of one request, at most. Default 2 MiB. */
  readonly messageBytesMax?: number;
  /** Batches in flight over all streams, at most. Default 4 per worker, at least 8. */
  readonly batchesMax?: number;
  /** Requests up to this size skip the hop to a worker. Default 4 KiB, 0 = none. */
  readonly inlineBytesMax?: number;
  /** How often a batch is run again after its worker died. Default 3. */
  readonly retriesMax?: number;
}

export const NUMBERS_MAX = 131_072;
export const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

/** Between the death of the last worker and the start of another: no busy loop if all die. */
const WAKE_DELAY_MS = 50;

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
  readonly workerRestarts: number;
  /** Seconds each worker has spent on batches, by its place 0..workers-1. */
  readonly workerBusySeconds: readonly number[];
}

/**
 * Answers requests from worker threads. A request is copied once into a slot of shared memory; a
 * worker decodes, looks up and encodes there; the answer is copied out. What waits for a slot waits
 * in the caller, so memory is bounded by the slots.
 */
export class MatchPool {
  readonly numbersMax: number;
  readonly messageBytesMax: number;
  readonly #slots: Slots;
  readonly #piscina: Piscina<BatchTask, BatchResult>;
  readonly #channel: BroadcastChannel;
  readonly #inlineBytesMax: number;
  readonly #retriesMax: number;
  readonly #answerer: BatchAnswerer;
  readonly #inlineResponse: Uint8Array;
  readonly #matchers = new Map<number, Matcher>();
  readonly #busy: WorkerBusy;
  #inFlight = 0;
  #destroyed = false;
  #created = 0;

  constructor(options: MatchPoolOptions = {}) {
    const workers = options.workers ?? availableParallelism();
    this.numbersMax = options.numbersMax ?? NUMBERS_MAX;
    this.messageBytesMax = options.messageBytesMax ?? MESSAGE_BYTES_MAX;
    this.#inlineBytesMax = options.inlineBytesMax ?? 4096;
    this.#retriesMax = options.retriesMax ?? 3;
    const layout = slotLayout(this);
    this.#slots = new Slots(layout, options.batchesMax ?? Math.max(8, workers * 4));
    this.#answerer = new BatchAnswerer(this.numbersMax);
    this.#inlineResponse = new Uint8Array(layout.responseBytes);
    this.#busy = new WorkerBusy(workers);
    const channel = `tacet-pool-${randomUUID()}`;
    this.#channel = new BroadcastChannel(channel);
    this.#channel.unref();
    const init: WorkerInit = { memory: this.#slots.memory, slotLayout: layout, channel };
    this.#piscina = new Piscina<BatchTask, BatchResult>({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      // The slots bound the queue; Piscina's own limit would only reject what was admitted.
      maxQueue: Number.POSITIVE_INFINITY,
      // A second task waits in the worker's port, so that it need not wait for the main thread.
      concurrentTasksPerWorker: 2,
      // 'sync' would block the event loop of an idle worker, and a retired list stay mapped.
      atomics: 'async',
      recordTiming: false,
      workerData: init,
    });
    this.#piscina.on('workerCreate', () => this.#created++);
    // A worker that dies with a batch rejects that batch, which is run again; one that dies idle
    // is replaced. Neither is an error of the pool.
    this.#piscina.on('error', () => undefined);
    this.#piscina.on('workerDestroy', () => this.#wakeSoon());
  }

  /**
   * Piscina replaces a worker that dies, but none any more once one has died while it started. Its
   * queue would wait for ever then: a task that does nothing makes it start a worker.
   */
  #wakeSoon(): void {
    const timer = setTimeout(() => {
      if (this.#destroyed || this.#piscina.threads.length > 0) return;
      // If its worker dies as well, the next one is woken in the same way.
      this.#piscina.run(undefined as never, { name: 'wake' }).catch(() => undefined);
    }, WAKE_DELAY_MS);
    // With a batch in flight, its caller waits for the answer: then the process must go on.
    if (this.#inFlight === 0) timer.unref();
  }

  /** The threads as they are now, for tests that kill them. */
  get threads(): Piscina['threads'] {
    return this.#piscina.threads;
  }

  get stats(): PoolStats {
    return {
      workers: this.#piscina.threads.length,
      batchesInFlight: this.#inFlight,
      batchesWaiting: this.#slots.waiting,
      workerRestarts: Math.max(0, this.#created - this.#busy.workers),
      workerBusySeconds: this.#busy.seconds,
    };
  }

  /**
   * Answers one request from the lists of `set`.
   *
   * `request` is only read until the promise settles. Waits while all slots are taken.
   * Errors: ERR_WIRE, ERR_REQUEST, ERR_LIMIT for the request; ERR_WORKER when its worker died more
   * than `retriesMax` times; ERR_CANCELLED on abort while waiting; ERR_STOPPING after destroy.
   */
  async answer(
    request: Uint8Array,
    set: ListSetHandle,
    context: BatchContext,
    options: { optionsAllowed: boolean; signal?: AbortSignal },
  ): Promise<BatchAnswer> {
    if (this.#destroyed) throw stopping();
    if (request.length > this.messageBytesMax) throw tooLong(this.messageBytesMax);
    if (request.length <= this.#inlineBytesMax) {
      return this.answerInline(request, set, context, options.optionsAllowed);
    }
    this.#inFlight++;
    try {
      const slot = await this.#slots.acquire(options.signal);
      try {
        return await this.#answerInSlot(slot, request, {
          set: { id: set.id, handles: set.handles, kernel: set.kernel },
          context,
          optionsAllowed: options.optionsAllowed,
        });
      } finally {
        this.#slots.release(slot);
      }
    } finally {
      this.#inFlight--;
    }
  }

  /** Answers one request on this thread: for small ones, where the hop would cost more. */
  answerInline(
    request: Uint8Array,
    set: ListSetHandle,
    context: BatchContext,
    optionsAllowed: boolean,
  ): BatchAnswer {
    const counts = new Int32Array(VERDICT_COUNTS);
    const length = this.#answerer.answer(this.matcherOf(set), context, {
      request,
      start: 0,
      end: request.length,
      optionsAllowed,
      response: this.#inlineResponse,
      responseStart: 0,
      counts,
    });
    return { body: Buffer.from(this.#inlineResponse.subarray(0, length)), counts: [...counts] };
  }

  async #answerInSlot(
    slot: number,
    request: Uint8Array,
    batch: Pick<BatchTask, 'set' | 'context' | 'optionsAllowed'>,
  ): Promise<BatchAnswer> {
    const { start, end } = this.#slots.write(slot, request);
    const task: BatchTask = { ...batch, slot, start, end };
    const result = await this.#run(task);
    this.#busy.add(this.#slots.busy(slot));
    if (typeof result !== 'number') throw errorFromData(result);
    return { body: this.#slots.read(slot, result), counts: this.#slots.counts(slot) };
  }

  /** Runs a task until a worker survives it. The request in the slot is never written by workers. */
  async #run(task: BatchTask): Promise<number | ErrorData> {
    for (let attempt = 0; ; attempt++) {
      // Piscina would start a thread for a task given to it after its end.
      if (this.#destroyed) throw stopping();
      try {
        return await this.#piscina.run(task);
      } catch (cause) {
        if (this.#destroyed) throw stopping(cause);
        if (attempt >= this.#retriesMax) {
          throw new TacetError('ERR_WORKER', {
            what: `the worker died ${attempt + 1} times on one batch`,
            fix: 'Send the batch again; if it happens again, report it with the log',
            cause,
          });
        }
      }
    }
  }

  /** This thread's matcher of a set; attaches to its lists the first time. */
  matcherOf(set: ListSetHandle): Matcher {
    const known = this.#matchers.get(set.id);
    if (known !== undefined) return known;
    const matcher = new Matcher(set.handles.map((handle) => attachList(handle, set.kernel)));
    this.#matchers.set(set.id, matcher);
    return matcher;
  }

  /**
   * Makes every thread let go of a set and closes its files. Only when no request of it is under
   * way any more. Allowed after {@link destroy}, when no other thread is left.
   */
  retire(set: ListSet): void {
    set.close();
    this.#matchers.delete(set.id);
    if (!this.#destroyed) this.#channel.postMessage({ retiredSetId: set.id });
    collectGarbage();
  }

  /** Ends all threads now; what is under way rejects with ERR_STOPPING. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    this.#channel.close();
    this.#slots.rejectWaiting(stopping());
    await this.#piscina.destroy();
  }
}

/** Seconds of work by place, however often the thread at that place was replaced. */
class WorkerBusy {
  readonly workers: number;
  readonly seconds: number[];
  /** The thread last seen at each place. */
  readonly #threadIds: number[];

  constructor(workers: number) {
    this.workers = workers;
    this.seconds = new Array<number>(workers).fill(0);
    this.#threadIds = new Array<number>(workers).fill(-1);
  }

  add({ threadId, busyMs }: { threadId: number; busyMs: number }): void {
    let place = this.#threadIds.indexOf(threadId);
    if (place < 0) {
      // A thread not seen before takes an empty place, else that of the oldest, which has died:
      // ids grow, and no more than `workers` threads live at once.
      const empty = this.#threadIds.indexOf(-1);
      place = empty >= 0 ? empty : this.#threadIds.indexOf(Math.min(...this.#threadIds));
      this.#threadIds[place] = threadId;
    }
    this.seconds[place] = (this.seconds[place] ?? 0) + busyMs / 1000;
  }
}

function stopping(cause?: unknown): TacetError {
  return new TacetError('ERR_STOPPING', { what: 'the pool is shutting down', cause });
}

function tooLong(messageBytesMax: number): TacetError {
  return new TacetError('ERR_LIMIT', {
    what: 'the message is too long',
    expected: `at most ${messageBytesMax} bytes`,
    fix: 'Split the batch; GetLists tells the limits',
  });
}
