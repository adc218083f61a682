/**
 * Windows-1252 to UTF-8, byte by byte. (In some releases of Node, TextDecoder reads 0x80 to 0x9F as
 * Latin-1; and it makes strings.)
 */

/** 0x80 to 0x9F; the five undefined bytes are control characters, as on the web. */
const HIGH_CONTROLS =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/**
 * Writes one windows-1252 byte as UTF-8, one to three bytes, to `into` at `offset`; returns the
 * offset after it.
 */
export function writeWindows1252(into: Uint8Array, offset: number, byte: number): number {
  const codePoint = byte >= 0x80 && byte < 0xa0 ? HIGH_CONTROLS.charCodeAt(byte - 0x80) : byte;
  let out = offset;
  if (codePoint < 0x80) {
    into[out++] = codePoint;
    return out;
  }
  if (codePoint < 0x800) {
    into[out++] = 0xc0 | (codePoint >> 6);
  } else {
    into[out++] = 0xe0 | (codePoint >> 12);
    into[out++] = 0x80 | ((codePoint >> 6) & 0x3f);
  }
  into[out++] = 0x80 | (codePoint & 0x3f);
  return out;
}
