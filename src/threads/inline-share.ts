import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Interval between two checks of how busy the thread is. */
const LOOK_MS = 50;
/** Above this share of busy time the thread gives batches away; below it, it takes more. */
const BUSY_ABOVE = 0.95;
const IDLE_BELOW = 0.85;
/** How much the share changes per check. */
const STEP = 0.125;

/**
 * Decides which batches this thread answers itself: all while it has time to spare, fewer and fewer
 * while it is busy. Answering a batch here saves the hop to a worker, which costs as much as
 * looking up thousands of numbers; giving it away leaves this thread time to move bytes.
 *
 * Measured with messages of 8,192 numbers, dates asked for: 3.5 to 4.1 CPU seconds of the process
 * per 100 M numbers, against 5.3 to 7.2 if every message goes through a worker.
 */
export class InlineShare {
  readonly #utilization: () => EventLoopUtilization;
  readonly #nowMs: () => number;
  #share = 1;
  /** What this thread may still take; 1 is one batch. */
  #credit = 0;
  #last: EventLoopUtilization;
  #nextLookMs: number;

  constructor(
    clock: { utilization: () => EventLoopUtilization; nowMs: () => number } = {
      utilization: () => performance.eventLoopUtilization(),
      nowMs: () => performance.now(),
    },
  ) {
    this.#utilization = clock.utilization;
    this.#nowMs = clock.nowMs;
    this.#last = this.#utilization();
    this.#nextLookMs = this.#nowMs() + LOOK_MS;
  }

  /** Whether this thread should answer the batch at hand. */
  take(): boolean {
    if (this.#nowMs() >= this.#nextLookMs) this.#look();
    this.#credit += this.#share;
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }

  #look(): void {
    const now = this.#utilization();
    const active = now.active - this.#last.active;
    const idle = now.idle - this.#last.idle;
    this.#last = now;
    this.#nextLookMs = this.#nowMs() + LOOK_MS;
    const busy = active / Math.max(active + idle, Number.MIN_VALUE);
    if (busy > BUSY_ABOVE) this.#share = Math.max(0, this.#share - STEP);
    else if (busy < IDLE_BELOW) this.#share = Math.min(1, this.#share + STEP);
  }
}
