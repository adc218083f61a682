import type { TacetError } from '../errors.ts';
import { messageTooLong } from '../wire/request.ts';
import { FRAME_HEAD_BYTES } from './frames.ts';
import type { MessageBuffers } from './message-buffers.ts';

/** Smaller messages are copied into a Buffer of their own, from Node's pool. */
const SMALL_BYTES = 4096;
/** What a message is begun in, whatever it says its length is, until a stream has sent as much. */
const START_BYTES = 16 * 1024;

/**
 * Puts gRPC messages together from the frames they come in. A frame holds all that was read with
 * it, so each is copied at once, into a buffer that is used again: a message of 2 MiB in frames of
 * one byte costs its 2 MiB.
 */
export class FrameDecoder {
  readonly #messageBytesMax: number;
  readonly #buffers: MessageBuffers;
  /** Of the head under way, if it comes in several frames. */
  #head: Buffer | undefined;
  #headBytes = 0;
  /** The message under way, head included; undefined while its head is. */
  #message: Buffer | undefined;
  #filled = 0;
  #bytes = 0;
  /** The largest message that came whole: what this stream may be given room for at once. */
  #largestBytes = START_BYTES;
  /** What it throws from now on. */
  #refusal: TacetError | undefined;

  constructor(messageBytesMax: number, buffers: MessageBuffers) {
    this.#messageBytesMax = messageBytesMax;
    this.#buffers = buffers;
  }

  /** Whether a message has begun that is not whole. */
  get isWithinMessage(): boolean {
    return this.#message !== undefined || this.#headBytes > 0;
  }

  /**
   * Takes the next frame, which is only read until this returns. Returns the messages that are
   * complete with it, each with its head of five bytes; large ones are in a buffer of
   * {@link MessageBuffers}. Throws, from then on always, if a message is longer than allowed.
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

  /** Begins the message whose head stands at `at`. */
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
