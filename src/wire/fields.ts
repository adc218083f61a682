import { TacetError } from '../errors.ts';

/**
 * The few pieces of protobuf's wire format that Tacet reads and writes itself: varints, tags and
 * skipping unknown fields. Source: protobuf.dev/programming-guides/encoding.
 */

export const WIRE_VARINT = 0;
export const WIRE_I64 = 1;
export const WIRE_LEN = 2;
const WIRE_GROUP = 3;
const WIRE_GROUP_END = 4;
export const WIRE_I32 = 5;

/** Refuses groups nested deeper than this, as protobuf's own parsers do. */
const GROUP_DEPTH_MAX = 100;

/** A position in the bytes of one message; reading moves `offset` towards `end`. */
export interface Cursor {
  bytes: Uint8Array;
  offset: number;
  end: number;
}

/** The error for bytes that are not the message: refuses the whole request. */
export function malformed(what: string): TacetError {
  return new TacetError('ERR_WIRE', {
    what: `malformed message: ${what}`,
    fix: 'Build the client from tacet/v1/dedupe.proto',
  });
}

/** The error for a known field of another wire type. */
export function wrongWireType(tag: number): TacetError {
  return malformed(`field ${tag >>> 3} has wire type ${tag & 7}`);
}

/** Reads a varint of up to 32 bits (a tag or a length); it may be encoded longer than necessary. */
export function readVarint32(cursor: Cursor): number {
  const { bytes, end } = cursor;
  let offset = cursor.offset;
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (offset >= end) throw malformed('it ends inside a varint');
    // In range: offset < end, and end is at most the length of the bytes.
    const byte = bytes[offset++] as number;
    if (shift < 28) value |= (byte & 0x7f) << shift;
    else if (shift === 28) value = (value | ((byte & 0x0f) << 28)) >>> 0;
    else if ((byte & 0x7f) !== 0) throw malformed('a tag or length beyond 32 bits');
    if (shift === 28 && (byte & 0x70) !== 0) throw malformed('a tag or length beyond 32 bits');
    if (byte < 0x80) {
      cursor.offset = offset;
      return value >>> 0;
    }
  }
  throw malformed('a varint of more than 10 bytes');
}

/** Reads the length of a length-delimited field and checks that the field lies in the message. */
export function readLength(cursor: Cursor): number {
  const length = readVarint32(cursor);
  if (length > cursor.end - cursor.offset) throw malformed('a field is longer than its message');
  return length;
}

/** Skips the value of an unknown field; its tag has been read. */
export function skipField(cursor: Cursor, tag: number): void {
  skipValue(cursor, tag, 0);
}

function skipValue(cursor: Cursor, tag: number, depth: number): void {
  if (tag >>> 3 === 0) throw malformed('field number 0');
  const wireType = tag & 7;
  if (wireType === WIRE_VARINT) return skipVarint(cursor);
  if (wireType === WIRE_I64) return advance(cursor, 8);
  if (wireType === WIRE_LEN) return advance(cursor, readLength(cursor));
  if (wireType === WIRE_I32) return advance(cursor, 4);
  if (wireType !== WIRE_GROUP) throw malformed(`wire type ${wireType}`);
  if (depth >= GROUP_DEPTH_MAX) throw malformed('groups nested too deep');
  for (;;) {
    const inner = readVarint32(cursor);
    if ((inner & 7) === WIRE_GROUP_END) {
      if (inner >>> 3 !== tag >>> 3) throw malformed('a group ends under another number');
      return;
    }
    skipValue(cursor, inner, depth + 1);
  }
}

/** Moves on by `bytes`, which must lie in the message. */
export function advance(cursor: Cursor, bytes: number): void {
  if (bytes > cursor.end - cursor.offset) throw malformed('it ends inside a field');
  cursor.offset += bytes;
}

function skipVarint(cursor: Cursor): void {
  for (let length = 0; length < 10; length++) {
    if (cursor.offset >= cursor.end) throw malformed('it ends inside a varint');
    // In range: checked one line above.
    if ((cursor.bytes[cursor.offset++] as number) < 0x80) return;
  }
  throw malformed('a varint of more than 10 bytes');
}

/** How many bytes `value` (below 2^32) takes as a varint. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes `value` (below 2^32) as a varint at `offset`; returns the offset after it. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}
