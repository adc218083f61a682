import { strict as assert } from 'node:assert';
import { varintBytes, WIRE_LEN, WIRE_VARINT, writeVarint } from './fields.ts';

/** Field numbers of `DedupeResponse`; `BatchCheckResponse` shares only the first three. */
const FIELD_LISTS = 1;
export const FIELD_VERDICTS = 2;
export const FIELD_REGISTERED = 3;
const FIELD_SUMMARY = 4;
export const FIELD_MATCHED = 5;
export const FIELD_REASONS = 6;
const FIELD_NOTICES = 8;
const FIELD_PURPOSE = 9;
const FIELD_CHANNEL = 10;
/** The field of the reasons in `BatchCheckResponse`. */
export const FIELD_BATCH_REASONS = 4;
const FIELD_BATCH_NOTICES = 6;
/** The field of the matched lists in `BatchCheckResponse`. */
export const FIELD_BATCH_MATCHED = 7;
const FIELD_BATCH_PURPOSE = 8;
const FIELD_BATCH_CHANNEL = 9;

/** The small parts of a `DedupeResponse`: their wire types by field. */
export const RESPONSE_PARTS: ReadonlyMap<number, number> = new Map([
  [FIELD_LISTS, WIRE_LEN],
  [FIELD_SUMMARY, WIRE_LEN],
  [FIELD_NOTICES, WIRE_LEN],
  [FIELD_PURPOSE, WIRE_VARINT],
  [FIELD_CHANNEL, WIRE_VARINT],
]);
/** The same of a `BatchCheckResponse`. */
export const BATCH_PARTS: ReadonlyMap<number, number> = new Map([
  [FIELD_LISTS, WIRE_LEN],
  [FIELD_BATCH_NOTICES, WIRE_LEN],
  [FIELD_BATCH_PURPOSE, WIRE_VARINT],
  [FIELD_BATCH_CHANNEL, WIRE_VARINT],
]);

/** The field for the reasons; 0 = no reasons are wanted. */
export type ReasonsField = 0 | typeof FIELD_REASONS | typeof FIELD_BATCH_REASONS;

/** The field for the matched lists; 0 = they are not wanted. */
export type MatchedField = 0 | typeof FIELD_MATCHED | typeof FIELD_BATCH_MATCHED;

const TAG_VERDICTS = (FIELD_VERDICTS << 3) | WIRE_LEN;
const TAG_REGISTERED = (FIELD_REGISTERED << 3) | WIRE_LEN;

/** The most bytes for the tag and length of a packed field. */
const HEAD_BYTES_MAX = 6;
const COLUMN_ALIGNMENT = 4;
/** Sets of lists below this take no more than the four bytes that they lie in. */
const SET_END = 2 ** 28;

/**
 * The most bytes an answer to `numbersMax` numbers takes while it is put together: verdicts,
 * reasons, days, matched lists, their tags and lengths, and padding to align the last two.
 */
export function responseBytesMax(numbersMax: number): number {
  return numbersMax * 10 + 4 * HEAD_BYTES_MAX + 2 * (COLUMN_ALIGNMENT - 1);
}

/** Writes the head of the packed verdicts; one byte per verdict follows at the returned offset. */
export function writeVerdictsHead(bytes: Uint8Array, offset: number, count: number): number {
  if (count === 0) return offset;
  bytes[offset] = TAG_VERDICTS;
  return writeVarint(bytes, offset + 1, count);
}

/** Writes the head of the packed reasons; one byte per reason follows at the returned offset. */
export function writeReasonsHead(
  bytes: Uint8Array,
  offset: number,
  { field, count }: { readonly field: ReasonsField; readonly count: number },
): number {
  if (count === 0 || field === 0) return offset;
  bytes[offset] = (field << 3) | WIRE_LEN;
  return writeVarint(bytes, offset + 1, count);
}

/** The size of a field of `count` reasons in bytes. */
export function reasonsFieldBytes(field: ReasonsField, count: number): number {
  return count === 0 || field === 0 ? 0 : 1 + varintBytes(count) + count;
}

/**
 * Where to keep registration days or matched lists until {@link closeRegisteredDays} or
 * {@link closeMatchedLists} makes a field of them at `offset` or before: after its head, a multiple
 * of 4.
 */
export function columnPlace(offset: number): number {
  return Math.ceil((offset + HEAD_BYTES_MAX) / COLUMN_ALIGNMENT) * COLUMN_ALIGNMENT;
}

/**
 * Makes a field of registration days that lie little-endian at `from`, see {@link columnPlace}:
 * writes the head at `offset` and moves the days to follow it. Returns the offset after them.
 */
export function closeRegisteredDays(
  bytes: Uint8Array,
  offset: number,
  from: number,
  count: number,
): number {
  if (count === 0) return offset;
  bytes[offset] = TAG_REGISTERED;
  const at = writeVarint(bytes, offset + 1, count * 4);
  bytes.copyWithin(at, from, from + count * 4);
  return at + count * 4;
}

/**
 * Makes a field of matched lists, see {@link columnPlace}: writes it at `offset`. Returns the
 * offset after it.
 *
 * @param sets a set of bits per listed number, each below 2^28
 */
export function closeMatchedLists(
  bytes: Uint8Array,
  offset: number,
  { field, sets }: { readonly field: MatchedField; readonly sets: Uint32Array },
): number {
  if (field === 0 || sets.length === 0) return offset;
  let length = 0;
  for (const set of sets) {
    assert(set < SET_END, 'a set is not written over one that is still to be read');
    length += varintBytes(set);
  }
  bytes[offset] = (field << 3) | WIRE_LEN;
  let at = writeVarint(bytes, offset + 1, length);
  for (const set of sets) at = writeVarint(bytes, at, set);
  return at;
}
