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
  const { startThread, memoryOf } = (await import(module)) as ThreadModule;
  return { handle: startThread(data), memoryOf };
}

/** Piscina's handler: a reply or a failure, both as data. */
export async function runTask(task: unknown): Promise<unknown> {
  try {
    const { handle, memoryOf } = await starting;
    if (place < 0) place = takePlace();
    const reply = await handle(task, place);
    const memory = memoryOf?.(reply) ?? [];
    return memory.length === 0 ? replyOf(reply) : await moved(replyOf(reply), memory);
  } catch (error) {
    return { error: errorToData(error) } satisfies ThreadReply<never>;
  }
}

function replyOf(reply: unknown): ThreadReply<unknown> {
  return { reply };
}

/** Taken with the first task: by then a thread that died earlier has given up its place. */
function takePlace(): number {
  for (let free = 0; free < places.length; free++) {
    if (Atomics.compareExchange(places, free, 0, threadId) === 0) return free;
  }
  assert.fail('there are no more threads than places');
}

/** Loaded only if memory moves: loading takes about 15 ms. */
async function moved(reply: object, memory: readonly ArrayBuffer[]): Promise<unknown> {
  const piscina = await import('piscina');
  return piscina.move({ [piscina.transferableSymbol]: memory, [piscina.valueSymbol]: reply });
}

/** Does nothing; makes the pool start a thread. */
export function wake(): void {}
