import type { Matcher } from '../verdict/matcher.ts';
import { decodeRequest, RequestBatch } from '../wire/request.ts';
import { writeRegisteredDays, writeVerdictsHead } from '../wire/response.ts';
import type { BatchContext } from './messages.ts';

/** Where one batch comes from and where its answer goes. */
export interface BatchPlace {
  readonly request: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly optionsAllowed: boolean;
  readonly response: Uint8Array;
  readonly responseStart: number;
  /** Set to the counts by verdict. */
  readonly counts: Int32Array;
}

/**
 * From the bytes of a request to the bytes of its response: decode, normalise, look up, judge,
 * encode. The same code in a worker thread, on the main thread for small batches, and in the
 * embedded commands. Owns scratch memory: one call at a time.
 */
export class BatchAnswerer {
  readonly #batch: RequestBatch;
  readonly #registeredDays: Uint32Array;

  constructor(numbersMax: number) {
    this.#batch = new RequestBatch(numbersMax);
    this.#registeredDays = new Uint32Array(numbersMax);
  }

  /**
   * Returns how many bytes of response it wrote.
   * Errors: those of `decodeRequest`; nothing of the response is valid then.
   */
  answer(matcher: Matcher, context: BatchContext, place: BatchPlace): number {
    const batch = this.#batch;
    decodeRequest(place.request, place, batch, {
      belgian: context.belgian,
      numbersMax: Math.min(context.numbersMax, batch.capacity),
      optionsAllowed: place.optionsAllowed,
    });
    place.counts.fill(0);
    const { response, responseStart } = place;
    const offset = writeVerdictsHead(response, responseStart, batch.count);
    const dayCount = matcher.match(
      {
        words: batch.words,
        count: batch.count,
        optInDays: batch.optInCount === 0 ? undefined : batch.optInDays,
        todayDay: context.todayDay,
      },
      {
        verdicts: response,
        offset,
        registeredDays: context.registrationDays ? this.#registeredDays : undefined,
        counts: place.counts,
      },
    );
    const end = writeRegisteredDays(response, offset + batch.count, this.#registeredDays, dayCount);
    return end - responseStart;
  }
}
