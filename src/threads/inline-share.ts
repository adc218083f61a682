import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Interval between two checks of how busy thread and machine are. */
const LOOK_MS = 100;
/** Above this share of busy time the thread gives batches away; below it, it takes more. */
const BUSY_ABOVE = 0.95;
const IDLE_BELOW = 0.85;
/** Cores to spare from which the thread gives batches away, and below which it takes more. */
interface SpareCores {
  readonly giveFrom: number;
  readonly takeBelow: number;
}

/**
 * For batches of less than a millisecond: a worker without a core of its own gained nothing with
 * them, but took the time of this thread or of a client on the machine.
 */
export const SHORT_BATCHES: SpareCores = { giveFrom: 0.9, takeBelow: 0.6 };
/** For longer ones, such as text, to which the hop adds little. */
export const LONG_BATCHES: SpareCores = { giveFrom: 0.5, takeBelow: 0.2 };

/** How much the share changes per check. */
const STEP = 0.125;
/** Linux counts CPU time in hundredths of a second on every architecture that Node runs on. */
const TICK_MS = 10;

/** What a share is decided by. */
interface Clock {
  /** In ms since any moment. */
  now(): number;
  utilization(): EventLoopUtilization;
  /** How many cores this process could have used besides, on average since the last call. */
  spareCores(): number;
}

/**
 * Decides which batches this thread answers itself: all while it has time to spare; fewer and fewer
 * while it is busy and the machine has a core to spare. Answering a batch here saves the hop to a
 * worker, which costs as much as looking up thousands of numbers; giving it away leaves this thread
 * time to move bytes.
 *
 * Measured with messages of 32,768 numbers from a client on the same two cores: 0.62 to 0.76 of the
 * CPU, and more numbers a second, than while a busy thread gave batches away whatever the machine.
 */
export class InlineShare {
  readonly #spare: SpareCores;
  readonly #clock: Clock;
  #share = 1;
  /** What this thread may still take; 1 is one batch. */
  #credit = 0;
  #last: EventLoopUtilization;
  #lastLookMs: number;

  constructor(spare: SpareCores, clock: Clock = systemClock()) {
    this.#spare = spare;
    this.#clock = clock;
    this.#last = clock.utilization();
    this.#lastLookMs = clock.now();
  }

  /** Whether this thread should answer the batch at hand. */
  take(): boolean {
    const nowMs = this.#clock.now();
    if (nowMs >= this.#lastLookMs + LOOK_MS) {
      this.#lastLookMs = nowMs;
      this.#look();
    }
    this.#credit += this.#share;
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }

  #look(): void {
    const now = this.#clock.utilization();
    const active = now.active - this.#last.active;
    const idle = now.idle - this.#last.idle;
    this.#last = now;
    const spareCores = this.#clock.spareCores();
    const busy = active / Math.max(active + idle, Number.MIN_VALUE);
    if (busy < IDLE_BELOW || spareCores < this.#spare.takeBelow) {
      this.#share = Math.min(1, this.#share + STEP);
    } else if (busy > BUSY_ABOVE && spareCores >= this.#spare.giveFrom) {
      this.#share = Math.max(0, this.#share - STEP);
    }
  }
}

function systemClock(): Clock {
  const cores = availableParallelism();
  const times = () => {
    const { user, system } = process.cpuUsage();
    return { now: performance.now(), used: (user + system) / 1000, idle: idleMs() };
  };
  let last = times();
  return {
    now: () => performance.now(),
    utilization: () => performance.eventLoopUtilization(),
    spareCores() {
      const { now, used, idle } = times();
      const took = now - last.now;
      // The machine may have more cores than this process, which may be only a part of its load.
      const spare = Math.min(cores - (used - last.used) / took, (idle - last.idle) / took);
      last = { now, used, idle };
      return spare;
    },
  };
}

/** How long the cores of this machine have been idle, in total; elsewhere than on Linux, always. */
function idleMs(): number {
  try {
    // cpu  user nice system idle iowait ...
    const [, , , , idle, waiting] = readFileSync('/proc/stat', 'latin1').split(/ +/, 6);
    return (Number(idle) + Number(waiting)) * TICK_MS;
  } catch {
    return availableParallelism() * performance.now();
  }
}
