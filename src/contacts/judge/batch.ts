import { encodeKeys, encodeOptInDays } from '../../wire/request-writer.ts';
import type { NumberList } from './numbers.ts';

const KEY_BYTES = 8;
const DAY_BYTES = 4;
/** The most that the tags and lengths of the two packed fields take. */
const HEADS_BYTES = 16;

/** The phone numbers of consecutive rows. */
export interface ContactBatch {
  /** How many numbers the request holds, 1 or more. */
  readonly count: number;
  /** The bytes of a `DedupeRequest`; in a buffer of its own. */
  readonly request: Uint8Array;
}

/** How many rows fit a request of `bytesMax`; 0 = not even one. */
export function rowsThatFit(bytesMax: number): number {
  return Math.max(0, Math.floor((bytesMax - HEADS_BYTES) / (KEY_BYTES + DAY_BYTES)));
}

/** Encodes requests of at most `batchNumbers` numbers each, with their opt-ins if there are any. */
export function encodeBatches(
  { count, keys, optInDays }: NumberList,
  batchNumbers: number,
  hasOptIns: boolean,
): ContactBatch[] {
  const batches: ContactBatch[] = [];
  for (let from = 0; from < count; from += batchNumbers) {
    const size = Math.min(batchNumbers, count - from);
    const numbers = encodeKeys(new BigUint64Array(keys.buffer, from * KEY_BYTES, size));
    const days = optInDays.subarray(from, from + size);
    const isAny = hasOptIns && days.some((day) => day > 0);
    const optIns = isAny ? encodeOptInDays(days) : new Uint8Array(0);
    // Between threads a view is copied with all of its buffer.
    const request = new Uint8Array(numbers.length + optIns.length);
    request.set(numbers);
    request.set(optIns, numbers.length);
    batches.push({ count: size, request });
  }
  return batches;
}
