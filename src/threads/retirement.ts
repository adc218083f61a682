import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import type { LoadedSets } from './loaded-sets.ts';
import type { RetireMessage } from './messages.ts';
import { collectGarbage, prepareCollection } from './reclaim.ts';

/**
 * Opening the replacement set makes V8 collect garbage, which blocks the thread as long as this
 * collection does: the delay keeps the two out of one turn.
 */
const COLLECT_DELAY_MS = 250;

/**
 * Makes every thread of a pool drop a set, the pool's own first. The last thread to release a
 * kernel's memory spends up to 40 ms freeing it at 20 M entries. That must not be the event loop's
 * thread, so the workers hold the memory meanwhile.
 */
export class Retirement {
  /** Name of the channel on which workers listen. */
  readonly channelName = `tacet-pool-${randomUUID()}`;
  readonly #channel = new BroadcastChannel(this.channelName);
  #closed = false;

  constructor() {
    prepareCollection();
    this.#channel.unref();
  }

  /**
   * Takes a set out of `sets`. Once {@link close} has been called, this thread frees its memory.
   */
  retire(setId: number, sets: LoadedSets): void {
    const memory = sets.delete(setId)?.attachment.source.index?.memory;
    if (memory !== undefined) this.#say({ retiredSetId: setId, memory });
    const collect = (): void => {
      collectGarbage();
      this.#say({ retiredSetId: setId });
    };
    setTimeout(collect, COLLECT_DELAY_MS).unref();
  }

  #say(message: RetireMessage): void {
    if (!this.#closed) this.#channel.postMessage(message);
  }

  /** Stops announcing: the workers are gone. */
  close(): void {
    this.#closed = true;
    this.#channel.close();
  }
}
