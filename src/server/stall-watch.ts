import { constants as http2 } from 'node:http2';

/** The part of a stream that is used. */
export interface WatchedStream {
  readonly closed: boolean;
  close(code: number): void;
}

/** Streams are looked at this often in the time they may stall. */
const LOOKS = 4;
const LOOK_MS_MAX = 1000;

/**
 * Resets streams whose client leaves something unread for too long. One timer for all: one a message
 * cost as much as encoding it.
 */
export class StallWatch {
  readonly #stallMaxMs: number;
  readonly #onReset: () => void;
  /** When each stream that has something unread is reset, in ms of the process' clock. */
  readonly #untilMs = new Map<WatchedStream, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onReset told of every stream that is reset */
  constructor(stallMaxMs: number, onReset: () => void) {
    this.#stallMaxMs = stallMaxMs;
    this.#onReset = onReset;
  }

  /** The stream has something to be read from now on. */
  watch(stream: WatchedStream): void {
    this.#untilMs.set(stream, performance.now() + this.#stallMaxMs);
    if (this.#timer !== undefined) return;
    const lookMs = Math.min(LOOK_MS_MAX, Math.ceil(this.#stallMaxMs / LOOKS));
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** All of it has been read. */
  clear(stream: WatchedStream): void {
    this.#untilMs.delete(stream);
  }

  #look(): void {
    const nowMs = performance.now();
    for (const [stream, untilMs] of this.#untilMs) {
      if (stream.closed) this.#untilMs.delete(stream);
      if (stream.closed || nowMs < untilMs) continue;
      this.#untilMs.delete(stream);
      this.#onReset();
      stream.close(http2.NGHTTP2_ENHANCE_YOUR_CALM);
    }
    if (this.#untilMs.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
