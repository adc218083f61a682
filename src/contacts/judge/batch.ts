import { encodeKeys, encodeOptInDays } from '../../wire/request-writer.ts';

const KEY_BYTES = 8;
const DAY_BYTES = 4;
/** The most that the tags and lengths of the two packed fields take. */
const HEADS_BYTES = 16;

/** The phone numbers of consecutive rows. */
export interface ContactBatch {
  /** How many numbers the request holds, 1 or more. */
  readonly count: number;
  /** The bytes of a `DedupeRequest`; the receiver owns them and may transfer them. */
  readonly request: Uint8Array;
}

/** How many rows fit a request of `bytesMax`; 0 = not even one. */
export function rowsThatFit(bytesMax: number): number {
  return Math.max(0, Math.floor((bytesMax - HEADS_BYTES) / (KEY_BYTES + DAY_BYTES)));
}

/** Encodes a request for keys and, if there are any, the epoch days of their opt-ins, one each. */
export function encodeBatch(
  keys: BigUint64Array,
  optInDays: Uint32Array | undefined,
): ContactBatch {
  const numbers = encodeKeys(keys);
  const optIns = optInDays === undefined ? new Uint8Array(0) : encodeOptInDays(optInDays);
  // A buffer of its own, so that it can be transferred.
  const request = new Uint8Array(numbers.length + optIns.length);
  request.set(numbers);
  request.set(optIns, numbers.length);
  return { count: keys.length, request };
}
