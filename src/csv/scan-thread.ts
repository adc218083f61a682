/** What a thread of `ScanThreads` runs: it scans the blocks it is given, in their order. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorData, errorToData } from '../errors.ts';
import type { BlockMemory } from './block-memory.ts';
import type { OpenKeyMatch } from './options.ts';
import type { RowRange } from './rows.ts';
import { BlockScanner, type ScannedBlock, type ScanPlan } from './scan.ts';

/** What a thread is started with. */
export interface ScanStart {
  readonly plan: ScanPlan;
  readonly memory: BlockMemory;
  /** Its number, from 0. */
  readonly thread: number;
  readonly local: { readonly module: string; readonly data: unknown } | undefined;
}

/** A block by its address in the memory; null = the end. */
export interface ScanTask {
  readonly address: number;
  readonly range: RowRange;
}

export type ScanReply = ScannedBlock | { readonly error: ErrorData };

// Only ScanThreads starts this file, and always with these data.
const { plan, memory, thread, local } = workerData as ScanStart;
const port = parentPort;
const scanner = openScanner();

async function openScanner(): Promise<BlockScanner> {
  if (local === undefined) return new BlockScanner(plan, memory, thread);
  // A module of this package that whoever started the run named.
  const { openKeyMatch } = (await import(local.module)) as { openKeyMatch: OpenKeyMatch };
  return new BlockScanner(plan, memory, thread, openKeyMatch(local.data, thread));
}

port?.on('message', async (task: ScanTask | null) => {
  if (task === null) return port.close();
  try {
    const block = (await scanner).scan(task.address, task.range);
    const { rowEnds, verdicts, requests } = block;
    const moved = [rowEnds, verdicts, ...requests.map(({ request }) => request)];
    port.postMessage(block, moved.map(({ buffer }) => buffer) as ArrayBuffer[]);
  } catch (error) {
    port.postMessage({ error: errorToData(error) });
  }
});
