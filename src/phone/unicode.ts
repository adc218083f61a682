/** Text beyond ASCII: which characters are digits, and which others a phone number may contain. */
import { BAD_CHARACTER, BAD_UTF8 } from './reasons.ts';

/**
 * The zeros of every run of ten decimal digits (general category Nd), ascending. Nine more digits
 * follow each. Source: Unicode 17.0, DerivedGeneralCategory.txt.
 */
// biome-ignore format: a table
export const DECIMAL_ZEROS: readonly number[] = [
  0x0030, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6,
  0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80,
  0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
  0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0,
  0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0,
  0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2,
  0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/** Runs of characters beyond ASCII that are read as one ASCII character: first, last, character. */
const READ_AS: readonly (readonly [number, number, string])[] = [
  // Spaces (general category Zs).
  [0x00a0, 0x00a0, ' '],
  [0x1680, 0x1680, ' '],
  [0x2000, 0x200a, ' '],
  [0x202f, 0x202f, ' '],
  [0x205f, 0x205f, ' '],
  [0x3000, 0x3000, ' '],
  // Invisible marks: soft hyphen, zero width, writing direction, byte order mark. Read as a space
  // rather than nothing, so that they cannot join the parts of a token that must be unbroken
  // (`tel:`).
  [0x00ad, 0x00ad, ' '],
  [0x200b, 0x200f, ' '],
  [0x202a, 0x202e, ' '],
  [0x2060, 0x2069, ' '],
  [0xfeff, 0xfeff, ' '],
  // Hyphens, dashes and the minus sign.
  [0x2010, 0x2015, '-'],
  [0x2212, 0x2212, '-'],
  [0xfe58, 0xfe58, '-'],
  [0xfe63, 0xfe63, '-'],
  [0xff0d, 0xff0d, '-'],
  // Full-width forms.
  [0xff08, 0xff08, '('],
  [0xff09, 0xff09, ')'],
  [0xff0b, 0xff0b, '+'],
  [0xff0e, 0xff0e, '.'],
  [0xff0f, 0xff0f, '/'],
  [0xff3b, 0xff3b, '['],
  [0xff3d, 0xff3d, ']'],
];

const CODE_POINTS = 0x20000;

/**
 * The ASCII character that each code point of the first two planes is read as; 0 if it has no place
 * in a phone number. Higher planes hold neither digits nor separators. 128 KiB per thread, of which
 * a run touches a few cache lines.
 */
const ASCII_OF = buildAsciiOf();

function buildAsciiOf(): Uint8Array {
  const table = new Uint8Array(CODE_POINTS);
  for (const [first, last, character] of READ_AS) {
    table.fill(character.charCodeAt(0), first, last + 1);
  }
  for (const zero of DECIMAL_ZEROS) {
    for (let digit = 0; digit < 10; digit++) table[zero + digit] = 0x30 + digit;
  }
  return table;
}

/**
 * Writes the UTF-8 text `bytes[start, end)` to `out` in ASCII, one byte a character: digits of any
 * script as 0-9, the separators and signs of a phone number as their ASCII equivalents, ASCII
 * unchanged. `out` needs room for `end - start` bytes.
 *
 * Returns the bytes written, or `BAD_UTF8` (truncated, overlong, surrogate, beyond U+10FFFF), or
 * `BAD_CHARACTER` for a character no phone number contains; the content of `out` is then
 * meaningless. If `other` is not 0, such a character is written as that byte instead.
 */
export function foldToAscii(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  other = 0,
): number {
  let count = 0;
  let i = start;
  while (i < end) {
    const lead = bytes[i] as number; // proof: start <= i < end, a range inside of bytes
    if (lead < 0x80) {
      out[count++] = lead;
      i++;
      continue;
    }
    const length = sequenceBytes(lead);
    if (length === 0 || i + length > end) return BAD_UTF8;
    // The lead byte carries 7 - length bits, each following byte six.
    let codePoint = lead & (0x7f >> length);
    for (let j = i + 1; j < i + length; j++) {
      const byte = bytes[j] as number; // proof: j < i + length <= end
      if ((byte & 0xc0) !== 0x80) return BAD_UTF8;
      codePoint = (codePoint << 6) | (byte & 0x3f);
    }
    if (!isShortest(codePoint, length)) return BAD_UTF8;
    const ascii = (codePoint < CODE_POINTS ? ASCII_OF[codePoint] : 0) || other;
    if (!ascii) return BAD_CHARACTER;
    out[count++] = ascii;
    i += length;
  }
  return count;
}

/** The length of the sequence that begins with `lead`; 0 if none does. */
function sequenceBytes(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** Whether `codePoint` is a character and needs `length` bytes: neither overlong nor surrogate. */
function isShortest(codePoint: number, length: number): boolean {
  if (length === 2) return true; // 0xc0 and 0xc1, the only overlong leads, are refused above
  if (length === 3) return codePoint >= 0x800 && (codePoint < 0xd800 || codePoint > 0xdfff);
  return codePoint >= 0x10000 && codePoint <= 0x10ffff;
}
