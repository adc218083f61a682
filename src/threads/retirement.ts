import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import type { JudgeSource } from '../engine/judge.ts';
import type { RetireMessage } from './messages.ts';
import { collectGarbage, prepareCollection } from './reclaim.ts';

/**
 * Opening the replacement set makes V8 collect garbage, which blocks the thread as long as this
 * collection does: the delay keeps the two out of one turn.
 */
const COLLECT_DELAY_MS = 250;

/**
 * Makes every thread of a pool drop what it has of a set. The last thread to release a
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
   * The source of a set was dropped here; undefined = the set was never used. Once {@link close}
   * has been called, this thread frees its memory.
   */
  retire(source: JudgeSource | undefined): void {
    const { id: retiredId, index } = source ?? {};
    if (retiredId !== undefined && index !== undefined) {
      this.#say({ retiredId, memory: index.memory });
    }
    // Must not hold the source.
    const collect = (): void => {
      collectGarbage();
      if (retiredId !== undefined) this.#say({ retiredId });
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
