/** Quoted parts of cells, 16 bytes at a time. */

const QUOTE: u8 = 0x22;
const LF: u8 = 0x0a;
const CR: u8 = 0x0d;

/** No closing quote: no address is 0. */
const NONE: usize = 0;

/** Which line ends and NULs were seen by the last `behindQuoted`: 0 = none. */
export let quotedSpecials: i32 = 0;

/** The address behind the quote that closes the one at `start`, or NONE. */
export function behindQuoted(start: usize, end: usize): usize {
  const quotes = i8x16.splat(<i8>QUOTE);
  quotedSpecials = 0;
  let at = start + 1;
  while (at < end) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(i8x16.eq(bytes, quotes));
    const special = i8x16.bitmask(isLineEndOrNul(bytes));
    if (mask === 0) {
      quotedSpecials |= special;
      at += 16;
      continue;
    }
    const quote = ctz<i32>(mask);
    quotedSpecials |= special & ((1 << quote) - 1);
    at += <usize>quote;
    if (at >= end) return NONE;
    if (at + 1 < end && load<u8>(at + 1) === QUOTE) at += 2;
    else return at + 1;
  }
  return NONE;
}

function isLineEndOrNul(bytes: v128): v128 {
  const lineEnds = v128.or(
    i8x16.eq(bytes, i8x16.splat(<i8>LF)),
    i8x16.eq(bytes, i8x16.splat(<i8>CR)),
  );
  return v128.or(lineEnds, i8x16.eq(bytes, i8x16.splat(0)));
}
