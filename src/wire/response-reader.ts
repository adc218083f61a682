import { VERDICT_CALLABLE, VERDICT_UNREADABLE } from '../verdict/verdict.ts';
import {
  type Cursor,
  malformed,
  readLength,
  readVarint32,
  skipField,
  WIRE_LEN,
  WIRE_VARINT,
} from './fields.ts';
import { FIELD_LISTS, FIELD_REGISTERED, FIELD_SUMMARY, FIELD_VERDICTS } from './response.ts';
import { decodeResponseParts, type ListVersionMessage, type SummaryMessage } from './service.ts';

/** A response, decoded. */
export interface DecodedResponse {
  /** One verdict a number, each 1 to 5. */
  readonly verdicts: Uint8Array;
  /** Epoch days of those on the list, if they were asked for. */
  readonly registeredDays: Uint32Array;
  readonly lists: readonly ListVersionMessage[];
  readonly summary: SummaryMessage | null;
}

/**
 * Decodes a `DedupeResponse` or `BatchCheckResponse`. `verdicts` may be a view of `bytes`.
 * Errors: ERR_WIRE, also for a verdict this client does not know: it must not pass for callable.
 */
export function decodeResponse(bytes: Uint8Array): DecodedResponse {
  const cursor: Cursor = { bytes, offset: 0, end: bytes.length };
  const verdictRuns: Uint8Array[] = [];
  const dayRuns: Uint8Array[] = [];
  const parts: Uint8Array[] = [];
  while (cursor.offset < cursor.end) {
    const start = cursor.offset;
    const tag = readVarint32(cursor);
    const field = tag >>> 3;
    if (field === FIELD_VERDICTS && (tag & 7) === WIRE_LEN) {
      verdictRuns.push(run(cursor, readLength(cursor)));
    } else if (field === FIELD_VERDICTS && (tag & 7) === WIRE_VARINT) {
      verdictRuns.push(run(cursor, 1));
    } else if (field === FIELD_REGISTERED) {
      dayRuns.push(run(cursor, (tag & 7) === WIRE_LEN ? readLength(cursor) : 4));
    } else {
      skipField(cursor, tag);
      const known = field === FIELD_LISTS || field === FIELD_SUMMARY;
      if (known) parts.push(bytes.subarray(start, cursor.offset));
    }
  }
  const verdicts = joined(verdictRuns);
  for (let i = 0; i < verdicts.length; i++) {
    // In range. One byte a verdict: a longer varint has a byte of 0x80 or more, refused here.
    const verdict = verdicts[i] as number;
    if (verdict < VERDICT_CALLABLE || verdict > VERDICT_UNREADABLE) {
      throw malformed('a verdict this client does not know');
    }
  }
  const { lists, summary } =
    parts.length === 0 ? { lists: [], summary: null } : decodeResponseParts(joined(parts));
  return { verdicts, registeredDays: daysOf(joined(dayRuns)), lists, summary };
}

function run(cursor: Cursor, length: number): Uint8Array {
  if (length > cursor.end - cursor.offset) throw malformed('it ends inside a field');
  cursor.offset += length;
  return cursor.bytes.subarray(cursor.offset - length, cursor.offset);
}

function joined(runs: readonly Uint8Array[]): Uint8Array {
  return runs.length === 1 && runs[0] !== undefined ? runs[0] : Buffer.concat(runs);
}

function daysOf(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 !== 0) throw malformed('registered_epoch_days does not hold whole days');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true));
}
