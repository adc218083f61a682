import {
  type Cursor,
  malformed,
  readLength,
  readVarint32,
  skipField,
  WIRE_LEN,
  WIRE_VARINT,
  wrongWireType,
} from './fields.ts';

/** What a field holds. */
export type ScalarKind = 'text' | 'texts' | 'bool' | 'enum';

/** How often a repeated field may occur. */
const TEXTS_MAX = 64;

/** The fields of a small message, by their numbers. */
export type ScalarFields<Message> = readonly (
  | { readonly name: keyof Message; readonly kind: ScalarKind }
  | undefined
)[];

/**
 * Reads a small message of strings, bools and enums. An unset field is empty, false or 0; of a
 * field that occurs several times, the last counts unless it is repeated; invalid UTF-8 becomes
 * U+FFFD; unknown fields are skipped.
 * Errors: ERR_WIRE, also for a known field of another wire type, and for a repeated field that
 * occurs more than 64 times.
 *
 * Not left to protobufjs, which silently shortens a string that ends beyond its message, misreads a
 * field of another wire type, and loses its place after a tag or length of six to nine bytes: a
 * truncated check would be answered for another number.
 */
export function readScalars<Message>(bytes: Uint8Array, fields: ScalarFields<Message>): Message {
  // Where each field lies. Read at the end: a field may occur a million times.
  const starts = new Uint32Array(fields.length);
  const ends = new Uint32Array(fields.length);
  const texts = new Map<number, string[]>();
  const cursor: Cursor = { bytes, offset: 0, end: bytes.length };
  while (cursor.offset < cursor.end) {
    const tag = readVarint32(cursor);
    const field = fields[tag >>> 3];
    if (field === undefined) {
      skipField(cursor, tag);
      continue;
    }
    const isText = field.kind === 'text' || field.kind === 'texts';
    if ((tag & 7) !== (isText ? WIRE_LEN : WIRE_VARINT)) throw wrongWireType(tag);
    const length = isText ? readLength(cursor) : 0;
    starts[tag >>> 3] = cursor.offset;
    if (isText) cursor.offset += length;
    else skipField(cursor, tag);
    ends[tag >>> 3] = cursor.offset;
    if (field.kind === 'texts') {
      const known = texts.get(tag >>> 3) ?? [];
      if (known.length >= TEXTS_MAX) throw malformed(`too many of field ${tag >>> 3}`);
      known.push(textOf(bytes, cursor.offset - length, cursor.offset));
      texts.set(tag >>> 3, known);
    }
  }
  const message: Partial<Record<keyof Message, string | string[] | boolean | number>> = {};
  for (let number = 1; number < fields.length; number++) {
    const field = fields[number];
    if (field === undefined) continue;
    const start = starts[number] ?? 0;
    const end = ends[number] ?? 0;
    message[field.name] =
      field.kind === 'texts' ? (texts.get(number) ?? []) : READERS[field.kind](bytes, start, end);
  }
  // Every field of the message has its value.
  return message as Message;
}

function textOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  if (start === end) return '';
  return Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
}

const READERS = { text: textOf, bool: boolOf, enum: enumOf } as const;

/** The value of a varint as an int32: like every protobuf parser, the lowest 32 bits. */
function enumOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  // In range: the bytes of a varint, the lowest first.
  for (let at = end - 1; at >= start; at--) value = (value << 7) | ((bytes[at] as number) & 0x7f);
  return value;
}

/** Whether a varint is not zero, however long it is. */
function boolOf(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes.subarray(start, end).some((byte) => (byte & 0x7f) !== 0);
}
