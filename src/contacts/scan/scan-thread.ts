/** The threads of `openScanners`: they scan, judge and partition blocks. */
import type { ThreadHandler } from '../../threads/threads.ts';
import { openLocalJudge } from '../judge/thread-judge.ts';
import type { LocalJudge } from '../options.ts';
import type { BlockMemory } from './block-memory.ts';
import { type BlockReply, type BlockTask, BlockWorker } from './block-worker.ts';
import type { ScanPlan } from './scan-plan.ts';

export { memoryOf } from './block-worker.ts';

/** The start data of a thread. Structured-cloneable. */
export interface ScanStart {
  readonly plan: ScanPlan;
  readonly memory: BlockMemory;
  readonly local: Pick<LocalJudge, 'module' | 'data'> | undefined;
}

/** @param data a {@link ScanStart} */
export function startThread(data: unknown): ThreadHandler<BlockTask, BlockReply> {
  const { plan, memory, local } = data as ScanStart;
  let opening: Promise<BlockWorker> | undefined;
  const open = async (place: number) => {
    const judge = local && (await openLocalJudge(local, place));
    return new BlockWorker(plan, memory, place, judge);
  };
  return async (task, place) => {
    opening ??= open(place);
    return (await opening).run(task);
  };
}
