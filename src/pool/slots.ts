import { TacetError } from '../errors.ts';
import { responseBytesMax } from '../wire/response.ts';
import type { SlotLayout } from './messages.ts';

/*
 * The memory of all slots is one SharedArrayBuffer, made once:
 *
 *   slot 0                                        slot 1
 *   +---------+----------------+----------------+---------+--- ...
 *   | control | request        | response       | control |
 *   +---------+----------------+----------------+---------+--- ...
 *
 * control: counts by verdict as 6 x i32, the time the worker was busy as f64 ms at byte 24, its
 * thread id as i32 at byte 32. The main thread writes the request, a worker the rest; a slot
 * belongs to one batch from acquire to release, so neither meets the other.
 */
const CONTROL_BYTES = 40;
export const CONTROL_BUSY_OFFSET = 24;
export const CONTROL_THREAD_OFFSET = 32;
export const VERDICT_COUNTS = 6;

/** Copies between buffers are 10 times slower where they differ modulo 8 bytes. */
const ALIGNMENT = 8;

/** The sizes of slots for requests of these limits. */
export function slotLayout(limits: { numbersMax: number; messageBytesMax: number }): SlotLayout {
  const requestBytes = roundUp(limits.messageBytesMax + ALIGNMENT);
  const responseBytes = roundUp(responseBytesMax(limits.numbersMax));
  return {
    numbersMax: limits.numbersMax,
    controlBytes: CONTROL_BYTES,
    requestBytes,
    responseBytes,
    slotBytes: CONTROL_BYTES + requestBytes + responseBytes,
  };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** A caller that waits for a slot. */
interface Waiter {
  give(slot: number): void;
  reject(error: TacetError): void;
}

/** Hands out the slots, first come first served. */
export class Slots {
  readonly memory: SharedArrayBuffer;
  readonly layout: SlotLayout;
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #free: number[];
  readonly #waiting: Waiter[] = [];

  constructor(layout: SlotLayout, count: number) {
    this.layout = layout;
    this.count = count;
    this.memory = new SharedArrayBuffer(layout.slotBytes * count);
    this.#bytes = new Uint8Array(this.memory);
    this.#free = Array.from({ length: count }, (_, slot) => slot);
  }

  /** How many callers wait for a slot. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many slots are taken. */
  get taken(): number {
    return this.count - this.#free.length;
  }

  /** A slot, at once or when one is released. Rejects with ERR_CANCELLED on abort. */
  acquire(signal: AbortSignal | undefined): number | Promise<number> {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new TacetError('ERR_CANCELLED', { what: 'cancelled while waiting for a slot' }));
      };
      const waiter: Waiter = {
        give(given) {
          signal?.removeEventListener('abort', abort);
          resolve(given);
        },
        reject(error) {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      };
      if (signal?.aborted === true) return reject(signal.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** Gives a slot back; the one who waits longest gets it. */
  release(slot: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next.give(slot);
  }

  /** Ends the wait of all who wait now. */
  rejectWaiting(error: TacetError): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  /** Copies a request into the slot; returns where it lies in the memory. */
  write(slot: number, request: Uint8Array): { start: number; end: number } {
    const base = slot * this.layout.slotBytes + this.layout.controlBytes;
    const start = base + (request.byteOffset % ALIGNMENT);
    this.#bytes.set(request, start);
    return { start, end: start + request.length };
  }

  /** A copy of the first `length` bytes of the response in the slot. */
  read(slot: number, length: number): Buffer {
    const { slotBytes, controlBytes, requestBytes } = this.layout;
    const base = slot * slotBytes + controlBytes + requestBytes;
    const copy = Buffer.allocUnsafe(length);
    copy.set(this.#bytes.subarray(base, base + length));
    return copy;
  }

  /** The counts by verdict of the answer in the slot; index 0 stays 0. */
  counts(slot: number): number[] {
    return [...new Int32Array(this.memory, slot * this.layout.slotBytes, VERDICT_COUNTS)];
  }

  /** How long which thread was busy with the batch in the slot. */
  busy(slot: number): { threadId: number; busyMs: number } {
    const control = new DataView(this.memory, slot * this.layout.slotBytes, CONTROL_BYTES);
    return {
      threadId: control.getInt32(CONTROL_THREAD_OFFSET, true),
      busyMs: control.getFloat64(CONTROL_BUSY_OFFSET, true),
    };
  }
}
