/** Longer timers fire at once: setTimeout counts in 32 bits. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * The milliseconds that a `grpc-timeout` gives a call: Infinity if there is none or it is longer
 * than a timer can count, NaN if it is malformed.
 */
export function readTimeout(header: string | readonly string[] | undefined): number {
  if (header === undefined) return Number.POSITIVE_INFINITY;
  const [, count, unit] = /^(\d{1,8})\s*([HMSmun])$/.exec(String(header)) ?? [];
  const timeoutMs = Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  return timeoutMs > TIMER_MS_MAX ? Number.POSITIVE_INFINITY : timeoutMs;
}

/** A call that ends at `deadlineMs` of the process' clock. */
export interface TimedCall {
  readonly deadlineMs: number;
  expire(): void;
}

/**
 * Ends calls whose deadline has passed. One timer serves all calls and is set for the earliest.
 * Most calls are answered long before, and a client gives all its calls the same timeout, so the
 * timer is rarely set.
 */
export class DeadlineWatch {
  readonly #calls = new Set<TimedCall>();
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  watch(call: TimedCall): void {
    this.#calls.add(call);
    if (call.deadlineMs < this.#timerMs) this.#set(call.deadlineMs);
  }

  clear(call: TimedCall): void {
    this.#calls.delete(call);
  }

  #set(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timerMs = atMs;
    const waitMs = Math.max(1, Math.ceil(atMs - performance.now()));
    this.#timer = setTimeout(() => this.#expire(), waitMs).unref();
  }

  #expire(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const call of this.#calls) {
      if (call.deadlineMs > nowMs) {
        earliestMs = Math.min(earliestMs, call.deadlineMs);
      } else {
        this.#calls.delete(call);
        call.expire();
      }
    }
    if (earliestMs < this.#timerMs) this.#set(earliestMs);
  }
}
