import { strict as assert } from 'node:assert';

/** Bytes of the smallest buffers; each class has twice those of the one before. */
const CLASS_BYTES = 20 * 1024;

/**
 * Buffers that messages are received into and answers are sent from, used again and again. A fresh
 * Buffer for each message of 64 KiB cost more in garbage collection than looking its numbers up:
 * V8 marks the whole heap each time 64 MiB have been allocated outside of it.
 */
export class MessageBuffers {
  readonly #keptBytesMax: number;
  #keptBytes = 0;
  /** By class. */
  readonly #free: ArrayBuffer[][] = [];
  /** Those that are handed out. */
  readonly #out = new WeakSet<ArrayBufferLike>();

  /** @param keptBytesMax bytes of buffers that are kept for later, at most */
  constructor(keptBytesMax = 32 * 1024 * 1024) {
    this.#keptBytesMax = keptBytesMax;
  }

  /** A buffer of at least `bytes`, with anything in it. Not given back, it is garbage. */
  take(bytes: number): Buffer {
    const size = Math.max(0, Math.ceil(Math.log2(bytes / CLASS_BYTES)));
    const kept = this.#free[size]?.pop();
    // Not from Node's pool of small buffers: it is handed out whole.
    const memory = kept ?? Buffer.allocUnsafeSlow(CLASS_BYTES * 2 ** size).buffer;
    if (kept !== undefined) this.#keptBytes -= kept.byteLength;
    this.#out.add(memory);
    return Buffer.from(memory);
  }

  /** Whether `bytes` lies in a buffer that is handed out. */
  owns(bytes: Uint8Array): boolean {
    return this.#out.has(bytes.buffer);
  }

  /**
   * Takes back the buffer that `bytes` lies in, which nobody may read any more; one that is not
   * from here is left alone.
   */
  give(bytes: Uint8Array): void {
    const memory = bytes.buffer;
    if (!this.#out.delete(memory)) return;
    const { byteLength } = memory;
    if (this.#keptBytes + byteLength > this.#keptBytesMax) return;
    assert(memory instanceof ArrayBuffer, 'only ArrayBuffers are handed out');
    const size = Math.log2(byteLength / CLASS_BYTES);
    this.#free[size] ??= [];
    this.#free[size].push(memory);
    this.#keptBytes += byteLength;
  }
}
