/** Cells of columns that nobody named, which may hold phone numbers all the same. */
import { NOT_READ } from '../../../phone/assembly/read';
import { readUsualCell } from './keys';
import {
  CANDIDATE_COLUMN,
  CANDIDATE_END,
  CANDIDATE_ROW,
  CANDIDATE_SHIFT,
  CANDIDATE_START,
  NUMBER_BYTES_MIN,
  PLACE_CANDIDATES,
  RESULT_CANDIDATES,
} from './layout';

const SPACE: u8 = 0x20;

/** Further on no letter is looked for. */
const LETTER_BYTES_MAX: usize = 128;

/**
 * Notes a cell of a column that is looked at, where it may be a phone number by its length and the
 * byte that it begins with.
 */
export function note(
  row: i32,
  column: i32,
  origin: usize,
  start: usize,
  end: usize,
  firstBytes: usize,
  place: usize,
  result: usize,
): void {
  let at = start;
  while (at < end && load<u8>(at) === SPACE) at++;
  if (end - at < NUMBER_BYTES_MIN) return;
  if (load<u8>(firstBytes + <usize>load<u8>(at)) === 0) return;
  const count = load<i32>(result, RESULT_CANDIDATES);
  const candidate = <usize>load<u32>(place, PLACE_CANDIDATES) + ((<usize>count) << CANDIDATE_SHIFT);
  store<i32>(candidate, row, CANDIDATE_ROW);
  store<i32>(candidate, column, CANDIDATE_COLUMN);
  store<i32>(candidate, <i32>(start - origin), CANDIDATE_START);
  store<i32>(candidate, <i32>(end - origin), CANDIDATE_END);
  store<i32>(result, count + 1, RESULT_CANDIDATES);
}

/**
 * Reads candidates in place: those with a letter in them are no phone numbers and are dropped.
 *
 * @param origin what their starts and ends count from
 * @param utf8 bytes beyond ASCII are UTF-8
 * @param keys gets the key of each that is left, u64, as Belgian numbers; the greatest u64 where
 *   its writing is not a usual one
 * @returns how many are left
 */
export function readCandidates(
  origin: usize,
  candidates: usize,
  count: i32,
  utf8: bool,
  keys: usize,
): i32 {
  let left: usize = 0;
  for (let index: usize = 0; index < <usize>count; index++) {
    const cell = candidates + (index << CANDIDATE_SHIFT);
    const start = origin + <usize>load<i32>(cell, CANDIDATE_START);
    const end = origin + <usize>load<i32>(cell, CANDIDATE_END);
    const key = readUsualCell(start, end, true, utf8);
    if (key === NOT_READ && hasLetter(start, end)) continue;
    v128.store(candidates + (left << CANDIDATE_SHIFT), v128.load(cell));
    store<u64>(keys + (left << 3), key);
    left++;
  }
  return <i32>left;
}

/** Whether a cell has an ASCII letter, a `tel:` at its beginning aside. */
function hasLetter(start: usize, end: usize): bool {
  let at = start;
  while (at < end && isAround(load<u8>(at))) at++;
  // `tel:`, in whatever case.
  if (at + 4 <= end && (load<u32>(at) | 0x0020_2020) === 0x3a6c_6574) at += 4;
  const stop = min(end, at + LETTER_BYTES_MAX);
  for (; at < stop; at++) {
    const letter = (load<u8>(at) | 0x20) - 0x61;
    if (letter < 26) return true;
  }
  return false;
}

/** Whether a byte may stand around a number: blanks, quotes, an apostrophe, an equals sign. */
function isAround(byte: u8): bool {
  return byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x3d;
}
