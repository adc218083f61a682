/** What a thread of `ScanThreads` runs: it scans and partitions blocks, in the order it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorData, errorToData } from '../errors.ts';
import { type AnsweredRows, BlockKernel, type PartitionedRows } from './block-kernel.ts';
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

/** A block by its address in the memory: to be scanned, or partitioned. */
export type BlockTask =
  | { readonly address: number; readonly range: RowRange }
  | { readonly address: number; readonly rows: AnsweredRows };

export type BlockReply = ScannedBlock | PartitionedRows | { readonly error: ErrorData };

// Only ScanThreads starts this file, and always with these data.
const { plan, memory, thread, local } = workerData as ScanStart;
const port = parentPort;
const kernel = new BlockKernel(memory, thread);
const scanner = openScanner();

async function openScanner(): Promise<BlockScanner> {
  if (local === undefined) return new BlockScanner(plan, memory, kernel);
  // A module of this package that whoever started the run named.
  const { openKeyMatch } = (await import(local.module)) as { openKeyMatch: OpenKeyMatch };
  return new BlockScanner(plan, memory, kernel, openKeyMatch(local.data, thread));
}

// null = the end.
port?.on('message', async (task: BlockTask | null) => {
  if (task === null) return port.close();
  try {
    // Awaited by all tasks alike, so that they are answered in their order.
    const opened = await scanner;
    const { address } = task;
    if ('rows' in task) port.postMessage(kernel.partition(address, task.rows, plan.partition));
    else reply(opened.scan(address, task.range));
  } catch (error) {
    port.postMessage({ error: errorToData(error) });
  }
});

function reply(block: ScannedBlock): void {
  const { rowEnds, verdicts, requests } = block;
  const moved = [rowEnds, verdicts, ...requests.map(({ request }) => request)];
  // Made here for this answer, of no shared memory.
  port?.postMessage(block, moved.map(({ buffer }) => buffer) as ArrayBuffer[]);
}
