import { NOT_READ, readUsualNumber } from '../../../phone/assembly/read';
import { QUOTE } from './layout';

/**
 * Reads the phone numbers of those of `count` rows that use a usual notation.
 *
 * @param origin the address that `starts` and `ends`, i32 each, are relative to
 * @param belgian whether to read national notation as Belgian
 * @param belgians the same for each row, a byte each; address 0 = `belgian` for all
 * @param utf8 bytes beyond ASCII are UTF-8
 * @param keys receives a key for each row, u64; those of `others` are undefined
 * @param others receives the indexes of the rows that were not read, i32 each, ascending
 * @returns how many `others` there are
 */
export function readKeys(
  origin: usize,
  starts: usize,
  ends: usize,
  count: i32,
  belgian: bool,
  belgians: usize,
  utf8: bool,
  keys: usize,
  others: usize,
): i32 {
  let otherCount: i32 = 0;
  for (let row = 0; row < count; row++) {
    const index = (<usize>row) << 2;
    const start = origin + <usize>load<i32>(starts + index);
    const end = origin + <usize>load<i32>(ends + index);
    const isBelgian = belgians === 0 ? belgian : load<u8>(belgians + <usize>row) !== 0;
    const key = readUsualCell(start, end, isBelgian, utf8);
    store<u64>(keys + ((<usize>row) << 3), key);
    if (key === NOT_READ) {
      store<i32>(others + ((<usize>otherCount) << 2), row);
      otherCount++;
    }
  }
  return otherCount;
}

/** `readUsualNumber` for a cell that may be quoted; a quote inside the quotes is not usual. */
export function readUsualCell(start: usize, end: usize, belgian: bool, utf8: bool): u64 {
  const isQuoted = end - start >= 2 && load<u8>(start) === QUOTE && load<u8>(end - 1) === QUOTE;
  return isQuoted
    ? readUsualNumber(start + 1, end - 1, belgian, utf8)
    : readUsualNumber(start, end, belgian, utf8);
}
