import { Worker } from 'node:worker_threads';
import { type ErrorData, errorFromData, TacetError } from '../errors.ts';
import type { ListHeader } from '../list/format.ts';
import type { ListHandle } from '../list/mapping.ts';

/** What the verifying thread answers. */
export type VerifyAnswer = { readonly header: ListHeader } | { readonly error: ErrorData };

/**
 * `verifyListFile` in a thread of its own, so that this one never stalls.
 *
 * @param options `signal`: ends the thread and rejects with ERR_CANCELLED
 * @throws TacetError as verifyListFile; ERR_WORKER where the thread ends without an answer
 */
export async function verifyInWorker(
  target: string | ListHandle,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ListHeader> {
  const { signal } = options;
  const worker = new Worker(new URL('./verify-worker.js', import.meta.url), {
    workerData: target,
    execArgv: [],
  });
  try {
    const answer = await answerOf(worker, signal);
    if ('error' in answer) throw errorFromData(answer.error);
    return answer.header;
  } finally {
    await worker.terminate();
  }
}

function answerOf(worker: Worker, signal: AbortSignal | undefined): Promise<VerifyAnswer> {
  return new Promise((resolve, reject) => {
    const cancel = () =>
      reject(new TacetError('ERR_CANCELLED', { what: 'verifying the list file was cancelled' }));
    const died = (cause: unknown) =>
      reject(new TacetError('ERR_WORKER', { what: 'the verifying thread died', cause }));
    worker.once('message', resolve);
    worker.once('error', died);
    worker.once('exit', died);
    worker.once('exit', () => signal?.removeEventListener('abort', cancel));
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
  });
}
