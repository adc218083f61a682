import type { TacetError } from '../errors.ts';
import { messageTooLong } from '../wire/request.ts';
import { FRAME_HEAD_BYTES } from './frames.ts';
import type { MessageBuffers } from './message-buffers.ts';

/** Messages up to this size get a Buffer of their own from Node's pool. */
const SMALL_BYTES = 4096;
/**
 * Initial room for a message, whatever length it claims, until the stream has sent a larger one.
 */
const START_BYTES = 16 * 1024;

/**
 * Assembles gRPC messages from the frames they arrive in. A frame keeps the whole chunk it was read
 * in alive, so each is copied at once, into a reused buffer: a message of 2 MiB in frames of one
 * byte costs just 2 MiB.
 */
export class FrameDecoder {
  readonly #messageBytesMax: number;
  readonly #buffers: MessageBuffers;
  /** The head being read, if it is split over several frames. */
  #head: Buffer | undefined;
  #headBytes = 0;
  /** The message being read, head included; undefined until its head is complete. */
  #message: Buffer | undefined;
  #filled = 0;
  #bytes = 0;
  /** The largest whole message so far: this stream may get that much room at once. */
  #largestBytes = START_BYTES;
  /** The error that every later write throws. */
  #refusal: TacetError | undefined;

  constructor(messageBytesMax: number, buffers: MessageBuffers) {
    this.#messageBytesMax = messageBytesMax;
    this.#buffers = buffers;
  }

  /** Whether a message has begun and is not complete. */
  get isWithinMessage(): boolean {
    return this.#message !== undefined || this.#headBytes > 0;
  }

  /**
   * Takes the next frame, which is not read after this returns. Returns the messages that it
   * completes, each with its head of five bytes; large ones are in a buffer of
   * {@link MessageBuffers}. Throws if a message is longer than allowed, and on every call after
   * that.
   */
  write(frame: Buffer): Buffer[] {
    if (this.#refusal !== undefined) throw this.#refusal;
    const messages: Buffer[] = [];
    for (let at = 0; at < frame.length; ) {
      if (this.#message === undefined) {
        at += this.#readHead(frame, at);
      } else {
        at += this.#readContent(this.#message, frame, at);
      }
      if (this.#message !== undefined && this.#filled === this.#bytes) {
        messages.push(this.#message.subarray(0, this.#bytes));
        this.#largestBytes = Math.max(this.#largestBytes, this.#bytes);
        this.#message = undefined;
      }
    }
    return messages;
  }

  /** Returns how many bytes of the frame it took. */
  #readHead(frame: Buffer, at: number): number {
    if (this.#headBytes === 0 && frame.length - at >= FRAME_HEAD_BYTES) {
      this.#begin(frame, at);
      return FRAME_HEAD_BYTES;
    }
    this.#head ??= Buffer.allocUnsafe(FRAME_HEAD_BYTES);
    const copied = frame.copy(this.#head, this.#headBytes, at);
    this.#headBytes += copied;
    if (this.#headBytes === FRAME_HEAD_BYTES) {
      this.#headBytes = 0;
      this.#begin(this.#head, 0);
    }
    return copied;
  }

  /** Begins the message whose head is at `at`. */
  #begin(bytes: Buffer, at: number): void {
    const contentBytes = bytes.readUInt32BE(at + 1);
    if (contentBytes > this.#messageBytesMax) {
      this.#refusal = messageTooLong(this.#messageBytesMax, contentBytes);
      throw this.#refusal;
    }
    this.#bytes = FRAME_HEAD_BYTES + contentBytes;
    this.#message = this.#room(Math.min(this.#bytes, this.#largestBytes));
    this.#filled = bytes.copy(this.#message, 0, at, at + FRAME_HEAD_BYTES);
  }

  #room(bytes: number): Buffer {
    return bytes <= SMALL_BYTES ? Buffer.allocUnsafe(bytes) : this.#buffers.take(bytes);
  }

  /** Returns how many bytes of the frame it took. */
  #readContent(message: Buffer, frame: Buffer, at: number): number {
    const size = Math.min(frame.length - at, this.#bytes - this.#filled);
    let into = message;
    if (this.#filled + size > message.length) {
      into = this.#buffers.take(Math.min(this.#bytes, (this.#filled + size) * 4));
      message.copy(into, 0, 0, this.#filled);
      this.#buffers.give(message);
      this.#message = into;
    }
    frame.copy(into, this.#filled, at, at + size);
    this.#filled += size;
    return size;
  }
}
