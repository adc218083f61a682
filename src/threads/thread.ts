/** Runs in each thread of `Threads` and passes its tasks to the threads' module. */
import { strict as assert } from 'node:assert';
import { threadId, workerData } from 'node:worker_threads';
import { errorToData } from '../errors.ts';
import type { ThreadInit, ThreadModule, ThreadReply } from './threads.ts';

// Only Threads starts this file, and always with these data.
const { module, data, places } = workerData as ThreadInit;
const starting = start();
// Every task reports the failure.
starting.catch(() => undefined);
let place = -1;

async function start() {
  const { startThread } = (await import(module)) as ThreadModule;
  return startThread(data);
}

/** Piscina's handler: a reply or a failure, both as data. */
export async function runTask(task: unknown): Promise<ThreadReply<unknown>> {
  try {
    const handle = await starting;
    if (place < 0) place = takePlace();
    return { reply: await handle(task, place) };
  } catch (error) {
    return { error: errorToData(error) };
  }
}

/** Taken with the first task: by then a thread that died earlier has given up its place. */
function takePlace(): number {
  for (let free = 0; free < places.length; free++) {
    if (Atomics.compareExchange(places, free, 0, threadId) === 0) return free;
  }
  assert.fail('there are no more threads than places');
}

/** Does nothing; makes the pool start a thread. */
export function wake(): void {}
