import { Worker } from 'node:worker_threads';
import { errorFromData, TacetError } from '../../errors.ts';
import { openLocalJudge } from '../judge/thread-judge.ts';
import type { LocalJudge } from '../options.ts';
import type { BlockMemory } from './block-memory.ts';
import { type BlockReply, type BlockTask, BlockWorker, memoryOf } from './block-worker.ts';
import type { Block } from './blocks.ts';
import type { RowRange } from './rows.ts';
import type { AnsweredRows, JudgedRows, ScannedRows, SettledRows } from './scan.ts';
import type { ScanPlan } from './scan-plan.ts';
import type { ScanStart, ThreadReply } from './scan-thread.ts';

/** Finds the rows of blocks; answers come as they are done, whoever asked first. */
export interface Scanners {
  /**
   * Finds rows and, where they are matched here, judges them and puts them where they are written
   * from: all that is valid until the next call for the same block. Perhaps not all rows of the
   * range.
   */
  scan(block: Block, range: RowRange): Promise<ScannedRows | JudgedRows>;
  /** Settles the rows of the last scan and puts them where they are written from, valid as long. */
  settle(block: Block, answered: AnsweredRows): Promise<SettledRows>;
  /** Ends the threads; blocks under way are left unanswered. */
  close(): Promise<void>;
}

/** Blocks in use at once: two a thread, scanned and waiting; one being filled, one written. */
export function blocksMaxOf(threads: number): number {
  return threads * 2 + 2;
}

/** Scans on this thread: for files that are done before a thread has started. */
export async function scanHere(
  plan: ScanPlan,
  memory: BlockMemory,
  local: LocalJudge | undefined,
): Promise<Scanners> {
  const judge = local && (await openLocalJudge(local, 0));
  const worker = new BlockWorker(plan, memory, 0, judge);
  return {
    // The reply to a range is rows, to answered rows what became of them.
    scan: async ({ address }, range) => worker.run({ address, range }) as ScannedRows | JudgedRows,
    settle: async ({ address }, answered) => worker.run({ address, answered }) as SettledRows,
    close: async () => undefined,
  };
}

interface Waiting {
  resolve(reply: BlockReply): void;
  reject(error: unknown): void;
}

interface ScanThread {
  readonly worker: Worker;
  /** Who waits for its tasks, in the order it was given them. */
  readonly waiting: Waiting[];
  /** Resolves when it is gone, however it went. */
  readonly ended: Promise<void>;
}

/**
 * Scans on threads. Blocks lie in shared memory; each goes to the thread that has least to do.
 * A thread that dies fails the run: nothing has been published, and it can be begun again.
 */
export class ScanThreads implements Scanners {
  readonly #threads: readonly ScanThread[];
  #failure: TacetError | undefined;

  constructor(plan: ScanPlan, memory: BlockMemory, local: LocalJudge | undefined) {
    this.#threads = Array.from({ length: memory.sizes.threads }, (_, thread) => {
      const workerData: ScanStart = {
        plan,
        memory,
        thread,
        local: local && { module: local.module, data: local.data },
      };
      const worker = new Worker(new URL('./scan-thread.js', import.meta.url), { workerData });
      const waiting: Waiting[] = [];
      worker.on('message', (reply: ThreadReply) => {
        const first = waiting.shift();
        if ('error' in reply) first?.reject(errorFromData(reply.error));
        else first?.resolve(reply);
      });
      worker.on('error', (cause) => this.#fail(cause));
      const ended = new Promise<void>((resolve) => {
        worker.once('exit', () => {
          this.#fail(undefined);
          resolve();
        });
      });
      return { worker, waiting, ended };
    });
  }

  scan({ address }: Block, range: RowRange): Promise<ScannedRows | JudgedRows> {
    return this.#run<ScannedRows | JudgedRows>({ address, range });
  }

  settle({ address }: Block, answered: AnsweredRows): Promise<SettledRows> {
    return this.#run<SettledRows>({ address, answered });
  }

  #run<Reply extends BlockReply>(task: BlockTask): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const thread = this.#threads.reduce((least, next) =>
        next.waiting.length < least.waiting.length ? next : least,
      );
      // A thread answers in the order of its tasks, each with what it was asked for.
      thread.waiting.push({ resolve: (reply) => resolve(reply as Reply), reject });
      thread.worker.postMessage(task, memoryOf(task));
    });
  }

  async close(): Promise<void> {
    // Told to one that has died, it goes nowhere.
    for (const { worker } of this.#threads) worker.postMessage(null);
    await Promise.all(this.#threads.map(({ ended }) => ended));
  }

  #fail(cause: unknown): void {
    this.#failure ??= new TacetError('ERR_WORKER', {
      what: 'a thread that reads the contacts died',
      fix: 'Nothing was published: run the command again; if it happens again, report it',
      cause,
    });
    for (const { waiting } of this.#threads) {
      for (const { reject } of waiting.splice(0)) reject(this.#failure);
    }
  }
}
