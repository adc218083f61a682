import type { MessageBuffers } from './message-buffers.ts';

/** Bytes in front of a message: whether it is compressed, and its length. */
export const FRAME_HEAD_BYTES = 5;

/** Answers up to this size get no reusable buffer, and {@link framed} copies them. */
const SMALL_ANSWER_BYTES = 4096;

/** Room for an answer of `bytes`. A large one is placed so that {@link framed} need not copy it. */
export function answerBuffer(buffers: MessageBuffers, bytes: number): Buffer {
  if (bytes <= SMALL_ANSWER_BYTES) return Buffer.allocUnsafe(bytes);
  const end = FRAME_HEAD_BYTES + bytes;
  return buffers.take(end).subarray(FRAME_HEAD_BYTES, end);
}

/** An answer with its head before it: in place if there is room for it, otherwise a copy. */
export function framed(answer: Uint8Array, buffers: MessageBuffers): Buffer {
  const bytes = FRAME_HEAD_BYTES + answer.length;
  const isInPlace = answer.byteOffset === FRAME_HEAD_BYTES && buffers.owns(answer);
  const frame = isInPlace ? Buffer.from(answer.buffer, 0, bytes) : Buffer.allocUnsafe(bytes);
  // Not compressed.
  frame[0] = 0;
  frame.writeUInt32BE(answer.length, 1);
  if (!isInPlace) frame.set(answer, FRAME_HEAD_BYTES);
  return frame;
}
