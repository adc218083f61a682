import { BroadcastChannel, threadId, workerData } from 'node:worker_threads';
import { type ErrorData, errorToData } from '../errors.ts';
import { attachList } from '../list/list.ts';
import { Matcher } from '../verdict/matcher.ts';
import { BatchAnswerer } from './batch-answerer.ts';
import type { BatchTask, ListSetHandle, RetireMessage, WorkerInit } from './messages.ts';
import { collectGarbage } from './reclaim.ts';
import { CONTROL_BUSY_OFFSET, CONTROL_THREAD_OFFSET, VERDICT_COUNTS } from './slots.ts';

/** What a worker returns: bytes of response written, or the failure as data. */
export type BatchResult = number | ErrorData;

// Only the pool starts this file, and always with these data.
const init = workerData as WorkerInit;
const { memory, slotLayout: layout } = init;
const bytes = new Uint8Array(memory);
const control = new DataView(memory);
const answerer = new BatchAnswerer(layout.numbersMax);
const matchers = new Map<number, Matcher>();

const channel = new BroadcastChannel(init.channel);
channel.unref();
channel.onmessage = (event): void => {
  // Only the pool that made the channel's name says anything on it.
  const { retiredSetId } = (event as { data: RetireMessage }).data;
  if (matchers.delete(retiredSetId)) collectGarbage();
};

/** Answers the batch in the task's slot; Piscina's handler. Failures are returned, not thrown. */
export default function answerBatch(task: BatchTask): BatchResult {
  const startMs = performance.now();
  const slotStart = task.slot * layout.slotBytes;
  try {
    return answerer.answer(matcherOf(task.set), task.context, {
      request: bytes,
      start: task.start,
      end: task.end,
      optionsAllowed: task.optionsAllowed,
      response: bytes,
      responseStart: slotStart + layout.controlBytes + layout.requestBytes,
      counts: new Int32Array(memory, slotStart, VERDICT_COUNTS),
    });
  } catch (error) {
    return errorToData(error);
  } finally {
    control.setFloat64(slotStart + CONTROL_BUSY_OFFSET, performance.now() - startMs, true);
    control.setInt32(slotStart + CONTROL_THREAD_OFFSET, threadId, true);
  }
}

/** Does nothing: for a pool that must start a worker. */
export function wake(): BatchResult {
  return 0;
}

function matcherOf(set: ListSetHandle): Matcher {
  const known = matchers.get(set.id);
  if (known !== undefined) return known;
  const matcher = new Matcher(set.handles.map((handle) => attachList(handle, set.kernel)));
  matchers.set(set.id, matcher);
  return matcher;
}
