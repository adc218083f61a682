/** Line ends in a block, used to cut it and to count lines. */
import { NONE, QUOTE } from './layout';
import { behindQuoted } from './quoted';

/**
 * The address after the last whole row in `[start, end)`, which begins with a row; `start` if no
 * row ends there. Jumps from quote to quote: between two quoted cells only the last line end
 * matters.
 *
 * @param lineEnd the last byte of the line ends: LF, or CR
 */
export function lastRowEnd(start: usize, end: usize, separator: i32, lineEnd: i32): usize {
  let rowEnd = start;
  let at = start;
  while (true) {
    const quote = nextQuote(at, end);
    const behind = behindLastLine(at, quote, <u8>lineEnd);
    if (behind !== NONE) rowEnd = behind;
    if (quote === end) return rowEnd;
    const before: i32 = quote === start ? lineEnd : <i32>load<u8>(quote - 1);
    // A quote that does not begin a cell is an ordinary character.
    if (before !== lineEnd && before !== separator) at = quote + 1;
    else {
      at = behindQuoted(quote, end);
      if (at === NONE) return rowEnd;
    }
  }
}

/** How many lines end in `[start, end)`: with LF, or with CR if rows end with CR. */
export function countLines(start: usize, end: usize, lineEnd: i32): i32 {
  const lineEnds = i8x16.splat(<i8>lineEnd);
  let count: i32 = 0;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    count += popcnt<i32>(i8x16.bitmask(i8x16.eq(v128.load(at), lineEnds)));
  }
  for (; at < end; at++) count += <i32>(load<u8>(at) === <u8>lineEnd);
  return count;
}

/** The address of the first quote in `[start, end)`, or `end`. */
function nextQuote(start: usize, end: usize): usize {
  const quotes = i8x16.splat(<i8>QUOTE);
  for (let at = start; at < end; at += 64) {
    const first = i8x16.eq(v128.load(at), quotes);
    const second = i8x16.eq(v128.load(at, 16), quotes);
    const third = i8x16.eq(v128.load(at, 32), quotes);
    const fourth = i8x16.eq(v128.load(at, 48), quotes);
    if (!v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)))) continue;
    const low = <u64>i8x16.bitmask(first) | ((<u64>i8x16.bitmask(second)) << 16);
    const high = <u64>i8x16.bitmask(third) | ((<u64>i8x16.bitmask(fourth)) << 16);
    return min(at + <usize>ctz<u64>(low | (high << 32)), end);
  }
  return end;
}

/** The address after the last line end in `[start, end)`, or NONE. */
function behindLastLine(start: usize, end: usize, lineEnd: u8): usize {
  const lineEnds = i8x16.splat(<i8>lineEnd);
  let at = end;
  for (; at >= start + 16; at -= 16) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at - 16), lineEnds));
    if (mask !== 0) return at - 16 + (32 - <usize>clz<i32>(mask));
  }
  for (; at > start; at--) if (load<u8>(at - 1) === lineEnd) return at;
  return NONE;
}
