import { type CallType, callTypeOf } from '../observe/call-events.ts';
import { Call, type CallParts, type Incoming, type Method } from './call.ts';
import { framed } from './frames.ts';
import { OK } from './status.ts';

/** The events of a streaming call, one at a time; none comes after `over`. */
export interface StreamHandler {
  /** A message, in a buffer that may be given back once it has been read. */
  received(message: Buffer): void;
  /** The client has finished sending. */
  halfClosed(): void;
  /** The call has ended, on either side: its status has been sent, or its stream has closed. */
  over(): void;
}

/**
 * A method that streams at least one way; `open` returns the handler of one call, which sees to it
 * that the other way has one message.
 */
export function streamMethod(
  method: {
    readonly path: string;
    readonly requestStream: boolean;
    readonly responseStream: boolean;
  },
  open: (call: StreamCall) => StreamHandler,
): Method {
  const { path } = method;
  const type = callTypeOf(method);
  return {
    path,
    open(incoming, parts) {
      new StreamCall(incoming, { path, type }, parts).startWith(open);
    },
  };
}

/** Messages that may wait for the client before {@link StreamCall.send} returns false. */
const UNSENT_MAX = 16;

/**
 * Answers of one turn of the event loop leave together, in one write, unless they reach this size:
 * 11 % less CPU for messages of one number, nothing measurable for those of thousands.
 */
const COLLECTED_BYTES = 64 * 1024;

/**
 * A call that streams.
 *
 * If the client reads nothing, answers wait, `send` returns false, the handler pauses the call, the
 * stream is no longer read, and the client's window closes.
 */
export class StreamCall extends Call {
  #handler: StreamHandler | undefined;
  #isPaused = false;
  /** Messages that arrived in the same chunk as the one during which the call was paused. */
  readonly #waiting: Buffer[] = [];
  /** The client half-closed while the call was paused. */
  #hasHalfClosed = false;
  #unsent = 0;
  /** Bytes of the answers that wait for the end of this turn. */
  #collectedBytes = 0;
  #isFlushScheduled = false;
  #onSent: (() => void) | undefined;

  constructor(
    incoming: Incoming,
    method: { readonly path: string; readonly type: CallType },
    parts: CallParts,
  ) {
    super(incoming, method, parts);
  }

  startWith(open: (call: StreamCall) => StreamHandler): void {
    this.#handler = open(this);
    this.start();
  }

  protected override onMessage(message: Buffer): void {
    if (this.#isPaused) this.#waiting.push(message);
    else this.#handler?.received(message);
  }

  protected override onHalfClose(): void {
    if (this.#isPaused) this.#hasHalfClosed = true;
    else this.#handler?.halfClosed();
  }

  /** Delivers no message until {@link resume}, and stops reading from the client. */
  pause(): void {
    this.#isPaused = true;
    this.stream.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.isOver) return;
    this.#isPaused = false;
    while (!this.#isPaused && !this.isOver) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      this.#handler?.received(message);
    }
    if (this.#isPaused || this.isOver) return;
    this.stream.resume();
    if (!this.#hasHalfClosed) return;
    this.#hasHalfClosed = false;
    this.#handler?.halfClosed();
  }

  /**
   * Sends a message and gives its buffer back once it has left; does nothing if the call is over.
   * Returns false if so many messages wait that the caller should await {@link sent} before the
   * next.
   */
  send(message: Buffer): boolean {
    if (this.isOver) return true;
    this.sendHeaders();
    if (this.#unsent++ === 0) this.parts.stalls.watch(this);
    const frame = framed(message, this.parts.buffers);
    if (this.#collectedBytes === 0) this.stream.cork();
    this.#collectedBytes += frame.length;
    this.stream.write(frame, (error) => {
      if (!error) this.#left(message);
    });
    if (this.#collectedBytes >= COLLECTED_BYTES) this.#flush();
    else if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      setImmediate(() => {
        this.#isFlushScheduled = false;
        this.#flush();
      });
    }
    return this.#unsent < UNSENT_MAX;
  }

  #flush(): void {
    if (this.#collectedBytes === 0) return;
    this.#collectedBytes = 0;
    this.stream.uncork();
  }

  #left(message: Buffer): void {
    this.parts.buffers.give(message);
    this.events.messageSent();
    if (--this.#unsent === 0) this.parts.stalls.clear(this);
    else this.parts.stalls.watch(this);
    if (this.#unsent <= UNSENT_MAX / 2) this.#onSent?.();
  }

  /** Resolves once the client has taken most of what was sent, or the call is over. */
  async sent(): Promise<void> {
    if (this.isOver) return;
    await new Promise<void>((resolve) => {
      this.#onSent = resolve;
    });
  }

  /** Ends the call with OK, after everything that was sent. */
  end(): void {
    this.sendHeaders();
    this.endWith(OK);
  }

  protected override onOver(): void {
    this.#onSent?.();
    this.#handler?.over();
  }
}
