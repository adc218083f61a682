import { strict as assert } from 'node:assert';
import { TacetError } from '../errors.ts';
import { readPhoneNumber } from '../phone/read.ts';
import { whyUnreadable } from '../phone/unreadable.ts';
import { reasonOfUnread } from '../verdict/reason.ts';
import {
  advance,
  type Cursor,
  malformed,
  readLength,
  readVarint32,
  skipField,
  WIRE_I32,
  WIRE_I64,
  WIRE_LEN,
  wrongWireType,
} from './fields.ts';
import type { RequestBatch, RequestColumn } from './request-batch.ts';

/** Field numbers of `DedupeRequest`; those of `BatchCheckRequest` are the same. */
const FIELD_OPTIONS = 1;
export const FIELD_NUMBERS = 2;
export const FIELD_PHONE_NUMBERS = 3;
export const FIELD_OPT_INS = 4;

const TAG_OPTIONS = (FIELD_OPTIONS << 3) | WIRE_LEN;
const TAG_PHONE_NUMBERS = (FIELD_PHONE_NUMBERS << 3) | WIRE_LEN;

/** How to read a request. */
export interface RequestReading {
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  /** Whether this message may carry options: only the first of a stream may. */
  readonly optionsAllowed: boolean;
  /** The most numbers in the message; at most the capacity of the batch. */
  readonly numbersMax: number;
  /**
   * Leaves keys and days that lie in one piece in place, see `inMessage`; for a kernel that reads
   * the message itself. Default false: everything is copied.
   */
  readonly inPlace?: boolean;
  /**
   * Receives the reason of each text that is no phone number, at its position; the rest stays
   * unchanged. Has room for `numbersMax`. Default none.
   */
  readonly unread?: Uint8Array | undefined;
}

/**
 * Decodes `bytes[start, end)`, a `DedupeRequest` or `BatchCheckRequest`, into `batch`. Accepts
 * every legal form: fields in any order, split, packed or not, with unknown fields between. Only
 * checks that options are allowed: {@link findOptions} has read them already.
 *
 * Errors: ERR_WIRE (bytes that are not the message), ERR_REQUEST (numbers in both fields, a wrong
 * count of opt-ins, options too late), ERR_LIMIT (more than `numbersMax` numbers).
 */
export function decodeRequest(
  bytes: Uint8Array,
  range: { start: number; end: number },
  batch: RequestBatch,
  reading: RequestReading,
): void {
  const { start, end } = range;
  assert(start >= 0 && start <= end && end <= bytes.length, 'the message lies in the bytes');
  assert(reading.numbersMax <= batch.capacity, 'the batch holds as many numbers as are allowed');
  const cursor: Cursor = { bytes, offset: start, end };
  const { keys, optIns } = batch;
  keys.clear();
  optIns.clear();
  let texts = 0;
  let numbers = 0;
  while (cursor.offset < cursor.end) {
    const tag = readVarint32(cursor);
    const field = tag >>> 3;
    if (field === FIELD_PHONE_NUMBERS) {
      texts += readTexts(cursor, tag, keys, reading);
    } else if (field === FIELD_NUMBERS) {
      numbers += readFixed(cursor, tag, keys, reading);
    } else if (field === FIELD_OPT_INS) {
      readFixed(cursor, tag, optIns, reading);
    } else {
      if (tag === TAG_OPTIONS && !reading.optionsAllowed) throw optionsTooLate();
      if (field === FIELD_OPTIONS && tag !== TAG_OPTIONS) throw wrongWireType(tag);
      skipField(cursor, tag);
    }
    if (texts > 0 && numbers > 0) throw numbersInBothFields();
  }
  batch.isText = texts > 0;
  if (optIns.count !== 0 && optIns.count !== keys.count) {
    throw new TacetError('ERR_REQUEST', {
      what: 'opt_in_epoch_days does not match the numbers',
      expected: `none or ${keys.count}`,
      got: String(optIns.count),
      fix: 'Send one day per number, 0 for no opt-in, or leave the field out',
    });
  }
}

/**
 * Reads a run of phone_numbers entries after its first tag; since runs are the rule, the loop is
 * here. Returns the number of entries.
 */
function readTexts(
  cursor: Cursor,
  tag: number,
  keys: RequestColumn,
  { belgian, numbersMax, unread }: RequestReading,
): number {
  if (tag !== TAG_PHONE_NUMBERS) throw wrongWireType(tag);
  const { bytes, end } = cursor;
  const { words } = keys;
  const before = keys.count;
  let count = before;
  for (;;) {
    // In range where read: offset < end.
    const first = cursor.offset < end ? (bytes[cursor.offset] as number) : 0x80;
    let length = first;
    if (first < 0x80) cursor.offset++;
    else length = readLength(cursor);
    const start = cursor.offset;
    if (length > end - start) throw malformed('a field is longer than its message');
    if (count >= numbersMax) throw tooManyNumbers(numbersMax);
    const key = readPhoneNumber(bytes, start, start + length, belgian);
    if (key < 0 && unread !== undefined) {
      unread[count] = reasonOfUnread(whyUnreadable(bytes, start, start + length, belgian));
    }
    const kept = Math.max(key, 0);
    words[count * 2] = kept % 0x1_0000_0000;
    words[count * 2 + 1] = Math.floor(kept / 0x1_0000_0000);
    count++;
    cursor.offset = start + length;
    if (cursor.offset >= end || bytes[cursor.offset] !== TAG_PHONE_NUMBERS) break;
    cursor.offset++;
  }
  keys.count = count;
  return count - before;
}

/** Reads one occurrence of a repeated fixed field: a packed run, or a single element. */
function readFixed(
  cursor: Cursor,
  tag: number,
  column: RequestColumn,
  { numbersMax, inPlace }: RequestReading,
): number {
  const { elementBytes } = column;
  const bytes = fixedBytes(cursor, tag, elementBytes);
  const count = bytes / elementBytes;
  if (count > numbersMax - column.count) throw tooManyNumbers(numbersMax);
  const { bytes: message, offset } = cursor;
  advance(cursor, bytes);
  // An empty run leaves nothing in place: texts may follow it.
  if (inPlace === true && column.count === 0 && count > 0) {
    column.inMessage = offset;
  } else {
    const filled = column.count * elementBytes;
    const { inMessage } = column;
    if (inMessage >= 0) column.bytes.set(message.subarray(inMessage, inMessage + filled));
    column.inMessage = -1;
    column.bytes.set(message.subarray(offset, offset + bytes), filled);
  }
  column.count += count;
  return count;
}

/** The bytes of the occurrence at the cursor. */
function fixedBytes(cursor: Cursor, tag: number, elementBytes: number): number {
  if ((tag & 7) === (elementBytes === 8 ? WIRE_I64 : WIRE_I32)) return elementBytes;
  // Protobuf's own parsers would skip a known field of another wire type, and its numbers would get
  // no answer: refuse it instead.
  if ((tag & 7) !== WIRE_LEN) throw wrongWireType(tag);
  const bytes = readLength(cursor);
  if (bytes % elementBytes !== 0)
    throw malformed(`field ${tag >>> 3} does not hold whole elements`);
  return bytes;
}

/**
 * The content of the options of a request, as the bytes of a `DedupeOptions`: the contents of all
 * its occurrences one after the other, which is how protobuf merges them. Undefined if there are
 * none. Takes one step per field, so use it only for messages that may have options.
 */
export function findOptions(bytes: Uint8Array): Uint8Array | undefined {
  const cursor: Cursor = { bytes, offset: 0, end: bytes.length };
  const parts: Uint8Array[] = [];
  while (cursor.offset < cursor.end) {
    const tag = readVarint32(cursor);
    if (tag >>> 3 !== FIELD_OPTIONS) {
      skipField(cursor, tag);
      continue;
    }
    if (tag !== TAG_OPTIONS) throw wrongWireType(tag);
    const length = readLength(cursor);
    parts.push(bytes.subarray(cursor.offset, cursor.offset + length));
    cursor.offset += length;
  }
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

/** The error for a message that is too long; `bytes`: its length by its head, if that was read. */
export function messageTooLong(bytesMax: number, bytes?: number): TacetError {
  return new TacetError('ERR_LIMIT', {
    what: 'the message is too long',
    expected: `at most ${bytesMax} bytes`,
    ...(bytes !== undefined && { got: `${bytes}` }),
    fix: 'Split the batch; GetLists tells the limits',
    facts: { limit: 'message-bytes', max: `${bytesMax}` },
  });
}

function tooManyNumbers(numbersMax: number): TacetError {
  return new TacetError('ERR_LIMIT', {
    what: 'too many numbers in one message',
    expected: `at most ${numbersMax}`,
    fix: 'Split the batch; GetLists tells the limits',
    facts: { limit: 'numbers', max: `${numbersMax}` },
  });
}

function numbersInBothFields(): TacetError {
  return new TacetError('ERR_REQUEST', {
    what: 'numbers and phone_numbers in one message',
    fix: 'Send each message with one of the two',
  });
}

function optionsTooLate(): TacetError {
  return new TacetError('ERR_REQUEST', {
    what: 'options after the first message',
    fix: 'Send options in the first message of a stream only',
  });
}
