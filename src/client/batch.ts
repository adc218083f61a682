import {
  encodeKeys,
  encodeOptInDays,
  encodePhoneNumbers,
  type Keys,
} from '../wire/request-writer.ts';

/** One batch: phone numbers as text or as integers, and perhaps the day of each opt-in. */
export type Batch = (
  | { readonly phoneNumbers: readonly string[]; readonly keys?: undefined }
  | { readonly keys: Keys; readonly phoneNumbers?: undefined }
) & {
  /** Epoch days, 0 = none; one per number. */
  readonly optInDays?: readonly number[] | Uint32Array;
};

/** The wire bytes of a batch, without options. */
export function encodeBatch(batch: Batch): { request: Buffer; count: number } {
  const count = batch.keys?.length ?? batch.phoneNumbers?.length ?? 0;
  const numbers =
    batch.keys === undefined ? encodePhoneNumbers(batch.phoneNumbers) : encodeKeys(batch.keys);
  if (batch.optInDays === undefined) return { request: numbers, count };
  return { request: Buffer.concat([numbers, encodeOptInDays(batch.optInDays)]), count };
}
