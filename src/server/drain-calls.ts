import { setTimeout as pause } from 'node:timers/promises';
import { TacetError } from '../errors.ts';
import type { ServedCalls } from './calls.ts';

/** How long streams may take to send their status before the connections are closed. */
const STATUS_GRACE_MS = 500;

/**
 * Takes no new calls. Those under way may go on for at most `timeoutMs`; then streams end with
 * UNAVAILABLE after their pending answers. Resolves when all have ended, or should have.
 */
export async function drainCalls(calls: ServedCalls, timeoutMs: number): Promise<void> {
  const closed = calls.rpc.drain();
  // Clients that only watch the health would stay until the end, so do not wait for them.
  const answered = calls.observed.noneOpen();
  if (!(await endsWithin(Promise.race([closed, answered]), timeoutMs))) {
    const error = new TacetError('ERR_STOPPING', {
      what: 'the server is stopping',
      fix: 'Send the rest to another server',
    });
    for (const stream of calls.context.streams) stream.expire(error);
  }
  await endsWithin(closed, STATUS_GRACE_MS);
}

/** Whether `promise` resolves within `timeoutMs`. */
export async function endsWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  const abort = new AbortController();
  const { signal } = abort;
  const late = pause(timeoutMs, false, { signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    abort.abort();
  }
}
