import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type ErrorData, type ErrorDetail, errorFromData, TacetError } from '../errors.ts';

/** What a module for {@link Threads} exports. */
export interface ThreadModule<Task = unknown, Reply = unknown> {
  /** Called once a thread. What the handler throws rejects the task. */
  startThread(data: unknown): ThreadHandler<Task, Reply>;
  /** Memory of a reply that is handed over instead of copied; default none. */
  memoryOf?(reply: Reply): readonly ArrayBuffer[];
}

/**
 * Does one task. `place`, from 0: no two threads that live have the same, and one that replaces a
 * dead one has its place.
 */
export type ThreadHandler<Task, Reply> = (task: Task, place: number) => Reply | Promise<Reply>;

/** How {@link Threads} are started. */
export interface ThreadsOptions {
  /** URL of a module that is a {@link ThreadModule}. */
  readonly module: string;
  /** What each thread is started with. Structured-cloneable. */
  readonly data?: unknown;
  /** How many threads there are, 1 or more. */
  readonly count: number;
  /** How often a task is run again after its thread died. */
  readonly retriesMax: number;
  /** What ERR_WORKER says when a task was given up, after so many deaths. */
  readonly died: (deaths: number) => Omit<ErrorDetail, 'cause'>;
}

/** What a thread is started with. */
export interface ThreadInit {
  readonly module: string;
  readonly data: unknown;
  /** Id of the thread at each place; 0 = free. */
  readonly places: Int32Array;
}

/** What a thread answers. An Error would lose its class and code on the way. */
export type ThreadReply<Reply> = { readonly reply: Reply } | { readonly error: ErrorData };

/** One runs, one waits in the thread's port, so that it need not wait for this thread. */
export const TASKS_PER_THREAD = 2;

/** Between the death of a thread and a look at whether it was replaced; doubles if all die. */
const WAKE_DELAY_MS = 50;
const WAKE_DELAY_MAX_MS = 5000;

/**
 * Threads that do the tasks of one module. Each task goes to the thread that has least to do; a
 * thread that dies is replaced, and its tasks are run again or given up, as the options say.
 * Importing this takes some 15 ms: where files may be small, only once threads are wanted.
 */
export class Threads<Task, Reply> {
  readonly count: number;
  readonly #piscina: Piscina<Task, ThreadReply<Reply>>;
  readonly #options: ThreadsOptions;
  readonly #places: Int32Array;
  #created = 0;
  #running = 0;
  #destroyed = false;

  constructor(options: ThreadsOptions) {
    const { module, data, count } = options;
    this.count = count;
    this.#options = options;
    this.#places = new Int32Array(new SharedArrayBuffer(count * 4));
    const workerData: ThreadInit = { module, data, places: this.#places };
    this.#piscina = new Piscina({
      filename: new URL('./thread-entry.cjs', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      // Callers bound what they give; Piscina's own limit would only reject it.
      maxQueue: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
      // 'sync' would block the event loop of an idle thread, which hears of retired lists on it.
      atomics: 'async',
      recordTiming: false,
      workerData,
    });
    this.#piscina.on('workerCreate', () => this.#created++);
    // A thread that dies with tasks rejects them, one that dies idle is replaced: no error here.
    this.#piscina.on('error', () => undefined);
    this.#piscina.on('workerDestroy', () => {
      // Still among the threads until Piscina is done with it.
      queueMicrotask(() => this.#freePlaces());
      this.#wakeSoon();
    });
  }

  /** The threads as they are now. */
  get threads(): readonly Worker[] {
    return this.#piscina.threads;
  }

  /** How many threads died and were replaced. */
  get restarts(): number {
    return Math.max(0, this.#created - this.count);
  }

  /**
   * Has a task done. What the handler throws is rebuilt from data.
   *
   * @param options `again`: what is run after a thread died with it, default the task itself;
   *   `memory`: memory of the task that is handed over instead of copied, so that it cannot be run
   *   again
   * Errors: those of the handler; ERR_WORKER when threads died with it more often than `retriesMax`
   * allows; ERR_STOPPING after {@link destroy}.
   */
  async run(
    task: Task,
    options: { readonly again?: Task; readonly memory?: readonly ArrayBuffer[] } = {},
  ): Promise<Reply> {
    const { again = task, memory = [] } = options;
    this.#running++;
    try {
      const answer = await this.#runUntilSurvived(task, again, [...memory]);
      if ('error' in answer) throw errorFromData(answer.error);
      return answer.reply;
    } finally {
      this.#running--;
    }
  }

  async #runUntilSurvived(
    first: Task,
    again: Task,
    transferList: ArrayBuffer[],
  ): Promise<ThreadReply<Reply>> {
    const { retriesMax, died } = this.#options;
    for (let deaths = 0, task = first; ; task = again) {
      // Piscina would start a thread for a task given to it after its end.
      if (this.#destroyed) throw stopping();
      try {
        return await this.#piscina.run(task, { transferList });
      } catch (cause) {
        if (this.#destroyed) throw stopping(cause);
        if (++deaths > retriesMax) throw new TacetError('ERR_WORKER', { ...died(deaths), cause });
      }
    }
  }

  #freePlaces(): void {
    const living = this.threads.map(({ threadId }) => threadId);
    for (const [place, id] of this.#places.entries()) {
      if (!living.includes(id)) Atomics.compareExchange(this.#places, place, id, 0);
    }
  }

  /**
   * Piscina replaces a thread that dies, but none any more once one has died while it started; only
   * a task that finds no room makes it start another. So for every thread that is missing it is
   * given more tasks than there is room for, which do nothing.
   */
  #wakeSoon(delayMs = WAKE_DELAY_MS): void {
    const timer = setTimeout(() => {
      const { length } = this.threads;
      if (this.#destroyed || length >= this.count) return;
      for (let task = 0; task <= length * TASKS_PER_THREAD; task++) {
        this.#piscina.run(undefined as Task, { name: 'wake' }).catch(() => undefined);
      }
      this.#wakeSoon(Math.min(delayMs * 2, WAKE_DELAY_MAX_MS));
    }, delayMs);
    // While a task is awaited, the process must go on.
    if (this.#running === 0) timer.unref();
  }

  /** Ends all threads now; tasks under way reject with ERR_STOPPING. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    await this.#piscina.destroy();
  }
}

function stopping(cause?: unknown): TacetError {
  return new TacetError('ERR_STOPPING', { what: 'the threads are being shut down', cause });
}
