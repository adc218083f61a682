import { BroadcastChannel } from 'node:worker_threads';
import { openJudge } from '../engine/judge.ts';
import { type ErrorData, errorToData } from '../errors.ts';
import { BatchAnswerer } from './batch-answerer.ts';
import {
  type BatchTask,
  type RetireMessage,
  type SlotBatch,
  UNKNOWN_SOURCE,
  type WorkerInit,
} from './messages.ts';
import { collectGarbage } from './reclaim.ts';
import { writeBusy } from './slots.ts';

/** The result of one batch: bytes of response written, or the failure as data. */
export type BatchResult = number | ErrorData;

/** A worker returns a result for each batch of the task, or UNKNOWN_SOURCE. */
export type TaskResult = readonly BatchResult[] | typeof UNKNOWN_SOURCE;

/**
 * The threads of a `MatchPool` run this: it answers the batches of tasks. The failure of a batch is
 * its result. Only the pool starts it, with a {@link WorkerInit}.
 */
export function startThread(data: unknown): (task: BatchTask, place: number) => TaskResult {
  const { slotLayout, channel } = data as WorkerInit;
  const answerers = openAnswerers(channel);
  return (task, place) => {
    const { sourceId, source, batches } = task;
    // Piscina keeps its last tasks while it waits: without this it would keep retired memory too.
    delete task.source;
    let answerer = answerers.get(sourceId);
    if (answerer === undefined) {
      if (source === undefined) return UNKNOWN_SOURCE;
      answerer = new BatchAnswerer(openJudge(source), slotLayout);
      answerers.set(sourceId, answerer);
    }
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(answerBatch(answerer, batch, place));
    return results;
  };
}

/** The answerers of this thread by source, each kept until the pool announces its retirement. */
function openAnswerers(channelName: string): Map<number, BatchAnswerer> {
  const answerers = new Map<number, BatchAnswerer>();
  /** Memories of sources that the pool's thread is releasing. */
  const retiring = new Map<number, WebAssembly.Memory>();
  const channel = new BroadcastChannel(channelName);
  channel.unref();
  channel.onmessage = (event): void => {
    // Only the pool that created the channel's name sends on it.
    const { retiredId, memory } = (event as { data: RetireMessage }).data;
    if (memory !== undefined) {
      retiring.set(retiredId, memory);
      return;
    }
    const held = [answerers.delete(retiredId), retiring.delete(retiredId)];
    if (held.includes(true)) collectGarbage();
  };
  return answerers;
}

function answerBatch(answerer: BatchAnswerer, batch: SlotBatch, place: number): BatchResult {
  const startMs = performance.now();
  try {
    return answerer.answer(batch);
  } catch (error) {
    return errorToData(error);
  } finally {
    writeBusy(answerer.memory, batch.slotStart, { place, busyMs: performance.now() - startMs });
  }
}
