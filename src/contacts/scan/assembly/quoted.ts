/** Quoted parts of cells, 16 bytes at a time. */

import { CR, LF, NONE, NUMBER_BYTES_MIN, QUOTE, SPACE } from './layout';

const DIGIT_ZERO: u8 = 0x30;
/** In UTF-8, bytes from 0x80 to here only occur in letters; higher ones may be part of a digit. */
const LETTERS_MAX: u8 = 0xd8;

/** Whether the last `behindQuoted` saw line ends or NULs: 0 = none. */
export let quotedSpecials: i32 = 0;

/** The address after the quote that closes the one at `start`; NONE if it is open. */
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

/**
 * Whether a quoted cell with line ends or NULs must be looked into: it has a NUL, as many
 * separators as the header, as many digits as a phone number, or perhaps digits of other scripts. A
 * single line without a separator, with line ends before or after it, is not a row.
 */
export function mayHoldRow(start: usize, end: usize, separator: i32, columns: i32): bool {
  let separators: i32 = 0;
  let digits: i32 = 0;
  let lines: i32 = 0;
  let isBlank = true;
  let isOdd = false;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    if (byte === 0) return true;
    if (byte === LF || byte === CR) isBlank = true;
    else if (isBlank && byte > SPACE && byte !== QUOTE) {
      isBlank = false;
      lines++;
    }
    isOdd = isOdd || byte > LETTERS_MAX;
    digits += <i32>(byte - DIGIT_ZERO < 10);
    separators += <i32>(<i32>byte === separator);
  }
  if (lines < 2 && separators === 0) return false;
  return isOdd || digits >= <i32>NUMBER_BYTES_MIN || separators >= max(1, columns - 1);
}
