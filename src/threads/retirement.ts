import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import type { LoadedSets } from './loaded-sets.ts';
import type { RetireMessage } from './messages.ts';
import { collectGarbage, prepareCollection } from './reclaim.ts';

/**
 * Opening the set that came instead makes V8 collect garbage, which holds the thread for as long as
 * this does: not both in one turn.
 */
const COLLECT_DELAY_MS = 250;

/**
 * Makes every thread of a pool let go of a set, the pool's own first. Freeing the memory of a
 * kernel takes whoever holds it last up to 40 ms at 20 M entries, and that must not be the thread
 * of the event loop: the workers hold it meanwhile.
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

  /** Says nothing any more: the workers are gone. */
  close(): void {
    this.#closed = true;
    this.#channel.close();
  }
}
