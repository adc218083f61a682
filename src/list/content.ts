/**
 * The rules for the numbers and days of a list file, checked piece by piece. The writer and
 * `verify` share them.
 */
import { badFormat, NUMBER_MAX } from './format.ts';

const WORD = 4_294_967_296;

/**
 * Checks that a piece of the numbers ascends, is unique and in range.
 * Errors: ERR_FORMAT_ORDER, without the numbers themselves.
 *
 * @param words the piece, as words (low, high)
 * @param context `before`: the number before the piece, 0 for the first
 */
export function checkNumbers(
  words: Uint32Array,
  context: { readonly where: string; readonly before: bigint },
): void {
  let last = Number(context.before);
  let ascends = true;
  for (let index = 0; index < words.length; index += 2) {
    // In bounds. Beyond 2^53 a double is not exact, but such a number is out of range anyway.
    const number = words[index + 1]! * WORD + words[index]!;
    if (number <= last) ascends = false;
    last = number;
  }
  // Ascending, so the last is the greatest, and greater than 0 because `before` is at least 0.
  if (ascends && last <= NUMBER_MAX) return;
  const what = ascends ? 'a number is out of range' : 'the numbers are not ascending and unique';
  throw badFormat('ERR_FORMAT_ORDER', context.where, what);
}

/**
 * Checks that no registration is later than the snapshot.
 * Errors: ERR_FORMAT_HEADER: the snapshot date cannot be right.
 */
export function checkDays(
  days: Uint16Array,
  context: { readonly where: string; readonly snapshotDay: number },
): void {
  let latest = 0;
  for (let index = 0; index < days.length; index++) {
    const day = days[index]!; // In bounds.
    if (day > latest) latest = day;
  }
  const { where, snapshotDay } = context;
  if (latest <= snapshotDay) return;
  const what = 'a registration day is later than the snapshot date';
  const detail = { expected: `at most day ${snapshotDay}`, got: `day ${latest}` };
  throw badFormat('ERR_FORMAT_HEADER', where, what, detail);
}
