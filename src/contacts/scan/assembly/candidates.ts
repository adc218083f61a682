/** Cells that may hold phone numbers in columns the user did not name. */
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
  SPACE,
} from './layout';

/** Only this many bytes are searched for letters. */
const LETTER_BYTES_MAX: usize = 128;

/**
 * Records a cell of a column that is looked at, if its length and first byte allow a phone number.
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
 * Reads candidates in place and drops those with a letter, which are not phone numbers.
 *
 * @param origin the address that their starts and ends are relative to
 * @param utf8 bytes beyond ASCII are UTF-8
 * @param keys receives the key of each remaining candidate, u64, read as a Belgian number; the
 *   greatest u64 if its notation is unusual
 * @returns how many remain
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

/** Whether a cell has an ASCII letter, except in a leading `tel:`. */
function hasLetter(start: usize, end: usize): bool {
  let at = start;
  while (at < end && isAround(load<u8>(at))) at++;
  // `tel:`, in any case.
  if (at + 4 <= end && (load<u32>(at) | 0x0020_2020) === 0x3a6c_6574) at += 4;
  const stop = min(end, at + LETTER_BYTES_MAX);
  for (; at < stop; at++) {
    const letter = (load<u8>(at) | 0x20) - 0x61;
    if (letter < 26) return true;
  }
  return false;
}

/** Whether a byte may surround a number: blanks, quotes, an apostrophe, an equals sign. */
function isAround(byte: u8): bool {
  return byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x3d;
}
