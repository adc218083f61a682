/** Counts over the rows of a block, once they are found. */
import { NONE, PLACE_CONTENT_ENDS, PLACE_STARTS, QUOTE, SPACE } from './layout';
import { behindQuoted } from './quoted';

// `REASON_NOT_LISTED` and `REASON_LISTED`, which nearly all rows have, are counted 16 at a time.
const OUTCOMES: usize = 64;
const NOT_LISTED: usize = 1;
const LISTED: usize = 10;

/**
 * Adds the number of each value among `count` outcomes to `counts`, OUTCOMES values of u32. An
 * invalid outcome counts as 0, which is not an outcome either.
 */
export function tally(outcomes: usize, count: usize, counts: usize): void {
  let notListed: i32 = 0;
  let listed: i32 = 0;
  let at = outcomes;
  const end = outcomes + count;
  for (; at + 16 <= end; at += 16) {
    const bytes = v128.load(at);
    const first = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>NOT_LISTED)));
    const second = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>LISTED)));
    notListed += popcnt<i32>(first);
    listed += popcnt<i32>(second);
    for (let rest = ~(first | second) & 0xffff; rest !== 0; rest &= rest - 1) {
      add(counts, <usize>load<u8>(at + <usize>ctz<i32>(rest)), 1);
    }
  }
  for (; at < end; at++) add(counts, <usize>load<u8>(at), 1);
  add(counts, NOT_LISTED, notListed);
  add(counts, LISTED, listed);
}

function add(counts: usize, value: usize, more: i32): void {
  const place = counts + (value < OUTCOMES ? value << 2 : 0);
  store<u32>(place, load<u32>(place) + <u32>more);
}

/** How many of `count` rows from index `from` on have more than blanks and quotes in `column`. */
export function countFilled(
  block: usize,
  place: usize,
  from: usize,
  count: usize,
  column: i32,
  separator: i32,
): i32 {
  const starts = <usize>load<u32>(place, PLACE_STARTS) + (from << 2);
  const ends = <usize>load<u32>(place, PLACE_CONTENT_ENDS) + (from << 2);
  let filled: i32 = 0;
  for (let row: usize = 0; row < count; row++) {
    const end = block + <usize>load<i32>(ends + (row << 2));
    let at = block + <usize>load<i32>(starts + (row << 2));
    for (let before: i32 = 0; before < column && at < end; before++) {
      at = endOfCell(at, end, separator) + 1;
    }
    const cellEnd = endOfCell(at, end, separator);
    while (at < cellEnd && (load<u8>(at) <= SPACE || load<u8>(at) === QUOTE)) at++;
    filled += <i32>(at < cellEnd);
  }
  return filled;
}

/** Where a cell of a row ends: at an unquoted separator, or at the end. */
function endOfCell(start: usize, end: usize, separator: i32): usize {
  let at = start;
  if (at < end && load<u8>(at) === QUOTE) at = behindQuoted(at, end);
  if (at === NONE) return end;
  while (at < end && <i32>load<u8>(at) !== separator) at++;
  return at;
}
