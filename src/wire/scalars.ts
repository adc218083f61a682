import {
  type Cursor,
  malformed,
  readLength,
  readVarint32,
  skipField,
  WIRE_LEN,
  WIRE_VARINT,
} from './fields.ts';

/** The fields of a small message: the type of each field number. */
export type ScalarFields = Readonly<Record<number, 'string' | 'bool'>>;

/**
 * The strings and bools of a small message; if a field occurs several times, the last counts.
 *
 * Not left to protobufjs, which silently shortens a string that ends beyond its message, misreads a
 * field of another wire type, and loses its place after a tag or length of six to nine bytes: a
 * truncated check would be answered for another number.
 */
export class Scalars {
  readonly #bytes: Uint8Array;
  readonly #ranges = new Map<number, { start: number; end: number }>();

  /**
   * Reads all of `bytes`; unknown fields are skipped.
   * Errors: ERR_WIRE, also for a known field of another wire type.
   */
  constructor(bytes: Uint8Array, fields: ScalarFields) {
    this.#bytes = bytes;
    const cursor: Cursor = { bytes, offset: 0, end: bytes.length };
    while (cursor.offset < cursor.end) {
      const tag = readVarint32(cursor);
      const kind = fields[tag >>> 3];
      const wireType = kind === 'string' ? WIRE_LEN : WIRE_VARINT;
      if (kind !== undefined && (tag & 7) !== wireType) {
        throw malformed(`field ${tag >>> 3} has wire type ${tag & 7}`);
      }
      if (kind === 'string') {
        const length = readLength(cursor);
        this.#keep(tag >>> 3, cursor.offset, cursor.offset + length);
        cursor.offset += length;
      } else {
        const start = cursor.offset;
        skipField(cursor, tag);
        if (kind === 'bool') this.#keep(tag >>> 3, start, cursor.offset);
      }
    }
  }

  /** The string of a field, empty if it is unset; invalid UTF-8 becomes U+FFFD. */
  string(field: number): string {
    const range = this.#ranges.get(field);
    if (range === undefined) return '';
    const { buffer, byteOffset } = this.#bytes;
    const { start, end } = range;
    return Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
  }

  /** The bool of a field, false if it is unset. */
  bool(field: number): boolean {
    const { start, end } = this.#ranges.get(field) ?? { start: 0, end: 0 };
    return this.#bytes.subarray(start, end).some((byte) => (byte & 0x7f) !== 0);
  }

  /** Keeps one object per field, however often it occurs. */
  #keep(field: number, start: number, end: number): void {
    const range = this.#ranges.get(field);
    if (range === undefined) this.#ranges.set(field, { start, end });
    else Object.assign(range, { start, end });
  }
}
