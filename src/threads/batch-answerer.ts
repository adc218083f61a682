import type { Judge } from '../engine/judge.ts';
import { type JudgedKeys, writeReasons } from '../verdict/reason.ts';
import { decodeRequest } from '../wire/request.ts';
import { RequestBatch } from '../wire/request-batch.ts';
import {
  closeRegisteredDays,
  reasonsFieldBytes,
  registeredDaysPlace,
  writeReasonsHead,
  writeVerdictsHead,
} from '../wire/response.ts';
import type { BatchContext, SlotLayout } from './messages.ts';
import { responseStart } from './slots.ts';

/** Where one batch lies, as addresses in the judge's memory. */
interface BatchPlace {
  readonly slotStart: number;
  readonly start: number;
  readonly end: number;
  readonly optionsAllowed: boolean;
}

/** Whether registration days are needed, for the answer or for its reasons. */
function needsDays(context: BatchContext, { optInCount }: RequestBatch): boolean {
  return context.registrationDays || (context.reasonsField !== 0 && optInCount !== 0);
}

/** Undefined for integers: their key 0 means empty, not an unread text. */
function unreadOf({ isText }: RequestBatch, unread: Uint8Array): Uint8Array | undefined {
  return isText ? unread : undefined;
}

/** Writes the reasons of a batch at `offset`; returns the offset after them. */
function addReasons(
  bytes: Uint8Array,
  offset: number,
  { reasonsField: field }: BatchContext,
  judged: JudgedKeys,
): number {
  const { count } = judged;
  const at = writeReasonsHead(bytes, offset, { field, count });
  writeReasons(judged, bytes, at);
  return at + count;
}

/** Memory for the reasons of texts that are no phone numbers, allocated on first use. */
class UnreadReasons {
  readonly #numbersMax: number;
  #reasons: Uint8Array | undefined;

  constructor(numbersMax: number) {
    this.#numbersMax = numbersMax;
  }

  /** Undefined if no reasons are wanted. */
  of({ reasonsField }: BatchContext): Uint8Array | undefined {
    if (reasonsField === 0) return undefined;
    this.#reasons ??= new Uint8Array(this.#numbersMax);
    return this.#reasons;
  }
}

/**
 * Turns the bytes of a request in a slot into the bytes of its response in the same slot: decode,
 * normalise, judge, encode, in place if possible. Worker threads use it, and so does the main
 * thread for batches it answers itself. One call at a time.
 */
export class BatchAnswerer {
  readonly #judge: Judge;
  readonly #bytes: Uint8Array;
  readonly #layout: SlotLayout;
  readonly #unread: UnreadReasons;
  /** By the start of the slot. */
  readonly #batches = new Map<number, RequestBatch>();

  /** @param judge its memory holds the slots */
  constructor(judge: Judge, layout: SlotLayout) {
    this.#judge = judge;
    this.#bytes = new Uint8Array(judge.memory);
    this.#layout = layout;
    this.#unread = new UnreadReasons(layout.numbersMax);
  }

  /**
   * Writes response and counts into the slot; returns the length of the response in bytes.
   * Errors: those of `decodeRequest`; the response is then invalid.
   */
  answer(context: BatchContext, place: BatchPlace): number {
    const bytes = this.#bytes;
    const { slotStart } = place;
    const batch = this.#batchOf(slotStart);
    const unread = this.#unread.of(context);
    decodeRequest(bytes, place, batch, {
      belgian: context.belgian,
      numbersMax: Math.min(context.numbersMax, batch.capacity),
      optionsAllowed: place.optionsAllowed,
      // Writing reasons needs aligned keys and days.
      inPlace: context.reasonsField === 0,
      unread,
    });
    const { count } = batch;
    const response = responseStart(this.#layout, slotStart);
    const verdicts = writeVerdictsHead(bytes, response, count);
    const reasons = verdicts + count;
    const daysOffset = reasons + reasonsFieldBytes(context.reasonsField, count);
    const days = registeredDaysPlace(daysOffset);
    const optIns = batch.optInsOffset >= 0 ? batch.optInsOffset : batch.optInBytes.byteOffset;
    const dayCount = this.#judge.judge({
      keys: batch.keysOffset >= 0 ? batch.keysOffset : batch.wordBytes.byteOffset,
      count,
      optIns: batch.optInCount === 0 ? 0 : optIns,
      todayDay: context.todayDay,
      verdicts,
      registered: needsDays(context, batch) ? days : 0,
      scratch: slotStart + this.#layout.slotBytes - this.#layout.scratchBytes,
      counts: slotStart,
    });
    if (unread !== undefined) {
      addReasons(bytes, reasons, context, {
        words: batch.words,
        count,
        verdicts: bytes.subarray(verdicts, reasons),
        optInDays: batch.optInCount === 0 ? undefined : batch.optInDays,
        registeredDays: new Uint32Array(this.#judge.memory, days, dayCount),
        todayDay: context.todayDay,
        unread: unreadOf(batch, unread),
      });
    }
    if (!context.registrationDays) return daysOffset - response;
    return closeRegisteredDays(bytes, daysOffset, days, dayCount) - response;
  }

  /** The parts of a slot in which a fragmented request is put together. */
  #batchOf(slotStart: number): RequestBatch {
    const known = this.#batches.get(slotStart);
    if (known !== undefined) return known;
    const { numbersMax, responseBytes, wordsBytes } = this.#layout;
    const words = responseStart(this.#layout, slotStart) + responseBytes;
    const optInDays = words + wordsBytes;
    const batch = new RequestBatch(numbersMax, { buffer: this.#judge.memory, words, optInDays });
    this.#batches.set(slotStart, batch);
    return batch;
  }
}
