import { TacetError } from '../errors.ts';
import {
  encodeKeys,
  encodeOptInDays,
  encodePhoneNumbers,
  type Keys,
} from '../wire/request-writer.ts';

/** One batch: phone numbers as text or as integers, optionally with the day of each opt-in. */
export type Batch = (
  | { readonly phoneNumbers: readonly string[]; readonly keys?: undefined }
  | { readonly keys: Keys; readonly phoneNumbers?: undefined }
) & {
  /** Epoch days, 0 = none; one per number. */
  readonly optInDays?: readonly number[] | Uint32Array;
};

/**
 * A batch that is already encoded, perhaps by another thread: the bytes of a `DedupeRequest`
 * without options, which must not change until it is answered. Not exported by the package.
 */
export class EncodedBatch {
  readonly request: Uint8Array;
  /** How many numbers it holds. */
  readonly count: number;

  constructor(request: Uint8Array, count: number) {
    this.request = request;
    this.count = count;
  }
}

/** Encodes a batch. Errors: ERR_REQUEST for a batch that no server would accept. */
export function encodeBatch({ keys, phoneNumbers, optInDays }: Batch): EncodedBatch {
  if ((keys === undefined) === (phoneNumbers === undefined)) {
    throw new TacetError('ERR_REQUEST', {
      what: 'a batch with phoneNumbers and keys, or with neither',
      fix: 'Give text as phoneNumbers, or integers as keys',
    });
  }
  const count = keys?.length ?? phoneNumbers?.length ?? 0;
  const numbers = keys === undefined ? encodePhoneNumbers(phoneNumbers) : encodeKeys(keys);
  if (optInDays === undefined) return new EncodedBatch(numbers, count);
  if (optInDays.length !== count) {
    throw new TacetError('ERR_REQUEST', {
      what: 'opt-ins that do not match the numbers',
      expected: `${count} optInDays`,
      got: String(optInDays.length),
      fix: 'Give 0 where there is no opt-in',
    });
  }
  return new EncodedBatch(Buffer.concat([numbers, encodeOptInDays(optInDays)]), count);
}
