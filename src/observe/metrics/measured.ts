/** How long a scrape waits for a measurement; a slower one shows up at the next scrape. */
const WAIT_MAX_MS = 250;

/**
 * An expensive measurement, taken at most every `maxAgeMs` and never awaited for long: a file
 * system that hangs must not hang the scrape.
 */
export class Measured<Value> {
  readonly #measure: () => Promise<Value>;
  readonly #maxAgeMs: number;
  #last: Value | undefined;
  #takenMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  /** @param measure resolves with the value; if it rejects there is none until it succeeds */
  constructor(measure: () => Promise<Value>, maxAgeMs: number) {
    this.#measure = measure;
    this.#maxAgeMs = maxAgeMs;
  }

  /** The value, at most `maxAgeMs` old or the last one known; undefined if there is none. */
  async value(): Promise<Value | undefined> {
    if (performance.now() - this.#takenMs < this.#maxAgeMs) return this.#last;
    this.#running ??= this.#take();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WAIT_MAX_MS);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    return this.#last;
  }

  async #take(): Promise<void> {
    try {
      this.#last = await this.#measure();
    } catch {
      this.#last = undefined;
    }
    this.#takenMs = performance.now();
    this.#running = undefined;
  }
}
