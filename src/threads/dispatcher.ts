import type { JudgeSource } from '../engine/judge.ts';
import type { SlotBatch } from './messages.ts';
import type { BatchResult } from './worker.ts';

/** Most batches per task: with more, the cost of waking a thread is already negligible. */
const TASK_BATCHES_MAX = 4;

/** A batch that waits for a worker or is being answered by one. */
interface Waiting {
  readonly source: JudgeSource;
  readonly batch: SlotBatch;
  resolve(result: BatchResult): void;
  reject(error: unknown): void;
}

/** Runs batches of one source on any worker, one result each; rejects if workers died too often. */
type RunTask = (
  batches: readonly SlotBatch[],
  source: JudgeSource,
) => Promise<readonly BatchResult[]>;

/**
 * Groups batches into tasks. While a worker is idle, each batch goes out alone and at once. Batches
 * that arrive while all are busy go out together when a worker is done, up to TASK_BATCHES_MAX of
 * the same source.
 *
 *   batches --> [ waiting ] --> tasks, at most tasksMax at once --> workers
 */
export class Dispatcher {
  readonly #run: RunTask;
  readonly #tasksMax: number;
  readonly #waiting: Waiting[] = [];
  #tasks = 0;

  constructor(run: RunTask, tasksMax: number) {
    this.#run = run;
    this.#tasksMax = tasksMax;
  }

  /** Has any worker answer one batch. Rejects as `run` does. */
  dispatch(source: JudgeSource, batch: SlotBatch): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ source, batch, resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#tasks < this.#tasksMax && this.#waiting.length > 0) {
      const group = this.#takeGroup();
      this.#tasks++;
      void this.#answer(group).finally(() => {
        this.#tasks--;
        this.#pump();
      });
    }
  }

  /** The oldest batch and the following ones that may share its task. */
  #takeGroup(): Waiting[] {
    // Split among the tasks that may still start, so that no worker is left idle.
    const free = this.#tasksMax - this.#tasks;
    const sizeMax = Math.min(TASK_BATCHES_MAX, Math.ceil(this.#waiting.length / free));
    const source = this.#waiting[0]?.source;
    let size = 1;
    while (size < sizeMax && this.#waiting[size]?.source === source) size++;
    return this.#waiting.splice(0, size);
  }

  async #answer(group: readonly Waiting[]): Promise<void> {
    const source = group[0]?.source;
    if (source === undefined) return;
    const batches = group.map(({ batch }) => batch);
    try {
      const results = await this.#run(batches, source);
      for (const [index, { resolve, reject }] of group.entries()) {
        const result = results[index];
        if (result === undefined) reject(new Error('a worker left a batch without an answer'));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
