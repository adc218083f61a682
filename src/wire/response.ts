import { WIRE_LEN, writeVarint } from './fields.ts';

/** Field numbers of `DedupeResponse`; `BatchCheckResponse` shares the first three. */
export const FIELD_LISTS = 1;
export const FIELD_VERDICTS = 2;
export const FIELD_REGISTERED = 3;
export const FIELD_SUMMARY = 4;

const TAG_VERDICTS = (FIELD_VERDICTS << 3) | WIRE_LEN;
const TAG_REGISTERED = (FIELD_REGISTERED << 3) | WIRE_LEN;

/** The most bytes an answer to `numbersMax` numbers takes: verdicts, days, two tags and lengths. */
export function responseBytesMax(numbersMax: number): number {
  return numbersMax * 5 + 12;
}

/** Writes the head of the packed verdicts; one byte a verdict follows at the offset returned. */
export function writeVerdictsHead(bytes: Uint8Array, offset: number, count: number): number {
  if (count === 0) return offset;
  bytes[offset] = TAG_VERDICTS;
  return writeVarint(bytes, offset + 1, count);
}

/** The most bytes that tag and length of the registration days take. */
export const REGISTERED_HEAD_BYTES_MAX = 6;

/**
 * Makes a field of registration days that lie little-endian at `from`, behind `offset` plus
 * {@link REGISTERED_HEAD_BYTES_MAX}: writes the head at `offset` and moves the days behind it.
 * Returns the offset behind them.
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

/** Writes the packed registration days; returns the offset behind them. */
export function writeRegisteredDays(
  bytes: Uint8Array,
  offset: number,
  days: Uint32Array,
  count: number,
): number {
  if (count === 0) return offset;
  bytes[offset] = TAG_REGISTERED;
  let at = writeVarint(bytes, offset + 1, count * 4);
  for (let i = 0; i < count; i++) {
    // In range: count is at most the length of days. Little-endian on every machine.
    const day = days[i] as number;
    bytes[at] = day & 0xff;
    bytes[at + 1] = (day >>> 8) & 0xff;
    bytes[at + 2] = (day >>> 16) & 0xff;
    bytes[at + 3] = day >>> 24;
    at += 4;
  }
  return at;
}
