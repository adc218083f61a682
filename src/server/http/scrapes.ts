/** Scrapes beyond these, and so many more a second, get the text of an earlier one. */
const FRESH_MAX = 50;
const FRESH_PER_SECOND = 20;

/**
 * The text of the metrics, for scrapes at any rate: it takes some milliseconds of the thread that
 * answers calls, so scrapers that come too often, or at once, share one.
 */
export class Scrapes {
  readonly #generate: () => Promise<string>;
  #last: Promise<string> | undefined;
  #isUnderWay = false;
  #freshLeft = FRESH_MAX;
  #countedMs = performance.now();

  constructor(generate: () => Promise<string>) {
    this.#generate = generate;
  }

  text(): Promise<string> {
    const nowMs = performance.now();
    const regained = ((nowMs - this.#countedMs) / 1000) * FRESH_PER_SECOND;
    this.#freshLeft = Math.min(FRESH_MAX, this.#freshLeft + regained);
    this.#countedMs = nowMs;
    if (this.#last !== undefined && (this.#isUnderWay || this.#freshLeft < 1)) return this.#last;
    this.#freshLeft--;
    this.#isUnderWay = true;
    const text = this.#generate().finally(() => {
      this.#isUnderWay = false;
    });
    // A scrape that failed is not shared.
    text.catch(() => {
      if (this.#last === text) this.#last = undefined;
    });
    this.#last = text;
    return text;
  }
}
