import { TacetError } from '../errors.ts';

/** The error that ends an aborted run. */
function cancelled(signal: AbortSignal): TacetError {
  return new TacetError('ERR_CANCELLED', {
    what: 'cancelled; nothing was published',
    cause: signal.reason,
  });
}

/** Throws ERR_CANCELLED if the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** Waits for `promise` or for the abort, whichever comes first. Errors: ERR_CANCELLED. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(cancelled(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
