import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { BroadcastChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { errorFromData, TacetError } from '../errors.ts';
import { type KernelMemory, loadKernelMemory } from '../kernel/kernel-memory.ts';
import type { Matcher } from '../verdict/matcher.ts';
import { type AttachedSet, attachSet, matcherOf } from './attached-set.ts';
import { newScratch, type Scratch } from './batch-answerer.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ListSet } from './list-set.ts';
import {
  type BatchContext,
  type BatchTask,
  type ListSetHandle,
  type SetAttachment,
  type SlotBatch,
  UNKNOWN_SET,
  type WorkerInit,
} from './messages.ts';
import { collectGarbage } from './reclaim.ts';
import { allocateSlots, Slots, slotLayout } from './slots.ts';
import type { BatchResult, TaskResult } from './worker.ts';

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
/** One runs, one waits. */
const TASKS_PER_WORKER = 2;

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

/** A set as the pool keeps it, from its first use or {@link MatchPool.load} until it is retired. */
interface LoadedSet {
  readonly attachment: SetAttachment;
  readonly slots: Slots;
  /** This thread's own. */
  readonly attached: AttachedSet;
  /** For single numbers; attached to the mapped lists when first needed. */
  matcher: Matcher | undefined;
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
  readonly #piscina: Piscina<BatchTask, TaskResult>;
  readonly #channel: BroadcastChannel;
  readonly #inlineBytesMax: number;
  readonly #retriesMax: number;
  readonly #memory: SharedArrayBuffer;
  readonly #slotCount: number;
  readonly #scratch: Scratch;
  readonly #sets = new Map<number, LoadedSet>();
  readonly #busy: WorkerBusy;
  readonly #dispatcher: Dispatcher;
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
    this.#slotCount = options.batchesMax ?? Math.max(8, workers * 4);
    // One slot more, for what this thread answers itself.
    this.#memory = allocateSlots(layout.slotBytes * (this.#slotCount + 1));
    this.#slots = new Slots(layout, this.#slotCount, this.#memory);
    this.#scratch = newScratch(this.numbersMax);
    this.#busy = new WorkerBusy(workers);
    // A second task waits in the worker's port, so that it need not wait for this thread.
    this.#dispatcher = new Dispatcher(
      (batches, attachment) => this.#run(batches, attachment),
      workers * TASKS_PER_WORKER,
    );
    const channel = `tacet-pool-${randomUUID()}`;
    this.#channel = new BroadcastChannel(channel);
    this.#channel.unref();
    const init: WorkerInit = { memory: this.#memory, slotLayout: layout, channel };
    this.#piscina = new Piscina<BatchTask, TaskResult>({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      // The slots bound the queue; Piscina's own limit would only reject what was admitted.
      maxQueue: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: TASKS_PER_WORKER,
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
   * Piscina replaces a worker that dies, but none any more once one has died while it started; only
   * a task that finds no room makes it start another. So for every worker that is missing it is
   * given more tasks than there is room for, which do nothing.
   */
  #wakeSoon(): void {
    const timer = setTimeout(() => {
      const { length } = this.#piscina.threads;
      if (this.#destroyed || length >= this.#busy.workers) return;
      for (let task = 0; task <= length * TASKS_PER_WORKER; task++) {
        // If its worker dies as well, the next one is woken in the same way.
        this.#piscina.run(undefined as never, { name: 'wake' }).catch(() => undefined);
      }
      this.#wakeSoon();
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
      batchesWaiting: this.#waiting(),
      workerRestarts: Math.max(0, this.#created - this.#busy.workers),
      workerBusySeconds: this.#busy.seconds,
    };
  }

  #allSlots(): ReadonlySet<Slots> {
    return new Set([this.#slots, ...[...this.#sets.values()].map(({ slots }) => slots)]);
  }

  #waiting(): number {
    let waiting = 0;
    for (const slots of this.#allSlots()) waiting += slots.waiting;
    return waiting;
  }

  /**
   * Makes a set ready before its first request: copies its index for the WebAssembly kernel, off
   * the event loop. Returns the kernel that will serve it. A set that is not loaded is answered
   * from the mapped lists. Errors: ERR_IO, ERR_FORMAT_INDEX; ERR_OPTION where the kernel asked for
   * cannot serve the set.
   */
  async load(set: ListSetHandle): Promise<string> {
    const kernel = await this.#loadKernel(set);
    this.#sets.set(set.id, this.#attach(set, kernel));
    return kernel === undefined ? 'mapped' : 'wasm';
  }

  async #loadKernel(set: ListSetHandle): Promise<KernelMemory | undefined> {
    const [handle, another] = set.handles;
    if (set.kernel !== 'auto' && set.kernel !== 'wasm') return undefined;
    const { slotBytes } = this.#slots.layout;
    const kernel =
      handle === undefined || another !== undefined
        ? undefined
        : await loadKernelMemory(handle, slotBytes * (this.#slotCount + 1));
    if (kernel === undefined && set.kernel === 'wasm') {
      throw new TacetError('ERR_OPTION', {
        what: 'the kernel wasm cannot serve these lists',
        expected: 'one list with a directory, of less than 4 GiB',
        fix: 'Use the kernel auto',
      });
    }
    return kernel;
  }

  #attach(set: ListSetHandle, kernel: KernelMemory | undefined): LoadedSet {
    const { layout } = this.#slots;
    const { id, handles } = set;
    const attachment = { set: { id, handles, kernel: set.kernel }, kernel };
    const own = { memory: this.#memory, layout, scratch: this.#scratch };
    const slots =
      kernel === undefined
        ? this.#slots
        : new Slots(layout, this.#slotCount, kernel.memory.buffer, kernel.reserved);
    return { attachment, slots, attached: attachSet(attachment, own), matcher: undefined };
  }

  #loaded(set: ListSetHandle): LoadedSet {
    const known = this.#sets.get(set.id);
    if (known !== undefined) return known;
    const loaded = this.#attach(set, undefined);
    this.#sets.set(set.id, loaded);
    return loaded;
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
    const loaded = this.#loaded(set);
    const { optionsAllowed, signal } = options;
    if (request.length <= this.#inlineBytesMax) {
      return this.#answerInline(loaded, request, context, optionsAllowed);
    }
    this.#inFlight++;
    try {
      const slot = await loaded.slots.acquire(signal);
      try {
        return await this.#answerInSlot(loaded, slot, request, { context, optionsAllowed });
      } finally {
        loaded.slots.release(slot);
      }
    } finally {
      this.#inFlight--;
    }
  }

  /** Answers one request on this thread: for small ones, where the hop would cost more. */
  #answerInline(
    { slots, attached }: LoadedSet,
    request: Uint8Array,
    context: BatchContext,
    optionsAllowed: boolean,
  ): BatchAnswer {
    // Behind those that are handed out; nothing waits between writing and reading it.
    const slot = slots.count;
    const { start, end } = slots.write(slot, request);
    const place = { slotStart: slots.start(slot), start, end, optionsAllowed };
    const length = attached.answerer.answer(context, place);
    return { body: slots.read(slot, length), counts: slots.counts(slot) };
  }

  async #answerInSlot(
    { slots, attachment }: LoadedSet,
    slot: number,
    request: Uint8Array,
    batch: Pick<SlotBatch, 'context' | 'optionsAllowed'>,
  ): Promise<BatchAnswer> {
    const { start, end } = slots.write(slot, request);
    const place = { slotStart: slots.start(slot), start, end };
    const result = await this.#dispatcher.dispatch(attachment, { ...batch, ...place });
    if (typeof result !== 'number') throw errorFromData(result);
    this.#busy.add(slots.busy(slot));
    return { body: slots.read(slot, result), counts: slots.counts(slot) };
  }

  /** Runs a task until a worker survives it. Workers never write to the requests in the slots. */
  async #run(
    batches: readonly SlotBatch[],
    attachment: SetAttachment,
  ): Promise<readonly BatchResult[]> {
    let task: BatchTask = { setId: attachment.set.id, batches };
    for (let deaths = 0; ; ) {
      // Piscina would start a thread for a task given to it after its end.
      if (this.#destroyed) throw stopping();
      try {
        const results = await this.#piscina.run(task);
        if (results !== UNKNOWN_SET) return results;
      } catch (cause) {
        if (this.#destroyed) throw stopping(cause);
        if (++deaths > this.#retriesMax) {
          throw new TacetError('ERR_WORKER', {
            what: `the worker died ${deaths} times on one batch`,
            fix: 'Send the batch again; if it happens again, report it with the log',
            cause,
          });
        }
      }
      // To a worker that has not met the set, or to a new one.
      task = { ...task, attachment };
    }
  }

  /** This thread's matcher of a set, for single numbers; attaches to its lists the first time. */
  matcherOf(set: ListSetHandle): Matcher {
    const loaded = this.#loaded(set);
    loaded.matcher ??= matcherOf(set);
    return loaded.matcher;
  }

  /**
   * Makes every thread let go of a set and closes its files. Only when no request of it is under
   * way any more. Allowed after {@link destroy}, when no other thread is left.
   */
  retire(set: ListSet): void {
    set.close();
    this.#sets.delete(set.id);
    if (!this.#destroyed) this.#channel.postMessage({ retiredSetId: set.id });
    collectGarbage();
  }

  /** Ends all threads now; what is under way rejects with ERR_STOPPING. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    this.#channel.close();
    for (const slots of this.#allSlots()) slots.rejectWaiting(stopping());
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
