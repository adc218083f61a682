import { endianness } from 'node:os';
import { TacetError } from '../errors.ts';
import { KEY_MAX } from '../phone/plan.ts';
import { varintBytes, WIRE_LEN, writeVarint } from './fields.ts';
import { FIELD_NUMBERS, FIELD_OPT_INS, FIELD_PHONE_NUMBERS } from './request.ts';

const DAY_BYTES = 4;

/** Numbers as integers: E.164 digits, +32 475 12 34 56 is 32475123456. */
export type Keys = BigUint64Array | Float64Array | readonly number[] | readonly bigint[];

/** Encodes `numbers` as a packed field. Errors: ERR_REQUEST for anything but unsigned integers. */
export function encodeKeys(keys: Keys): Buffer {
  const payload = new BigUint64Array(keys.length);
  if (keys instanceof BigUint64Array) payload.set(keys);
  else for (let i = 0; i < keys.length; i++) payload[i] = wholeKey(keys[i], i);
  const bytes = Buffer.from(payload.buffer);
  if (endianness() === 'BE') bytes.swap64();
  return packedField(FIELD_NUMBERS, bytes);
}

function wholeKey(key: number | bigint | undefined, index: number): bigint {
  if (typeof key === 'bigint' && key >= 0n && key < 1n << 64n) return key;
  if (typeof key === 'number' && Number.isInteger(key) && key >= 0 && key <= KEY_MAX) {
    return BigInt(key);
  }
  throw new TacetError('ERR_REQUEST', {
    what: 'not a phone number as an integer',
    where: `keys[${index}]`,
    expected: `0 to ${KEY_MAX}`,
    fix: 'Give text as phoneNumbers',
  });
}

/** Encodes texts as `phone_numbers`, one field each. */
export function encodePhoneNumbers(phoneNumbers: readonly string[]): Buffer {
  let bytesMax = 0;
  for (const phoneNumber of phoneNumbers) bytesMax += 1 + 5 + phoneNumber.length * 3;
  const buffer = Buffer.allocUnsafe(bytesMax);
  let at = 0;
  for (const phoneNumber of phoneNumbers) {
    const bytes = Buffer.byteLength(phoneNumber);
    buffer[at] = (FIELD_PHONE_NUMBERS << 3) | WIRE_LEN;
    at = writeVarint(buffer, at + 1, bytes);
    at += buffer.write(phoneNumber, at);
  }
  return buffer.subarray(0, at);
}

/**
 * Encodes epoch days of opt-ins as a packed field, 0 = none; one per number of the message.
 * Errors: ERR_REQUEST for anything but a day, including holes in the array.
 */
export function encodeOptInDays(days: readonly number[] | Uint32Array): Buffer {
  const payload = Buffer.allocUnsafe(days.length * DAY_BYTES);
  for (let i = 0; i < days.length; i++) payload.writeUInt32LE(wholeDay(days[i], i), i * DAY_BYTES);
  return packedField(FIELD_OPT_INS, payload);
}

function wholeDay(day: number | undefined, index: number): number {
  if (day !== undefined && day >>> 0 === day) return day;
  throw new TacetError('ERR_REQUEST', {
    what: 'not the day of an opt-in',
    where: `optInDays[${index}]`,
    expected: 'whole days since 1970-01-01, 0 for no opt-in',
    fix: 'Give 0 where the day is not known: it counts for nothing',
  });
}

function packedField(field: number, payload: Uint8Array): Buffer {
  const headBytes = 1 + varintBytes(payload.length);
  const buffer = Buffer.allocUnsafe(headBytes + payload.length);
  buffer[0] = (field << 3) | WIRE_LEN;
  writeVarint(buffer, 1, payload.length);
  buffer.set(payload, headBytes);
  return buffer;
}
