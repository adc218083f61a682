/** The bytes that end a cell or may make it doubtful, found 64 at a time. */
import { LF } from './layout';

/** NUL, LF and CR are below this, as are others that do not matter. */
const BEHIND_CR: i8 = 0x0e;

/** Which of the 64 bytes from `window` on are special, one bit each. */
let window: usize = 0;
let specials: u64 = 0;

export function openWindow(at: usize, separator: i32): void {
  window = at;
  // If every row is one cell, use a byte that is special anyway.
  const separators = i8x16.splat(separator < 256 ? <i8>separator : <i8>LF);
  specials =
    specialsAt(v128.load(at), separators) |
    (specialsAt(v128.load(at, 16), separators) << 16) |
    (specialsAt(v128.load(at, 32), separators) << 32) |
    (specialsAt(v128.load(at, 48), separators) << 48);
}

/** Which of 16 bytes are separators or below 0x0e, which includes line ends and NUL. */
function specialsAt(bytes: v128, separators: v128): u64 {
  const low = i8x16.lt_u(bytes, i8x16.splat(BEHIND_CR));
  return <u64>i8x16.bitmask(v128.or(low, i8x16.eq(bytes, separators)));
}

/** The first special byte in `[start, end)`, or `end`. `start` must not be before the window. */
export function nextSpecial(start: usize, end: usize, separator: i32): usize {
  if (start - window < 64) {
    const left = specials >> <u64>(start - window);
    if (left !== 0) return min(start + <usize>ctz<u64>(left), end);
  }
  for (let at = max(start, window + 64); at < end; at += 64) {
    openWindow(at, separator);
    if (specials !== 0) return min(at + <usize>ctz<u64>(specials), end);
  }
  return end;
}
