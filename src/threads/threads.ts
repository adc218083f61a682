import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type ErrorData, type ErrorDetail, errorFromData, TacetError } from '../errors.ts';

/** What a module for {@link Threads} exports. */
export interface ThreadModule<Task = unknown, Reply = unknown> {
  /** Called once per thread. An error thrown by the handler rejects the task. */
  startThread(data: unknown): ThreadHandler<Task, Reply>;
}

/**
 * Does one task. `place` counts from 0: no two live threads share one, and a replacement takes the
 * place of the dead thread.
 */
export type ThreadHandler<Task, Reply> = (task: Task, place: number) => Reply | Promise<Reply>;

/** How {@link Threads} are started. */
export interface ThreadsOptions {
  /** URL of a {@link ThreadModule}. */
  readonly module: string;
  /** What each thread is started with. Structured-cloneable. */
  readonly data?: unknown;
  /** How many threads there are, 1 or more. */
  readonly count: number;
  /** How often a task is retried after its thread died. */
  readonly retriesMax: number;
  /**
   * How an idle thread waits for tasks; Piscina's `sync` would block its event loop, which receives
   * news of retired lists. Default `async`; `disabled` takes 4 % less CPU where tasks are few.
   */
  readonly atomics?: 'async' | 'disabled';
  /** The text of ERR_WORKER for a task that was given up after this many deaths. */
  readonly died: (deaths: number) => Omit<ErrorDetail, 'cause'>;
}

/** What a thread is started with. */
export interface ThreadInit {
  readonly module: string;
  readonly data: unknown;
  /** Id of the thread at each place; 0 = free. */
  readonly places: Int32Array;
}

/** What a thread answers. Errors travel as data: an Error would lose its class and code. */
export type ThreadReply<Reply> = { readonly reply: Reply } | { readonly error: ErrorData };

/** One runs and one waits in the thread's port, so that the thread need not wait for this one. */
export const TASKS_PER_THREAD = 2;

/** Delay between a thread's death and checking that it was replaced; doubles if all die. */
const WAKE_DELAY_MS = 50;
const WAKE_DELAY_MAX_MS = 5000;

/**
 * Threads that do the tasks of one module. Each task goes to the least busy thread. A thread that
 * dies is replaced, and its tasks are retried or given up, as the options say. Importing this
 * module takes about 15 ms: if files may be small, import it only once threads are needed.
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
    const { module, data, count, atomics = 'async' } = options;
    this.count = count;
    this.#options = options;
    this.#places = new Int32Array(new SharedArrayBuffer(count * 4));
    const workerData: ThreadInit = { module, data, places: this.#places };
    this.#piscina = new Piscina({
      filename: new URL('./thread-entry.cjs', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      // Callers bound their tasks; Piscina's own limit would only reject some.
      maxQueue: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
      atomics,
      recordTiming: false,
      workerData,
    });
    this.#piscina.on('workerCreate', () => this.#created++);
    // A dying thread rejects its tasks, and an idle one is just replaced: no error to handle here.
    this.#piscina.on('error', () => undefined);
    this.#piscina.on('workerDestroy', () => {
      // Piscina still lists the thread until it is done with it.
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
   * Has a thread do a task. Errors of the handler are rebuilt from data.
   *
   * @param again the task to run after a thread died with this one
   * Errors: those of the handler; ERR_WORKER if threads died with it more often than `retriesMax`
   * allows; ERR_STOPPING after {@link destroy}.
   */
  async run(task: Task, again: Task = task): Promise<Reply> {
    this.#running++;
    try {
      const answer = await this.#runUntilSurvived(task, again);
      if ('error' in answer) throw errorFromData(answer.error);
      return answer.reply;
    } finally {
      this.#running--;
    }
  }

  async #runUntilSurvived(first: Task, again: Task): Promise<ThreadReply<Reply>> {
    const { retriesMax, died } = this.#options;
    for (let deaths = 0, task = first; ; task = again) {
      // After its end Piscina would still start a thread for a task.
      if (this.#destroyed) throw stopping();
      try {
        return await this.#piscina.run(task);
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
   * Piscina replaces threads that die, but stops once one has died while starting. After that it
   * starts a thread only for a task that finds no room, so this gives it empty tasks, more than
   * there is room for, for every missing thread.
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
    // The process must stay alive while a task is awaited.
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
