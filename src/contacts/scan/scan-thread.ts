/** What a thread of `ScanThreads` runs: it scans, judges and partitions blocks, as it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorData, errorToData } from '../../errors.ts';
import { openLocalJudge } from '../judge/thread-judge.ts';
import type { LocalJudge } from '../options.ts';
import type { BlockMemory } from './block-memory.ts';
import { type BlockReply, type BlockTask, BlockWorker, memoryOf } from './block-worker.ts';
import type { ScanPlan } from './scan-plan.ts';

/** What a thread is started with. */
export interface ScanStart {
  readonly plan: ScanPlan;
  readonly memory: BlockMemory;
  /** Its number, from 0. */
  readonly thread: number;
  readonly local: Pick<LocalJudge, 'module' | 'data'> | undefined;
}

export type ThreadReply = BlockReply | { readonly error: ErrorData };

// Only ScanThreads starts this file, and always with these data.
const { plan, memory, thread, local } = workerData as ScanStart;
const port = parentPort;
const opening = open();

async function open(): Promise<BlockWorker> {
  const judge = local && (await openLocalJudge(local, thread));
  return new BlockWorker(plan, memory, thread, judge);
}

// null = the end.
port?.on('message', async (task: BlockTask | null) => {
  if (task === null) return port.close();
  try {
    // Awaited by all tasks alike, so that they are answered in their order.
    const reply = (await opening).run(task);
    port.postMessage(reply, memoryOf(reply));
  } catch (error) {
    port.postMessage({ error: errorToData(error) });
  }
});
