import { varintBytes, WIRE_LEN, WIRE_VARINT, writeVarint } from './fields.ts';
import type { CheckResponseMessage } from './gen/messages.ts';

const TAG_VERDICT = (1 << 3) | WIRE_VARINT;
const TAG_E164 = (2 << 3) | WIRE_LEN;
const TAG_REGISTRATION_DATE = (3 << 3) | WIRE_LEN;
const TAG_REASON = (5 << 3) | WIRE_VARINT;
/** Both texts are short and ASCII: a tag, a length of one byte, a byte a character. */
const TEXT_CHARACTERS_MAX = 127;

/**
 * Encodes a `CheckResponse`. `lists` are its lists, already encoded. They are the same for every
 * call on a version, and encoding them again took longer than the look-up.
 */
export function encodeCheckAnswer(
  answer: Omit<CheckResponseMessage, 'lists'>,
  lists: Uint8Array,
): Buffer {
  const { verdict, e164, registrationDate: date, reason } = answer;
  const bytes = Buffer.allocUnsafe(
    2 +
      varintBytes(verdict) +
      varintBytes(reason) +
      textBytes(e164) +
      textBytes(date) +
      lists.length,
  );
  bytes[0] = TAG_VERDICT;
  let at = writeVarint(bytes, 1, verdict);
  at = writeText(bytes, at, TAG_E164, e164);
  at = writeText(bytes, at, TAG_REGISTRATION_DATE, date);
  bytes.set(lists, at);
  at += lists.length;
  bytes[at] = TAG_REASON;
  writeVarint(bytes, at + 1, reason);
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
