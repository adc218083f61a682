import { BroadcastChannel } from 'node:worker_threads';
import { openJudge } from '../engine/judge.ts';
import { type ErrorData, errorToData } from '../errors.ts';
import { BatchAnswerer } from './batch-answerer.ts';
import {
  type BatchTask,
  type RetireMessage,
  type SlotBatch,
  UNKNOWN_SET,
  type WorkerInit,
} from './messages.ts';
import { collectGarbage } from './reclaim.ts';
import { CONTROL_BUSY_OFFSET, CONTROL_PLACE_OFFSET } from './slots.ts';

/** The result of one batch: bytes of response written, or the failure as data. */
export type BatchResult = number | ErrorData;

/** A worker returns a result for each batch of the task, or UNKNOWN_SET. */
export type TaskResult = readonly BatchResult[] | typeof UNKNOWN_SET;

/** This thread's state of a set. */
interface AttachedSet {
  readonly answerer: BatchAnswerer;
  /** The memory its slots are in. */
  readonly control: DataView;
}

/**
 * The threads of a `MatchPool` run this: it answers the batches of tasks. The failure of a batch is
 * its result. Only the pool starts it, with a {@link WorkerInit}.
 */
export function startThread(data: unknown): (task: BatchTask, place: number) => TaskResult {
  const { slotLayout, channel } = data as WorkerInit;
  const sets = attachedSets(channel);
  return (task, place) => {
    const { setId, attachment, batches } = task;
    // Piscina keeps its last tasks while it waits: without this it would keep retired memory too.
    delete task.attachment;
    let set = sets.get(setId);
    if (set === undefined) {
      if (attachment === undefined) return UNKNOWN_SET;
      const judge = openJudge(attachment.source);
      const answerer = new BatchAnswerer(judge, slotLayout);
      set = { answerer, control: new DataView(judge.memory) };
      sets.set(setId, set);
    }
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(answerBatch(set, batch, place));
    return results;
  };
}

/** The sets of this thread, each kept until the pool announces its retirement. */
function attachedSets(channelName: string): Map<number, AttachedSet> {
  const sets = new Map<number, AttachedSet>();
  /** Memories of sets that the pool's thread is releasing. */
  const retiring = new Map<number, WebAssembly.Memory>();
  const channel = new BroadcastChannel(channelName);
  channel.unref();
  channel.onmessage = (event): void => {
    // Only the pool that created the channel's name sends on it.
    const { retiredSetId, memory: retired } = (event as { data: RetireMessage }).data;
    if (retired !== undefined) {
      retiring.set(retiredSetId, retired);
      return;
    }
    const held = [sets.delete(retiredSetId), retiring.delete(retiredSetId)];
    if (held.includes(true)) collectGarbage();
  };
  return sets;
}

function answerBatch(
  { answerer, control }: AttachedSet,
  batch: SlotBatch,
  place: number,
): BatchResult {
  const startMs = performance.now();
  try {
    return answerer.answer(batch.context, batch);
  } catch (error) {
    return errorToData(error);
  } finally {
    const { slotStart } = batch;
    control.setFloat64(slotStart + CONTROL_BUSY_OFFSET, performance.now() - startMs, true);
    control.setInt32(slotStart + CONTROL_PLACE_OFFSET, place, true);
  }
}
