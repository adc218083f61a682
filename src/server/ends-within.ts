import { setTimeout as pause } from 'node:timers/promises';

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
