import { varintBytes, WIRE_LEN, WIRE_VARINT, writeVarint } from './fields.ts';
import type { CheckResponseMessage } from './gen/messages.ts';

const TAG_VERDICT = (1 << 3) | WIRE_VARINT;
const TAG_E164 = (2 << 3) | WIRE_LEN;
const TAG_REGISTRATION_DATE = (3 << 3) | WIRE_LEN;
const TAG_REASON = (5 << 3) | WIRE_VARINT;
const TAG_PURPOSE = (7 << 3) | WIRE_VARINT;
const TAG_CHANNEL = (8 << 3) | WIRE_VARINT;
const TAG_MATCHED = (9 << 3) | WIRE_VARINT;
/** Both texts are short and ASCII: a tag, a length of one byte, a byte a character. */
const TEXT_CHARACTERS_MAX = 127;

/**
 * Encodes a `CheckResponse`. `encoded` are its lists and notices, already encoded: the lists are
 * the same for every call on a version, and encoding them again took longer than the look-up.
 */
export function encodeCheckAnswer(
  answer: Omit<CheckResponseMessage, 'lists' | 'notices'>,
  encoded: Uint8Array,
): Buffer {
  const { verdict, e164, registrationDate: date, reason, purpose, channel } = answer;
  const { matchedLists } = answer;
  const bytes = Buffer.allocUnsafe(
    4 +
      varintBytes(verdict) +
      varintBytes(reason) +
      varintBytes(purpose) +
      varintBytes(channel) +
      textBytes(e164) +
      textBytes(date) +
      (matchedLists === 0 ? 0 : 1 + varintBytes(matchedLists)) +
      encoded.length,
  );
  bytes[0] = TAG_VERDICT;
  let at = writeVarint(bytes, 1, verdict);
  at = writeText(bytes, at, TAG_E164, e164);
  at = writeText(bytes, at, TAG_REGISTRATION_DATE, date);
  bytes.set(encoded, at);
  at += encoded.length;
  bytes[at] = TAG_REASON;
  at = writeVarint(bytes, at + 1, reason);
  bytes[at] = TAG_PURPOSE;
  at = writeVarint(bytes, at + 1, purpose);
  bytes[at] = TAG_CHANNEL;
  at = writeVarint(bytes, at + 1, channel);
  if (matchedLists === 0) return bytes;
  bytes[at] = TAG_MATCHED;
  writeVarint(bytes, at + 1, matchedLists);
  return bytes;
}

/** An empty text takes no bytes, as everywhere in proto3. */
function textBytes(text: string): number {
  return text === '' ? 0 : 2 + text.length;
}

function writeText(bytes: Buffer, at: number, tag: number, text: string): number {
  if (text === '') return at;
  if (text.length > TEXT_CHARACTERS_MAX) throw new RangeError('a text longer than any number');
  bytes[at] = tag;
  bytes[at + 1] = text.length;
  return at + 2 + bytes.write(text, at + 2, 'latin1');
}
