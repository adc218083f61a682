import { VERDICT_OF_REASON } from '../verdict/reason.ts';
import {
  VERDICT_BLOCKED,
  VERDICT_CALLABLE,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NOT_APPLICABLE,
} from '../verdict/verdict.ts';
import {
  type Cursor,
  malformed,
  readLength,
  readVarint32,
  skipField,
  WIRE_I32,
  WIRE_LEN,
  WIRE_VARINT,
  wrongWireType,
} from './fields.ts';
import {
  BATCH_PARTS,
  FIELD_BATCH_MATCHED,
  FIELD_BATCH_REASONS,
  FIELD_MATCHED,
  FIELD_REASONS,
  FIELD_REGISTERED,
  FIELD_VERDICTS,
  RESPONSE_PARTS,
} from './response.ts';
import { decodeResponseParts, type ResponseParts } from './service.ts';

/** The verdicts of one batch. */
export interface BatchVerdicts {
  /** One verdict per number, each 1 to 6, in order; see `mayCall`. */
  readonly verdicts: Uint8Array;
  /**
   * Epoch days of the numbers with verdict 2 or 3, in order, if asked for; 0 = unknown, or not on
   * the list.
   */
  readonly registeredDays: Uint32Array;
  /**
   * The reasons of the verdicts, one `Reason` per number, in order, if asked for; otherwise empty.
   */
  readonly reasons: Uint8Array;
  /**
   * The lists of the numbers with verdict 2 or 3, in order, if asked for: a bit for each of
   * `lists`, the lowest the first; 0 = on none of them. See `matchedNames`.
   */
  readonly matchedLists: Uint32Array;
}

/** A response, decoded. */
export interface DecodedResponse extends BatchVerdicts, ResponseParts {}

/**
 * Decodes a `DedupeResponse`. `verdicts` and `reasons` may be views of `bytes`.
 * Errors: ERR_WIRE, also for a verdict this client does not know, which must not pass for callable;
 * for a number of days other than one per verdict 2 or 3, since they would go to the wrong numbers;
 * and for reasons that are not one per verdict or belong to another verdict.
 */
export function decodeResponse(bytes: Uint8Array): DecodedResponse {
  const fields = { reasons: FIELD_REASONS, matched: FIELD_MATCHED, parts: RESPONSE_PARTS };
  return decode(bytes, { of: 'Dedupe', ...fields });
}

/** Decodes a `BatchCheckResponse`, as {@link decodeResponse} does. */
export function decodeBatchResponse(bytes: Uint8Array): DecodedResponse {
  const fields = { reasons: FIELD_BATCH_REASONS, matched: FIELD_BATCH_MATCHED, parts: BATCH_PARTS };
  return decode(bytes, { of: 'BatchCheck', ...fields });
}

/** What is there where none of the parts is. */
const NO_PARTS: ResponseParts = { lists: [], summary: null, notices: [], purpose: 0, channel: 0 };

function decode(
  bytes: Uint8Array,
  fields: {
    readonly of: 'Dedupe' | 'BatchCheck';
    readonly reasons: number;
    readonly matched: number;
    /** The wire types of the small parts, by field. */
    readonly parts: ReadonlyMap<number, number>;
  },
): DecodedResponse {
  const cursor: Cursor = { bytes, offset: 0, end: bytes.length };
  const verdictRuns: Uint8Array[] = [];
  const dayRuns: Uint8Array[] = [];
  const reasonRuns: Uint8Array[] = [];
  const matchedRuns: Uint8Array[] = [];
  const parts: Uint8Array[] = [];
  while (cursor.offset < cursor.end) {
    const start = cursor.offset;
    const tag = readVarint32(cursor);
    const field = tag >>> 3;
    if (field === FIELD_VERDICTS) {
      verdictRuns.push(runOf(cursor, tag, { wireType: WIRE_VARINT, bytes: 1 }));
    } else if (field === FIELD_REGISTERED) {
      dayRuns.push(runOf(cursor, tag, { wireType: WIRE_I32, bytes: 4 }));
    } else if (field === fields.reasons) {
      reasonRuns.push(runOf(cursor, tag, { wireType: WIRE_VARINT, bytes: 1 }));
    } else if (field === fields.matched) {
      matchedRuns.push(runOfSets(cursor, tag));
    } else {
      const wireType = fields.parts.get(field);
      if (wireType !== undefined && (tag & 7) !== wireType) throw wrongWireType(tag);
      skipField(cursor, tag);
      if (wireType !== undefined) parts.push(bytes.subarray(start, cursor.offset));
    }
  }
  const verdicts = joined(verdictRuns);
  const registeredDays = daysOf(joined(dayRuns));
  const datedCount = countDated(verdicts);
  if (registeredDays.length !== 0 && registeredDays.length !== datedCount) {
    throw malformed('registered_epoch_days does not match the verdicts');
  }
  const matchedLists = setsOf(joined(matchedRuns));
  if (matchedLists.length !== 0 && matchedLists.length !== datedCount) {
    throw malformed('matched_lists does not match the verdicts');
  }
  const reasons = joined(reasonRuns);
  checkReasons(reasons, verdicts);
  const small = parts.length === 0 ? NO_PARTS : decodeResponseParts(joined(parts), fields.of);
  const { lists, summary, notices, purpose, channel } = small;
  const columns = { verdicts, registeredDays, reasons, matchedLists };
  return { ...columns, lists, summary, notices, purpose, channel };
}

/** Errors: ERR_WIRE, also for a reason this client does not know, which has no verdict. */
function checkReasons(reasons: Uint8Array, verdicts: Uint8Array): void {
  if (reasons.length === 0) return;
  if (reasons.length !== verdicts.length) throw malformed('reasons do not match the verdicts');
  let wrong = 0;
  for (let i = 0; i < reasons.length; i++) {
    // In range. One byte per reason, as with the verdicts: bytes from 0x80 on are no reason.
    wrong |= (VERDICT_OF_REASON[reasons[i] as number] as number) ^ (verdicts[i] as number);
  }
  if (wrong !== 0) throw malformed('a reason that does not go with its verdict');
}

/** By verdict byte: whether the number has a registration day, and whether it is no verdict. */
const HAS_DAY = Uint8Array.from({ length: 256 }, (_, verdict) =>
  Number(verdict === VERDICT_BLOCKED || verdict === VERDICT_CALLABLE_OPT_IN),
);
const IS_NONE = Uint8Array.from({ length: 256 }, (_, verdict) =>
  Number(verdict < VERDICT_CALLABLE || verdict > VERDICT_NOT_APPLICABLE),
);

/** Counts the numbers with a registration day. Errors: ERR_WIRE for an invalid verdict. */
function countDated(verdicts: Uint8Array): number {
  let datedCount = 0;
  let noneCount = 0;
  // Without branches: verdicts are unpredictable.
  for (let i = 0; i < verdicts.length; i++) {
    // In range. One byte per verdict: a longer varint has a byte of 0x80 or more, refused here.
    const verdict = verdicts[i] as number;
    datedCount += HAS_DAY[verdict] as number;
    noneCount += IS_NONE[verdict] as number;
  }
  if (noneCount > 0) throw malformed('a verdict this client does not know');
  return datedCount;
}

/** The bytes of one occurrence of a repeated field: packed, or a single element. */
function runOf(
  cursor: Cursor,
  tag: number,
  element: { readonly wireType: number; readonly bytes: number },
): Uint8Array {
  if ((tag & 7) === WIRE_LEN) return run(cursor, readLength(cursor));
  if ((tag & 7) === element.wireType) return run(cursor, element.bytes);
  throw wrongWireType(tag);
}

/** The bytes of one occurrence of a field of varints of any size. */
function runOfSets(cursor: Cursor, tag: number): Uint8Array {
  if ((tag & 7) === WIRE_LEN) return run(cursor, readLength(cursor));
  if ((tag & 7) !== WIRE_VARINT) throw wrongWireType(tag);
  const start = cursor.offset;
  readVarint32(cursor);
  return cursor.bytes.subarray(start, cursor.offset);
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

function setsOf(bytes: Uint8Array): Uint32Array {
  // A byte without a further one behind it ends a varint.
  const sets = new Uint32Array(bytes.reduce((count, byte) => count + Number(byte < 0x80), 0));
  const cursor: Cursor = { bytes, offset: 0, end: bytes.length };
  for (let i = 0; cursor.offset < cursor.end; i++) sets[i] = readVarint32(cursor);
  return sets;
}
