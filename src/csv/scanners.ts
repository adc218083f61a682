import { Worker } from 'node:worker_threads';
import { errorFromData, TacetError } from '../errors.ts';
import type { BlockMemory } from './block-memory.ts';
import type { Block } from './blocks.ts';
import type { LocalMatch } from './options.ts';
import type { RowRange } from './rows.ts';
import { BlockScanner, type ScannedBlock, type ScanPlan } from './scan.ts';
import type { ScanReply, ScanStart, ScanTask } from './scan-thread.ts';

/** Scans blocks; answers come as they are done, whoever asked first. */
export interface Scanners {
  scan(block: Block, range: RowRange): Promise<ScannedBlock>;
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
  local: LocalMatch | undefined,
): Promise<Scanners> {
  const scanner = new BlockScanner(plan, memory, 0, await local?.open(0));
  return {
    scan: async (block, range) => scanner.scan(block.address, range),
    close: async () => undefined,
  };
}

interface ScanThread {
  readonly worker: Worker;
  /** Whose blocks it has, in the order it was given them. */
  readonly waiting: Waiting[];
  /** Resolves when it is gone, however it went. */
  readonly ended: Promise<void>;
}

interface Waiting {
  resolve(block: ScannedBlock): void;
  reject(error: unknown): void;
}

/**
 * Scans on threads. Blocks lie in shared memory; each goes to the thread that has least to do.
 * A thread that dies fails the run: nothing has been published, and it can be begun again.
 */
export class ScanThreads implements Scanners {
  readonly #threads: readonly ScanThread[];
  #failure: TacetError | undefined;

  constructor(plan: ScanPlan, memory: BlockMemory, local: LocalMatch | undefined) {
    this.#threads = Array.from({ length: memory.sizes.threads }, (_, thread) => {
      const workerData: ScanStart = {
        plan,
        memory,
        thread,
        local: local && { module: local.module, data: local.data },
      };
      const worker = new Worker(new URL('./scan-thread.js', import.meta.url), { workerData });
      const waiting: Waiting[] = [];
      worker.on('message', (reply: ScanReply) => {
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

  scan(block: Block, range: RowRange): Promise<ScannedBlock> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const thread = this.#threads.reduce((least, next) =>
        next.waiting.length < least.waiting.length ? next : least,
      );
      thread.waiting.push({ resolve, reject });
      const task: ScanTask = { address: block.address, range };
      thread.worker.postMessage(task);
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
