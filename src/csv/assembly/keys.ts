import { NOT_READ, readUsualNumber } from '../../phone/assembly/read';

/**
 * Reads the phone numbers of `count` rows whose writing is a usual one.
 *
 * @param origin what `starts` and `ends` count from, i32 each
 * @param belgian whether national writing is read as Belgian
 * @param belgians the same for each row, a byte each; address 0 = `belgian` for all
 * @param keys gets a key each, u64; those of other rows stay undefined
 * @param others gets the index of each row that was not read, i32 each, ascending
 * @returns how many these are
 */
export function readKeys(
  origin: usize,
  starts: usize,
  ends: usize,
  count: i32,
  belgian: bool,
  belgians: usize,
  keys: usize,
  others: usize,
): i32 {
  let otherCount: i32 = 0;
  for (let row = 0; row < count; row++) {
    const index = (<usize>row) << 2;
    const start = origin + <usize>load<i32>(starts + index);
    const end = origin + <usize>load<i32>(ends + index);
    const isBelgian = belgians === 0 ? belgian : load<u8>(belgians + <usize>row) !== 0;
    const key = readUsualNumber(start, end, isBelgian);
    store<u64>(keys + ((<usize>row) << 3), key);
    if (key === NOT_READ) {
      store<i32>(others + ((<usize>otherCount) << 2), row);
      otherCount++;
    }
  }
  return otherCount;
}
