/**
 * Several lists, one verdict. A block goes through them one after the other, and each adds what it
 * has to the rows of its hits; the day that speaks most against calling decides, as in
 * `src/engine/matcher.ts`.
 */
import { DAYS, NEXT, PLACES, ROWS } from './layout';
import { locate, mark } from './look-up';
import { BLOCKED, judgeDigits } from './verdict';

// A row: the day that decides, so written that the greatest does, then a bit for each list.
const ROW_SHIFT: usize = 3;
const ROW_LISTS: usize = 4;
const UNKNOWN_DAY: u32 = 1 << 16;
const DAY: u32 = UNKNOWN_DAY - 1;
/** Keys of which one look tells whether any is on a list. */
const STEP: usize = 16;

/** Gives the keys of a block their verdicts without opt-ins, and each hit its row. */
export function lookUpSeveral(
  first: usize,
  wanted: u32,
  keys: usize,
  size: usize,
  scratch: usize,
  out: usize,
  wantsHits: bool,
): void {
  if (wantsHits) memory.fill(scratch + ROWS, 0, size << ROW_SHIFT);
  // The class of a page is the same in every list. Those after the first write theirs where places
  // of hits come later.
  let classes = out;
  let bit: u32 = 1;
  let rest = wanted;
  for (let list = first; list !== 0; list = <usize>load<u32>(list, NEXT)) {
    if ((rest & 1) !== 0) {
      locate(list, keys, size, scratch, classes);
      const hits = mark(list, keys, size, scratch, out, wantsHits);
      if (wantsHits) addRows(list, hits, scratch, bit);
      classes = scratch + PLACES;
      bit <<= 1;
    }
    rest >>= 1;
  }
  judgeDigits(first, keys, size, out);
}

function addRows(list: usize, hits: usize, scratch: usize, bit: u32): void {
  const days = <usize>load<u32>(list, DAYS);
  const places = scratch + PLACES;
  const rows = scratch + ROWS;
  for (let h: usize = 0; h < hits; h++) {
    const row = rows + ((<usize>load<u32>(places + (h << 2))) << ROW_SHIFT);
    const day = <u32>load<u16>(days + ((<usize>load<u32>(scratch + (h << 2))) << 1));
    const weight = select<u32>(UNKNOWN_DAY, day, day === 0);
    store<u32>(row, max<u32>(load<u32>(row), weight));
    store<u32>(row, load<u32>(row, ROW_LISTS) | bit, ROW_LISTS);
  }
}

/**
 * Gives the keys of a block that are on a list the verdict of their opt-ins, and writes their days
 * and lists; an address of 0 = none, or not wanted. Returns how many keys these are.
 */
export function settleRows(
  size: usize,
  scratch: usize,
  out: usize,
  optIns: usize,
  today: u32,
  registered: usize,
  matched: usize,
): usize {
  const rows = scratch + ROWS;
  let to: usize = 0;
  for (let i: usize = 0; i < size; i += STEP) {
    for (let open = listedOf(out, i, size); open !== 0; open &= open - 1) {
      const place = i + <usize>ctz<u32>(open);
      const row = rows + (place << ROW_SHIFT);
      const day = load<u32>(row) & DAY;
      if (optIns !== 0) {
        const optIn = load<u32>(optIns + (place << 2));
        const counts = <i32>(day !== 0) & <i32>(optIn > day) & <i32>(optIn <= today);
        store<u8>(out + place, <u8>(BLOCKED + counts));
      }
      if (registered !== 0) store<u32>(registered + (to << 2), day);
      if (matched !== 0) store<u32>(matched + (to << 2), load<u32>(row, ROW_LISTS));
      to++;
    }
  }
  return to;
}

/** Which of the 16 keys from `i` on are on a list, a bit for each. */
function listedOf(out: usize, i: usize, size: usize): u32 {
  if (i + STEP <= size) {
    return <u32>i8x16.bitmask(i8x16.eq(v128.load(out + i), i8x16.splat(<i8>BLOCKED)));
  }
  let bits: u32 = 0;
  for (let at = i; at < size; at++) {
    bits |= (<u32>(load<u8>(out + at) === <u8>BLOCKED)) << (<u32>(at - i));
  }
  return bits;
}
