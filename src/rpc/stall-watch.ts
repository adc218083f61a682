import { constants as http2 } from 'node:http2';
import type { CallMetadata } from '../observe/call-identity.ts';

/** The part of a call that is needed here. */
export interface WatchedCall {
  readonly metadata: CallMetadata;
  readonly stream: {
    readonly closed: boolean;
    readonly writableLength: number;
    close(code: number): void;
  };
  /** Nothing reports what is sent and read on this stream, so the stream itself is checked. */
  readonly isAsked?: boolean;
}

/** How often streams are checked within the time they may stall. */
const LOOKS = 4;
const LOOK_MS_MAX = 1000;

/**
 * Resets streams whose client leaves something unread for too long. One timer serves all streams: a
 * timer per message cost as much as encoding it.
 */
export class StallWatch {
  readonly #stallMaxMs: number;
  readonly #onReset: (metadata: CallMetadata) => void;
  /** For each call with something unread: when its stream is reset, in ms of the process' clock. */
  readonly #untilMs = new Map<WatchedCall, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onReset called for every stream that is reset */
  constructor(stallMaxMs: number, onReset: (metadata: CallMetadata) => void) {
    this.#stallMaxMs = stallMaxMs;
    this.#onReset = onReset;
  }

  /** Starts or restarts the clock of a call with something unread. */
  watch(call: WatchedCall): void {
    this.#untilMs.set(call, performance.now() + this.#stallMaxMs);
    if (this.#timer !== undefined) return;
    const lookMs = Math.min(LOOK_MS_MAX, Math.ceil(this.#stallMaxMs / LOOKS));
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Stops the clock of a call: everything has been read. */
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
