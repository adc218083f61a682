import { varintBytes, WIRE_LEN, writeVarint } from './fields.ts';

/** Field numbers of `DedupeResponse`; `BatchCheckResponse` shares the first three alone. */
export const FIELD_LISTS = 1;
export const FIELD_VERDICTS = 2;
export const FIELD_REGISTERED = 3;
export const FIELD_SUMMARY = 4;
export const FIELD_REASONS = 6;
/** Of `BatchCheckResponse`. */
export const FIELD_BATCH_REASONS = 4;

/** The field that reasons are to be written to; 0 = none are wanted. */
export type ReasonsField = 0 | typeof FIELD_REASONS | typeof FIELD_BATCH_REASONS;

const TAG_VERDICTS = (FIELD_VERDICTS << 3) | WIRE_LEN;
const TAG_REGISTERED = (FIELD_REGISTERED << 3) | WIRE_LEN;

/** The most bytes that tag and length of a packed field take. */
const HEAD_BYTES_MAX = 6;
const DAYS_ALIGNMENT = 4;

/**
 * The most bytes an answer to `numbersMax` numbers takes while it is put together: verdicts,
 * reasons, days, three tags and lengths, and what aligns the days.
 */
export function responseBytesMax(numbersMax: number): number {
  return numbersMax * 6 + 3 * HEAD_BYTES_MAX + DAYS_ALIGNMENT - 1;
}

/** Writes the head of the packed verdicts; one byte a verdict follows at the offset returned. */
export function writeVerdictsHead(bytes: Uint8Array, offset: number, count: number): number {
  if (count === 0) return offset;
  bytes[offset] = TAG_VERDICTS;
  return writeVarint(bytes, offset + 1, count);
}

/** Writes the head of the packed reasons; one byte a reason follows at the offset returned. */
export function writeReasonsHead(
  bytes: Uint8Array,
  offset: number,
  { field, count }: { readonly field: ReasonsField; readonly count: number },
): number {
  if (count === 0 || field === 0) return offset;
  bytes[offset] = (field << 3) | WIRE_LEN;
  return writeVarint(bytes, offset + 1, count);
}

/** How many bytes the field of `count` reasons takes. */
export function reasonsFieldBytes(field: ReasonsField, count: number): number {
  return count === 0 || field === 0 ? 0 : 1 + varintBytes(count) + count;
}

/**
 * Where registration days may be kept until {@link closeRegisteredDays} makes a field of them at
 * `offset`: behind its head, a multiple of 4.
 */
export function registeredDaysPlace(offset: number): number {
  return Math.ceil((offset + HEAD_BYTES_MAX) / DAYS_ALIGNMENT) * DAYS_ALIGNMENT;
}

/**
 * Makes a field of registration days that lie little-endian at `from`, see
 * {@link registeredDaysPlace}: writes the head at `offset` and moves the days behind it. Returns
 * the offset behind them.
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
