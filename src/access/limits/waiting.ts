import { TacetError } from '../../errors.ts';
import type { Amounts } from './account.ts';

/** A call that may end while it waits. */
export interface EndingCall {
  /** Read only if it has to wait: it may be made on demand. */
  readonly signal: AbortSignal;
}

/** A call that waits for a lease. */
export class Waiting {
  readonly amounts: Amounts;
  readonly taken: Promise<void>;
  /** Nobody waits any more. */
  isOver = false;
  #settle: (error?: TacetError) => void = () => undefined;

  constructor(amounts: Amounts, signal: AbortSignal | undefined) {
    this.amounts = amounts;
    const abort = (): void =>
      this.end(new TacetError('ERR_CANCELLED', { what: 'cancelled while waiting for a budget' }));
    this.taken = new Promise((resolve, reject) => {
      this.#settle = (error) => {
        signal?.removeEventListener('abort', abort);
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  }

  /** Ends the wait: taken, or the error. */
  end(error?: TacetError): void {
    this.isOver = true;
    this.#settle(error);
  }
}
