import { type Judge, VERDICT_COUNTS } from '../engine/judge.ts';
import { openView } from '../registers/look-up.ts';
import { isUsual } from '../verdict/approach.ts';
import {
  blockObjected,
  markObjections,
  takeVerdictsOfReasons,
  writeObjections,
  writeReasons,
} from '../verdict/batch-reasons.ts';
import { decodeRequest } from '../wire/request.ts';
import { RequestBatch } from '../wire/request-batch.ts';
import {
  closeMatchedLists,
  closeRegisteredDays,
  columnPlace,
  type ReasonsField,
  reasonsFieldBytes,
  writeReasonsHead,
  writeVerdictsHead,
} from '../wire/response.ts';
import type { BatchContext, SlotBatch, SlotLayout } from './messages.ts';
import { responseStart, writeAnswered } from './slots.ts';

const NONE = new Uint32Array(0);

/**
 * Turns the bytes of a request in a slot into the bytes of its response in the same slot: decode,
 * normalise, judge, encode, in place if possible. Worker threads use it, and so does the main
 * thread for batches it answers itself. One call at a time.
 */
export class BatchAnswerer {
  readonly #judge: Judge;
  /** Holds the slots. */
  readonly memory: ArrayBufferLike;
  readonly #bytes: Uint8Array;
  readonly #layout: SlotLayout;
  /** By the start of the slot. */
  readonly #batches = new Map<number, RequestBatch>();
  /** The reasons of texts that are no phone numbers; allocated on first use. */
  #unread: Uint8Array | undefined;
  /** The reasons of a batch whose answer carries none; allocated on first use. */
  #reasons: Uint8Array | undefined;
  /** Places of keys that are objected to; allocated on first use. */
  #objected: Uint32Array | undefined;

  /** @param judge its memory holds the slots */
  constructor(judge: Judge, layout: SlotLayout) {
    this.#judge = judge;
    this.memory = judge.memory;
    this.#bytes = new Uint8Array(this.memory);
    this.#layout = layout;
  }

  /**
   * Writes response and counts into the slot; returns the length of the response in bytes.
   * Errors: those of `decodeRequest`; the response is then invalid.
   */
  answer(request: SlotBatch): number {
    const bytes = this.#bytes;
    const { context, slotStart } = request;
    const { approach, reasonsField, todayDay } = context;
    const batch = this.#batchOf(slotStart);
    // Unusually, the verdicts follow from the reasons.
    const mayNeedReasons = reasonsField !== 0 || !isUsual(approach) || context.registers;
    if (mayNeedReasons) this.#unread ??= new Uint8Array(this.#layout.numbersMax);
    const unread = mayNeedReasons ? this.#unread : undefined;
    decodeRequest(bytes, request, batch, {
      belgian: context.belgian,
      numbersMax: Math.min(context.numbersMax, batch.capacity),
      optionsAllowed: request.optionsAllowed,
      // Reasons and registers need aligned keys and days.
      inPlace: !mayNeedReasons,
      unread,
    });
    const { keys, optIns, isText } = batch;
    const { count } = keys;
    const objected = this.#lookUp(batch, context);
    const hasOptIns = optIns.count !== 0;
    // What stands beside verdicts moves with these; else each is put right where it is.
    const hasColumns = context.registrationDays || context.matchedField !== 0;
    const mayBeUsual = isUsual(approach) && (objected.length === 0 || !hasColumns);
    const isOfLists = mayBeUsual && objected.length === 0;
    const needsReasons = reasonsField !== 0 || !mayBeUsual;
    const response = responseStart(this.#layout, slotStart);
    const verdicts = writeVerdictsHead(bytes, response, count);
    const verdictsEnd = verdicts + count;
    const daysOffset = verdictsEnd + reasonsFieldBytes(reasonsField, count);
    const days = columnPlace(daysOffset);
    const needsDays = context.registrationDays || (needsReasons && hasOptIns);
    const sets = needsDays ? columnPlace(days + count * 4) : days;
    const needsSets = context.matchedField !== 0;
    let listed = this.#judge.judge({
      keys: keys.address,
      count,
      optIns: hasOptIns ? optIns.address : 0,
      todayDay,
      verdicts,
      registered: needsDays ? days : 0,
      matched: needsSets ? sets : 0,
      lists: context.lists,
      scratch: slotStart + this.#layout.slotBytes - this.#layout.scratchBytes,
      counts: slotStart,
    });
    writeAnswered(slotStart, {
      ...{ memory: this.memory, keys: keys.address, count },
      verdicts: isOfLists ? verdicts : this.#keepListed(slotStart, verdicts, verdictsEnd),
      optIns: hasOptIns ? optIns.address : 0,
    });
    if (needsReasons) {
      const judged = {
        words: keys.words,
        count,
        verdicts: bytes.subarray(verdicts, verdictsEnd),
        optInDays: hasOptIns ? optIns.words : undefined,
        registeredDays: new Uint32Array(this.memory, days, count),
        todayDay,
        approach,
        // Of integers, key 0 means empty, not an unread text.
        unread: isText ? unread : undefined,
      };
      const reasons = this.#reasonsAt(verdictsEnd, { field: reasonsField, count });
      writeReasons(judged, reasons);
      writeObjections(objected, approach, reasons);
      if (!mayBeUsual) {
        const columns = { days: context.registrationDays ? days : 0, sets: needsSets ? sets : 0 };
        const ofLists = { ...columns, listed, counts: slotStart, objections: context.objections };
        listed = this.#takeReasons({ ...judged, reasons }, ofLists);
      }
    }
    if (mayBeUsual && objected.length > 0) {
      const counts = new Int32Array(this.memory, slotStart, VERDICT_COUNTS);
      blockObjected(objected, bytes.subarray(verdicts, verdictsEnd), counts);
    }
    return this.#closeColumns(context, { offset: daysOffset, days, sets, listed }) - response;
  }

  /**
   * Gives a batch the verdicts of its reasons; returns how many values each column has then. An
   * address of 0 = not wanted.
   */
  #takeReasons(
    judged: Pick<Parameters<typeof takeVerdictsOfReasons>[0], 'count' | 'verdicts' | 'reasons'>,
    at: { days: number; sets: number; listed: number; counts: number; objections: number },
  ): number {
    const { verdicts, reasons, count } = judged;
    const column = (address: number) => new Uint32Array(this.memory, address, count);
    const listed = takeVerdictsOfReasons({
      ...judged,
      columns: [at.days, at.sets].filter((address) => address !== 0).map(column),
      listedCount: at.listed,
      counts: new Int32Array(this.memory, at.counts, VERDICT_COUNTS),
    });
    if (at.sets !== 0) markObjections({ verdicts, reasons }, column(at.sets), at.objections);
    return listed;
  }

  /** Makes fields of the columns that are wanted; returns the offset after them. */
  #closeColumns(
    { registrationDays, matchedField: field }: BatchContext,
    at: { offset: number; days: number; sets: number; listed: number },
  ): number {
    const { offset, days, listed } = at;
    const end = registrationDays ? closeRegisteredDays(this.#bytes, offset, days, listed) : offset;
    if (field === 0) return end;
    const sets = new Uint32Array(this.memory, at.sets, listed);
    return closeMatchedLists(this.#bytes, end, { field, sets });
  }

  /**
   * Turns the opt-ins of a batch into those that count by its registers; returns the places of keys
   * that are objected to.
   */
  #lookUp({ keys, optIns }: RequestBatch, { registers, todayDay }: BatchContext): Uint32Array {
    if (registers === undefined || keys.count === 0) return NONE;
    const { words, count } = keys;
    const view = openView(registers);
    if (view.hasOptIns && optIns.count === 0) {
      optIns.words.fill(0, 0, count);
      optIns.count = count;
    }
    this.#objected ??= new Uint32Array(this.#layout.numbersMax);
    const optInDays = optIns.count === 0 ? undefined : optIns.words;
    const looked = { words, count, optInDays, todayDay, objected: this.#objected };
    return this.#objected.subarray(0, view.look(looked));
  }

  /** Copies the verdicts of the list, which are replaced in the response; returns where to. */
  #keepListed(slotStart: number, verdicts: number, verdictsEnd: number): number {
    const { slotBytes, scratchBytes, listedBytes } = this.#layout;
    const listed = slotStart + slotBytes - scratchBytes - listedBytes;
    this.#bytes.copyWithin(listed, verdicts, verdictsEnd);
    return listed;
  }

  /** Where the reasons of a batch go: into its response at `offset`, or nowhere. */
  #reasonsAt(offset: number, head: { readonly field: ReasonsField; readonly count: number }) {
    if (head.field === 0) {
      this.#reasons ??= new Uint8Array(this.#layout.numbersMax);
      return this.#reasons.subarray(0, head.count);
    }
    const start = writeReasonsHead(this.#bytes, offset, head);
    return this.#bytes.subarray(start, start + head.count);
  }

  /** The parts of a slot in which a fragmented request is put together. */
  #batchOf(slotStart: number): RequestBatch {
    const known = this.#batches.get(slotStart);
    if (known !== undefined) return known;
    const { numbersMax, responseBytes, wordsBytes } = this.#layout;
    const words = responseStart(this.#layout, slotStart) + responseBytes;
    const optInDays = words + wordsBytes;
    const batch = new RequestBatch(numbersMax, { buffer: this.memory, words, optInDays });
    this.#batches.set(slotStart, batch);
    return batch;
  }
}
