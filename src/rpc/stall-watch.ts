import { constants as http2 } from 'node:http2';
import type { CallMetadata } from '../observe/call-identity.ts';

/** The part of a call that is used. */
export interface WatchedCall {
  readonly metadata: CallMetadata;
  readonly stream: {
    readonly closed: boolean;
    readonly writableLength: number;
    close(code: number): void;
  };
  /** Nobody tells when something is to be read: the stream is asked. */
  readonly isAsked?: boolean;
}

/** Streams are looked at this often in the time they may stall. */
const LOOKS = 4;
const LOOK_MS_MAX = 1000;

/**
 * Resets streams whose client leaves something unread for too long. One timer for all: one a
 * message cost as much as encoding it.
 */
export class StallWatch {
  readonly #stallMaxMs: number;
  readonly #onReset: (metadata: CallMetadata) => void;
  /**
   * When the stream of each call that has something unread is reset, in ms of the process' clock.
   */
  readonly #untilMs = new Map<WatchedCall, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onReset told of every stream that is reset */
  constructor(stallMaxMs: number, onReset: (metadata: CallMetadata) => void) {
    this.#stallMaxMs = stallMaxMs;
    this.#onReset = onReset;
  }

  /** The stream of a call has something to be read from now on. */
  watch(call: WatchedCall): void {
    this.#untilMs.set(call, performance.now() + this.#stallMaxMs);
    if (this.#timer !== undefined) return;
    const lookMs = Math.min(LOOK_MS_MAX, Math.ceil(this.#stallMaxMs / LOOKS));
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** All of it has been read. */
  clear(call: WatchedCall): void {
    this.#untilMs.delete(call);
  }

  #look(): void {
    const nowMs = performance.now();
    for (const [call, untilMs] of this.#untilMs) {
      if (call.stream.closed) this.#untilMs.delete(call);
      else if (call.isAsked && call.stream.writableLength === 0) this.watch(call);
      else if (nowMs >= untilMs) this.#reset(call);
    }
    if (this.#untilMs.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #reset(call: WatchedCall): void {
    this.#untilMs.delete(call);
    this.#onReset(call.metadata);
    call.stream.close(http2.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
