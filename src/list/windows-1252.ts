/** What windows-1252 has at 0x80 to 0x9F; the five bytes it leaves open are control characters. */
const HIGH_CONTROLS =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/**
 * Rewrites `bytes[start, end)` from windows-1252 to UTF-8 and returns the bytes written to `out`,
 * at most three for each. (TextDecoder has read 0x80 to 0x9F as Latin-1 in releases of Node.)
 */
export function windows1252ToUtf8(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
): number {
  let count = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!; // `!`: start <= i < end, a range inside of bytes
    const codePoint = byte >= 0x80 && byte < 0xa0 ? HIGH_CONTROLS.charCodeAt(byte - 0x80) : byte;
    if (codePoint < 0x80) {
      out[count++] = codePoint;
    } else if (codePoint < 0x800) {
      out[count++] = 0xc0 | (codePoint >> 6);
      out[count++] = 0x80 | (codePoint & 0x3f);
    } else {
      out[count++] = 0xe0 | (codePoint >> 12);
      out[count++] = 0x80 | ((codePoint >> 6) & 0x3f);
      out[count++] = 0x80 | (codePoint & 0x3f);
    }
  }
  return count;
}
