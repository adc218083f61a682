import { strict as assert } from 'node:assert';

/** Bytes of the smallest buffers; each class is twice the size of the one before. */
const CLASS_BYTES = 20 * 1024;

/**
 * Reusable buffers to receive messages into and send answers from. A fresh Buffer for each message
 * of 64 KiB cost more in garbage collection than looking up its numbers: V8 marks the whole heap
 * each time 64 MiB have been allocated outside it.
 */
export class MessageBuffers {
  readonly #keptBytesMax: number;
  #keptBytes = 0;
  /** Free buffers, by class. */
  readonly #free: ArrayBuffer[][] = [];
  /** Buffers that are handed out. */
  readonly #out = new WeakSet<ArrayBufferLike>();

  /** @param keptBytesMax the most bytes of free buffers to keep */
  constructor(keptBytesMax = 32 * 1024 * 1024) {
    this.#keptBytesMax = keptBytesMax;
  }

  /**
   * A buffer of at least `bytes`, not zeroed. One that is never given back is garbage-collected.
   */
  take(bytes: number): Buffer {
    const size = Math.max(0, Math.ceil(Math.log2(bytes / CLASS_BYTES)));
    const kept = this.#free[size]?.pop();
    // Not from Node's pool of small buffers: the whole ArrayBuffer is handed out.
    const memory = kept ?? Buffer.allocUnsafeSlow(CLASS_BYTES * 2 ** size).buffer;
    if (kept !== undefined) this.#keptBytes -= kept.byteLength;
    this.#out.add(memory);
    return Buffer.from(memory);
  }

  /** Whether `bytes` is in a buffer that is handed out. */
  owns(bytes: Uint8Array): boolean {
    return this.#out.has(bytes.buffer);
  }

  /**
   * Takes back the buffer that holds `bytes`, which must not be read any more. Ignores a buffer
   * that is not from here.
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
