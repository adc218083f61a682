/** What the tests of the wire share: protobufjs as the oracle, and messages built byte by byte. */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { decodeRequest, type RequestReading } from '#tacet/wire/request.js';
import { RequestBatch, type RequestColumn } from '#tacet/wire/request-batch.js';

const PROTO = fileURLToPath(new URL('../../proto/tacet/v1/dedupe.proto', import.meta.url));
const root = new protobuf.Root().loadSync(PROTO, { keepCase: false });

export const DedupeRequest = root.lookupType('tacet.v1.DedupeRequest');
export const DedupeOptions = root.lookupType('tacet.v1.DedupeOptions');
export const DedupeResponse = root.lookupType('tacet.v1.DedupeResponse');
export const BatchCheckResponse = root.lookupType('tacet.v1.BatchCheckResponse');
export const CheckRequest = root.lookupType('tacet.v1.CheckRequest');

/** Encodes an object as `type` with protobufjs. */
export function encode(type: protobuf.Type, message: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

/** What a request asks, as far as numbers go. */
export interface Asked {
  readonly keys: readonly bigint[];
  readonly optIns: readonly number[];
}

export interface OracleRequest extends Asked {
  readonly texts: readonly string[];
}

/** A `DedupeRequest` as protobufjs reads it. */
export function decodeWithProtobufjs(bytes: Uint8Array): OracleRequest {
  const decoded = DedupeRequest.decode(Buffer.from(bytes));
  const plain = DedupeRequest.toObject(decoded, { longs: String, arrays: true });
  return {
    keys: plain['numbers'].map(BigInt),
    texts: plain['phoneNumbers'],
    optIns: plain['optInEpochDays'],
  };
}

const READING: RequestReading = { belgian: true, optionsAllowed: true, numbersMax: 64 };

/** A request as Tacet reads it; a text that is no phone number is key 0. */
export function decodeWithTacet(
  bytes: Uint8Array,
  { range = { start: 0, end: bytes.length }, ...reading }: DecodeOptions = {},
): Asked {
  const all = { ...READING, ...reading };
  const batch = new RequestBatch(all.numbersMax);
  decodeRequest(bytes, range, batch, all);
  const asked = askedOf(batch, bytes);
  // What is left in place must be the same.
  decodeRequest(bytes, range, batch, { ...all, inPlace: true });
  assert.deepEqual(askedOf(batch, bytes), asked);
  return asked;
}

export interface DecodeOptions extends Partial<RequestReading> {
  readonly range?: { readonly start: number; readonly end: number };
}

/** What a batch holds, some of it perhaps still in the `bytes` it was decoded from. */
export function askedOf(batch: RequestBatch, bytes: Uint8Array): Asked {
  const { buffer, byteOffset } = bytes;
  const viewOf = (column: RequestColumn): DataView =>
    column.inMessage < 0
      ? new DataView(column.bytes.buffer, column.bytes.byteOffset)
      : new DataView(buffer, byteOffset + column.inMessage);
  const keys = viewOf(batch.keys);
  const days = viewOf(batch.optIns);
  return {
    keys: Array.from({ length: batch.keys.count }, (_, i) => keys.getBigUint64(i * 8, true)),
    optIns: Array.from({ length: batch.optIns.count }, (_, i) => days.getUint32(i * 4, true)),
  };
}

/** A varint, padded with empty groups of seven bits to at least `bytesMin` bytes. */
export function varint(value: number | bigint, bytesMin = 1): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 0n || bytes.length < bytesMin) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push((bytes.pop() ?? 0) & 0x7f);
  return bytes;
}

export const tag = (field: number, wireType: number, bytesMin = 1): number[] =>
  varint(field * 8 + wireType, bytesMin);

/** A length-delimited field. */
export const delimited = (field: number, content: Iterable<number>): number[] => {
  const bytes = [...content];
  return [...tag(field, 2), ...varint(bytes.length), ...bytes];
};

/** `value` as `count` little-endian bytes. */
export function littleEndian(value: number | bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((BigInt(value) >> BigInt(i * 8)) & 0xffn));
}

export const key = (value: number | bigint): number[] => littleEndian(value, 8);
export const day = (value: number): number[] => littleEndian(value, 4);
export const text = (value: string): number[] => delimited(3, Buffer.from(value));

/** The code of the error that `act` throws, or the error if it has none; `none` without one. */
export function codeOf(act: () => unknown): unknown {
  try {
    act();
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
