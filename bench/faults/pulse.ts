import { setTimeout as pause } from 'node:timers/promises';

/** How the calls of a {@link Pulse} went. */
export interface Beats {
  /** How long those took that were served, from when they were due; ascending. */
  readonly ms: readonly number[];
  readonly failed: number;
  readonly wrong: number;
  /** The longest time without one that was served. */
  readonly unservedMs: number;
}

/** Calls under way at once; more are due only while nothing is answered. */
const UNDER_WAY_MAX = 200;

/**
 * A good client: a call at fixed times, whether or not those before are answered. Latency counts
 * from the time it was due, so a server that stands still is seen.
 */
export class Pulse {
  readonly #everyMs: number;
  readonly #call: () => Promise<boolean>;
  readonly #onFailure: (error: unknown) => void;
  readonly #underWay = new Set<Promise<void>>();
  #ms: number[] = [];
  #failed = 0;
  #wrong = 0;
  #servedMs = 0;
  #unservedMs = 0;
  #going = false;
  #loop = Promise.resolve();

  /** @param call resolves with whether the answer is the truth, rejects if there is none */
  constructor(
    everyMs: number,
    call: () => Promise<boolean>,
    onFailure: (error: unknown) => void = () => undefined,
  ) {
    this.#everyMs = everyMs;
    this.#call = call;
    this.#onFailure = onFailure;
  }

  start(): void {
    this.#going = true;
    this.#servedMs = performance.now();
    this.#loop = this.#beat();
  }

  /** Makes no more calls; resolves once those under way have ended. */
  async stop(): Promise<void> {
    this.#going = false;
    await this.#loop;
    await Promise.all(this.#underWay);
  }

  /** What happened since the last time. */
  take(): Beats {
    if (this.#going) this.#lookForGap(performance.now());
    const taken = {
      ms: this.#ms.sort((a, b) => a - b),
      failed: this.#failed,
      wrong: this.#wrong,
      unservedMs: this.#unservedMs,
    };
    this.#ms = [];
    this.#failed = 0;
    this.#wrong = 0;
    this.#unservedMs = 0;
    return taken;
  }

  async #beat(): Promise<void> {
    for (let dueMs = performance.now(); this.#going; dueMs += this.#everyMs) {
      await pause(Math.max(0, dueMs - performance.now()));
      if (this.#underWay.size >= UNDER_WAY_MAX) continue;
      const ended = this.#make(dueMs).finally(() => this.#underWay.delete(ended));
      this.#underWay.add(ended);
    }
  }

  async #make(dueMs: number): Promise<void> {
    try {
      const isRight = await this.#call();
      const nowMs = performance.now();
      if (!isRight) this.#wrong++;
      this.#ms.push(nowMs - dueMs);
      this.#lookForGap(nowMs);
      this.#servedMs = nowMs;
    } catch (error) {
      this.#failed++;
      this.#onFailure(error);
    }
  }

  #lookForGap(nowMs: number): void {
    this.#unservedMs = Math.max(this.#unservedMs, nowMs - this.#servedMs);
  }
}

/** The value below which `share` of them lie; NaN of none. `ms`: ascending. */
export function percentile(ms: readonly number[], share: number): number {
  return ms[Math.min(ms.length - 1, Math.floor(ms.length * share))] ?? Number.NaN;
}
