import type { KernelMemory } from '../kernel/kernel-memory.ts';
import { WasmKernel } from '../kernel/wasm-kernel.ts';
import type { Matcher } from '../verdict/matcher.ts';
import { decodeRequest, RequestBatch } from '../wire/request.ts';
import {
  closeRegisteredDays,
  REGISTERED_HEAD_BYTES_MAX,
  writeRegisteredDays,
  writeVerdictsHead,
} from '../wire/response.ts';
import type { BatchContext, SlotLayout } from './messages.ts';
import { responseStart, VERDICT_COUNTS } from './slots.ts';

/** Where one batch lies: byte offsets of the memory the answerer was made for. */
export interface BatchPlace {
  readonly slotStart: number;
  readonly start: number;
  readonly end: number;
  readonly optionsAllowed: boolean;
}

/**
 * From the bytes of a request in a slot to the bytes of its response in the same slot: decode,
 * normalise, look up, judge, encode. The same code in a worker thread, on the main thread for small
 * batches, and in the embedded commands. One call at a time.
 */
export interface BatchAnswerer {
  /**
   * Writes response and counts into the slot; returns how many bytes of response.
   * Errors: those of `decodeRequest`; nothing of the response is valid then.
   */
  answer(context: BatchContext, place: BatchPlace): number;
}

/** Answers with the kernels over mapped lists. The scratch may be shared by several. */
export class MatcherAnswerer implements BatchAnswerer {
  readonly #matcher: Matcher;
  readonly #memory: SharedArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #layout: SlotLayout;
  readonly #batch: RequestBatch;
  readonly #registeredDays: Uint32Array;

  constructor(matcher: Matcher, memory: SharedArrayBuffer, layout: SlotLayout, scratch: Scratch) {
    this.#matcher = matcher;
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory);
    this.#layout = layout;
    this.#batch = scratch.batch;
    this.#registeredDays = scratch.registeredDays;
  }

  answer(context: BatchContext, place: BatchPlace): number {
    const bytes = this.#bytes;
    const batch = this.#batch;
    decodeRequest(bytes, place, batch, {
      belgian: context.belgian,
      numbersMax: Math.min(context.numbersMax, batch.capacity),
      optionsAllowed: place.optionsAllowed,
    });
    const response = responseStart(this.#layout, place.slotStart);
    const offset = writeVerdictsHead(bytes, response, batch.count);
    const counts = new Int32Array(this.#memory, place.slotStart, VERDICT_COUNTS).fill(0);
    const dayCount = this.#matcher.match(
      {
        words: batch.words,
        count: batch.count,
        optInDays: batch.optInCount === 0 ? undefined : batch.optInDays,
        todayDay: context.todayDay,
      },
      {
        verdicts: bytes,
        offset,
        registeredDays: context.registrationDays ? this.#registeredDays : undefined,
        counts,
      },
    );
    const daysOffset = offset + batch.count;
    return writeRegisteredDays(bytes, daysOffset, this.#registeredDays, dayCount) - response;
  }
}

/** What {@link MatcherAnswerer} works in; one a thread is enough. */
export interface Scratch {
  readonly batch: RequestBatch;
  readonly registeredDays: Uint32Array;
}

export function newScratch(numbersMax: number): Scratch {
  return {
    batch: new RequestBatch(numbersMax),
    registeredDays: new Uint32Array(numbersMax),
  };
}

/** Answers with the WebAssembly kernel, which reads and writes the slots in place. */
export class KernelAnswerer implements BatchAnswerer {
  readonly #kernel: WasmKernel;
  readonly #buffer: SharedArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #layout: SlotLayout;
  /** By where the slot begins. */
  readonly #batches = new Map<number, RequestBatch>();

  constructor(kernelMemory: KernelMemory, layout: SlotLayout) {
    this.#kernel = new WasmKernel(kernelMemory);
    this.#buffer = kernelMemory.memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#layout = layout;
  }

  answer(context: BatchContext, place: BatchPlace): number {
    const bytes = this.#bytes;
    const { slotStart } = place;
    const batch = this.#batchOf(slotStart);
    decodeRequest(bytes, place, batch, {
      belgian: context.belgian,
      numbersMax: Math.min(context.numbersMax, batch.capacity),
      optionsAllowed: place.optionsAllowed,
      inPlace: true,
    });
    const { count } = batch;
    const response = responseStart(this.#layout, slotStart);
    const verdicts = writeVerdictsHead(bytes, response, count);
    const daysOffset = verdicts + count;
    const days = daysOffset + REGISTERED_HEAD_BYTES_MAX;
    const optIns = batch.optInsOffset >= 0 ? batch.optInsOffset : batch.optInBytes.byteOffset;
    const dayCount = this.#kernel.match({
      keys: batch.keysOffset >= 0 ? batch.keysOffset : batch.wordBytes.byteOffset,
      count,
      optIns: batch.optInCount === 0 ? 0 : optIns,
      todayDay: context.todayDay,
      verdicts,
      registered: context.registrationDays ? days : 0,
      scratch: slotStart + this.#layout.slotBytes - this.#layout.scratchBytes,
      counts: slotStart,
    });
    return closeRegisteredDays(bytes, daysOffset, days, dayCount) - response;
  }

  /** The pieces of a slot that a request is put together in, where it is not in one piece. */
  #batchOf(slotStart: number): RequestBatch {
    const known = this.#batches.get(slotStart);
    if (known !== undefined) return known;
    const { numbersMax, responseBytes, wordsBytes } = this.#layout;
    const words = responseStart(this.#layout, slotStart) + responseBytes;
    const optInDays = words + wordsBytes;
    const batch = new RequestBatch(numbersMax, { buffer: this.#buffer, words, optInDays });
    this.#batches.set(slotStart, batch);
    return batch;
  }
}
