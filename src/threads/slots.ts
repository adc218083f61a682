import { VERDICT_COUNTS } from '../engine/judge.ts';
import { KERNEL_SCRATCH_BYTES } from '../engine/wasm-kernel.ts';
import { TacetError } from '../errors.ts';
import { responseBytesMax } from '../wire/response.ts';
import type { SlotLayout } from './messages.ts';

/*
 * Slots lie one after the other in the memory that a set's judges reserved, so that the judges read
 * and write them in place.
 *
 *   slot 0                                                                            slot 1
 *   +---------+---------+----------+-------+---------+--------+---------+---------+--- ...
 *   | control | request | response | words | opt-ins | listed | scratch | control |
 *   +---------+---------+----------+-------+---------+--------+---------+---------+--- ...
 *
 * control: counts by verdict as 7 x i32, the worker's busy time as f64 ms at byte 32, its place as
 *   i32 at byte 40; where keys, opt-ins and verdicts lie, and how many there are, as 4 x u32 at
 *   byte 44
 * words, opt-ins: the parts of a fragmented request, put together
 * listed: the verdicts of the list, where those of the response are of another approach
 * scratch: for the kernel
 *
 * The main thread writes the request, a worker the rest; a slot belongs to one batch from acquire
 * to release, so the two never conflict. Untouched memory costs nothing.
 */
const CONTROL_BYTES = 64;
const CONTROL_BUSY_OFFSET = 32;
const CONTROL_PLACE_OFFSET = 40;
const CONTROL_ANSWERED_OFFSET = 44;

/** Copies to and from shared memory are slow if the two addresses differ modulo 8. */
const COPY_ALIGNMENT = 8;
const SLOT_ALIGNMENT = 64;

/** The slot sizes for requests within these limits. */
export function slotLayout(limits: { numbersMax: number; messageBytesMax: number }): SlotLayout {
  const { numbersMax } = limits;
  const bytes = {
    controlBytes: CONTROL_BYTES,
    requestBytes: roundUp(limits.messageBytesMax + COPY_ALIGNMENT),
    responseBytes: roundUp(responseBytesMax(numbersMax)),
    wordsBytes: roundUp(numbersMax * 8),
    optInsBytes: roundUp(numbersMax * 4),
    listedBytes: roundUp(numbersMax),
    scratchBytes: KERNEL_SCRATCH_BYTES,
  };
  const slotBytes = Object.values(bytes).reduce((sum, part) => sum + part, 0);
  return { numbersMax, ...bytes, slotBytes };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
}

/** A caller that waits for a slot. */
interface Waiter {
  give(slot: number): void;
  reject(error: TacetError): void;
}

/** Hands out the slots, first come first served. */
export class Slots {
  readonly layout: SlotLayout;
  readonly count: number;
  readonly #memory: ArrayBufferLike;
  /** Where the first slot begins in the memory. */
  readonly #base: number;
  readonly #bytes: Uint8Array;
  readonly #free: number[];
  readonly #waiting: Waiter[] = [];

  constructor(layout: SlotLayout, count: number, memory: ArrayBufferLike, base: number) {
    this.layout = layout;
    this.count = count;
    this.#memory = memory;
    this.#base = base;
    this.#bytes = new Uint8Array(memory);
    this.#free = Array.from({ length: count }, (_, slot) => slot);
  }

  /** How many callers wait for a slot. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Returns a slot, at once or when one is released. Rejects with ERR_CANCELLED on abort. */
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

  /** Gives a slot back; the longest waiting caller gets it. */
  release(slot: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next.give(slot);
  }

  /** Rejects all callers that wait now. */
  rejectWaiting(error: TacetError): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  /** Where a slot begins in the memory. */
  start(slot: number): number {
    return this.#base + slot * this.layout.slotBytes;
  }

  /** Copies a request into the slot; returns where it lies in the memory. */
  write(slot: number, request: Uint8Array): { start: number; end: number } {
    const start =
      this.start(slot) + this.layout.controlBytes + (request.byteOffset % COPY_ALIGNMENT);
    this.#bytes.set(request, start);
    return { start, end: start + request.length };
  }

  /** Fills `into`, which has the response's length, with the slot's response; returns `into`. */
  read(slot: number, into: Buffer): Buffer {
    const start = responseStart(this.layout, this.start(slot));
    into.set(this.#bytes.subarray(start, start + into.length));
    return into;
  }

  /** The counts by verdict of the answer in the slot; index 0 stays 0. */
  counts(slot: number): number[] {
    return [...new Int32Array(this.#memory, this.start(slot), VERDICT_COUNTS)];
  }

  /** What {@link writeAnswered} wrote about the batch in the slot. */
  answered(slot: number): AnsweredKeys {
    const control = new DataView(this.#memory, this.start(slot), CONTROL_BYTES);
    return {
      memory: this.#memory,
      keys: control.getUint32(CONTROL_ANSWERED_OFFSET, true),
      optIns: control.getUint32(CONTROL_ANSWERED_OFFSET + 4, true),
      verdicts: control.getUint32(CONTROL_ANSWERED_OFFSET + 8, true),
      count: control.getUint32(CONTROL_ANSWERED_OFFSET + 12, true),
    };
  }

  /** What {@link writeBusy} wrote about the batch in the slot. */
  busy(slot: number): Busy {
    const control = new DataView(this.#memory, this.start(slot), CONTROL_BYTES);
    return {
      place: control.getInt32(CONTROL_PLACE_OFFSET, true),
      busyMs: control.getFloat64(CONTROL_BUSY_OFFSET, true),
    };
  }
}

/** An answered batch, where it lies in a memory: valid until its slot is released. */
export interface AnsweredKeys {
  readonly memory: ArrayBufferLike;
  /** u64 each, any alignment. */
  readonly keys: number;
  /** u32 epoch days, one per key, any alignment; 0 = no opt-ins. */
  readonly optIns: number;
  /** One byte per key: those of the list, whatever the approach. */
  readonly verdicts: number;
  readonly count: number;
}

/** Writes into a slot where its answered keys lie. */
export function writeAnswered(slotStart: number, answered: AnsweredKeys): void {
  const control = new DataView(answered.memory, slotStart, CONTROL_BYTES);
  control.setUint32(CONTROL_ANSWERED_OFFSET, answered.keys, true);
  control.setUint32(CONTROL_ANSWERED_OFFSET + 4, answered.optIns, true);
  control.setUint32(CONTROL_ANSWERED_OFFSET + 8, answered.verdicts, true);
  control.setUint32(CONTROL_ANSWERED_OFFSET + 12, answered.count, true);
}

/** Which thread answered a batch, by its place, and how long it took. */
interface Busy {
  readonly place: number;
  readonly busyMs: number;
}

/** Writes into a slot who answered its batch. */
export function writeBusy(memory: ArrayBufferLike, slotStart: number, busy: Busy): void {
  const control = new DataView(memory, slotStart, CONTROL_BYTES);
  control.setInt32(CONTROL_PLACE_OFFSET, busy.place, true);
  control.setFloat64(CONTROL_BUSY_OFFSET, busy.busyMs, true);
}

/** Where the response of a slot begins. */
export function responseStart(layout: SlotLayout, slotStart: number): number {
  return slotStart + layout.controlBytes + layout.requestBytes;
}
