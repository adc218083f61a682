import { Call, type CallParts, type Incoming, type Method } from './call.ts';
import { framed } from './frames.ts';
import { OK } from './status.ts';

/** What a call of both-way streaming is told; each in turn, nothing behind `over`. */
export interface StreamHandler {
  /** A message, in a buffer that may be given back once it has been read. */
  received(message: Buffer): void;
  /** The client sends no more. */
  halfClosed(): void;
  /** The call has ended, whoever ended it: its status has left, or its stream is closed. */
  over(): void;
}

/** A method that streams both ways; `open` gives what answers a call of it. */
export function streamMethod(path: string, open: (call: StreamCall) => StreamHandler): Method {
  return {
    path,
    open(incoming, parts) {
      new StreamCall(incoming, path, parts).startWith(open);
    },
  };
}

/** Messages that may wait to be taken by the client before {@link StreamCall.send} says so. */
const UNSENT_MAX = 16;

/**
 * A call that streams both ways.
 *
 * A client that takes nothing: answers wait, `send` gives false, whoever answers pauses the call,
 * the stream is not read any more, and the client's window closes.
 */
export class StreamCall extends Call {
  #handler: StreamHandler | undefined;
  #isPaused = false;
  /** Messages that came with others in one chunk before the call was paused. */
  readonly #waiting: Buffer[] = [];
  /** Half-closed while it was paused. */
  #hasHalfClosed = false;
  #unsent = 0;
  #onSent: (() => void) | undefined;

  constructor(incoming: Incoming, path: string, parts: CallParts) {
    super(incoming, { path, type: 'bidi_stream' }, parts);
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

  /** No message is told until {@link resume}; the client is not read. */
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
   * Sends a message, whose buffer is given back once it has left; nothing if the call is over.
   * False where so many wait to be taken that the next should wait for {@link sent}.
   */
  send(message: Buffer): boolean {
    if (this.isOver) return true;
    this.sendHeaders();
    if (this.#unsent++ === 0) this.parts.stalls.watch(this);
    this.stream.write(framed(message, this.parts.buffers), (error) => {
      if (!error) this.#left(message);
    });
    return this.#unsent < UNSENT_MAX;
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

  /** Ends the call well, behind all that was sent. */
  end(): void {
    this.sendHeaders();
    this.endWith(OK);
  }

  protected override onOver(): void {
    this.#onSent?.();
    this.#handler?.over();
  }
}
