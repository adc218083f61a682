/** A clock that stands until it is told to go on, with one timer: that of a scheduler. */
export class VirtualClock {
  #nowMs: number;
  #timer: { readonly callback: () => void; readonly atMs: number } | undefined;
  #onTimer: () => void = () => undefined;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  readonly setTimer = (callback: () => void, ms: number): (() => void) => {
    const timer = { callback, atMs: this.#nowMs + ms };
    this.#timer = timer;
    this.#onTimer();
    return () => {
      if (this.#timer === timer) this.#timer = undefined;
    };
  };

  /** Whether anything waits. */
  get waits(): boolean {
    return this.#timer !== undefined;
  }

  /** Waits until a timer is set, and goes to when it is due. */
  async step(): Promise<void> {
    if (this.#timer === undefined) {
      await new Promise<void>((resolve) => {
        this.#onTimer = resolve;
      });
    }
    this.#nowMs = this.#timer?.atMs ?? this.#nowMs;
  }

  /** Calls the timer that is due back. */
  fire(): void {
    const timer = this.#timer;
    this.#timer = undefined;
    timer?.callback();
  }
}
