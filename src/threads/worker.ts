import { BroadcastChannel, threadId, workerData } from 'node:worker_threads';
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
import { CONTROL_BUSY_OFFSET, CONTROL_THREAD_OFFSET } from './slots.ts';

/** Of one batch: bytes of response written, or the failure as data. */
export type BatchResult = number | ErrorData;

/** What a worker returns: a result for each batch of the task, or that it does not know the set. */
export type TaskResult = readonly BatchResult[] | typeof UNKNOWN_SET;

// Only the pool starts this file, and always with these data.
const { slotLayout: layout, channel: channelName } = workerData as WorkerInit;
/** A set as this thread answers from it. */
interface AttachedSet {
  readonly answerer: BatchAnswerer;
  /** The memory its slots are in. */
  readonly control: DataView;
}

const sets = new Map<number, AttachedSet>();
/** Memories of sets that the pool's thread is letting go of. */
const retiring = new Map<number, WebAssembly.Memory>();

const channel = new BroadcastChannel(channelName);
channel.unref();
channel.onmessage = (event): void => {
  // Only the pool that made the channel's name says anything on it.
  const { retiredSetId, memory: retired } = (event as { data: RetireMessage }).data;
  if (retired !== undefined) {
    retiring.set(retiredSetId, retired);
    return;
  }
  const held = [sets.delete(retiredSetId), retiring.delete(retiredSetId)];
  if (held.includes(true)) collectGarbage();
};

/** Answers the batches of a task; Piscina's handler. Failures are returned, not thrown. */
export default function answerBatches(task: BatchTask): TaskResult {
  const { setId, attachment, batches } = task;
  // Piscina holds the last tasks while it waits for the next: without this, a retired memory too.
  delete task.attachment;
  let set = sets.get(setId);
  if (set === undefined) {
    if (attachment === undefined) return UNKNOWN_SET;
    try {
      const judge = openJudge(attachment.source);
      set = { answerer: new BatchAnswerer(judge, layout), control: new DataView(judge.memory) };
    } catch (error) {
      return batches.map(() => errorToData(error));
    }
    sets.set(setId, set);
  }
  const results: BatchResult[] = [];
  for (const batch of batches) results.push(answerBatch(set, batch));
  return results;
}

function answerBatch({ answerer, control }: AttachedSet, batch: SlotBatch): BatchResult {
  const startMs = performance.now();
  try {
    return answerer.answer(batch.context, batch);
  } catch (error) {
    return errorToData(error);
  } finally {
    const { slotStart } = batch;
    control.setFloat64(slotStart + CONTROL_BUSY_OFFSET, performance.now() - startMs, true);
    control.setInt32(slotStart + CONTROL_THREAD_OFFSET, threadId, true);
  }
}

/** Does nothing: for a pool that must start a worker. */
export function wake(): TaskResult {
  return [];
}
