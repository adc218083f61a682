/**
 * Phases 1 to 3 with a bitmap as the index, see `src/engine/bitmap.ts`. Most of the time goes to
 * cache misses, so that phase 2 consists of nothing but loads and stores of bytes: the processor
 * then has as many misses under way as it can. The rest is done for 16 keys at once.
 */
import { ENTRY_CLASS, GOT, LOWS, MASKS, PAGE_COUNT, PAGES, PLACES, TAIL_COUNT } from './layout';
import { findInTail, NOT_FOUND, TAIL_SHIFT } from './tail';
import { BLOCKED } from './verdict';

/** Keys that one step of phases 1 and 3 takes. */
const STEP: usize = 16;
const ENTRY_ADDRESS: i32 = ~ENTRY_CLASS;
/** A record is the rank, then the bits. */
const RANK_BYTES: i32 = 4;
/** x * 683 >> 11 is x / 3 for every x below 2,048, and a record has 3 x 32 bits. */
const THIRD_FACTOR: i32 = 683;
const THIRD_SHIFT: i32 = 11;

/**
 * Phase 1: scratch[i] = address of the byte with the bit of key i; lows[i] = its low byte; out[i] =
 * its verdict if it is not on the list, 0 where its digits must be looked at.
 */
export function placeBits(list: usize, keys: usize, size: usize, scratch: usize, out: usize): void {
  const pages = <usize>load<u32>(list, PAGES);
  const pageCount = load<u32>(list, PAGE_COUNT);
  const lastPage = i32x4.splat(pageCount);
  const lows = scratch + LOWS;
  let i: usize = 0;
  for (; i + STEP <= size; i += STEP) {
    placeStep(pages, lastPage, keys + (i << 3), scratch + (i << 2), lows + i, out + i);
  }
  for (; i < size; i++) {
    const key = load<u64>(keys + (i << 3));
    // After the last page comes an unused one, whose records are empty.
    const entry = load<u32>(pages + ((<usize>min<u64>(key >> 16, pageCount)) << 2));
    const place = <u32>key & 65_535;
    const record = ((place >> 5) * THIRD_FACTOR) >> THIRD_SHIFT;
    const bytes = (record << 2) + (place >> 3) + RANK_BYTES;
    store<u32>(scratch + (i << 2), (entry & ENTRY_ADDRESS) + bytes);
    store<u8>(lows + i, <u8>key);
    store<u8>(out + i, <u8>(entry & ENTRY_CLASS));
  }
}

function placeStep(
  pages: usize,
  lastPage: v128,
  keys: usize,
  scratch: usize,
  lows: usize,
  out: usize,
): void {
  const low0 = lowHalves(keys);
  const entry0 = entriesOf(pages, lastPage, low0, highHalves(keys));
  v128.store(scratch, addressesOf(entry0, low0));
  const low1 = lowHalves(keys + 32);
  const entry1 = entriesOf(pages, lastPage, low1, highHalves(keys + 32));
  v128.store(scratch, addressesOf(entry1, low1), 16);
  const low2 = lowHalves(keys + 64);
  const entry2 = entriesOf(pages, lastPage, low2, highHalves(keys + 64));
  v128.store(scratch, addressesOf(entry2, low2), 32);
  const low3 = lowHalves(keys + 96);
  const entry3 = entriesOf(pages, lastPage, low3, highHalves(keys + 96));
  v128.store(scratch, addressesOf(entry3, low3), 48);
  v128.store(lows, lowBytes(low0, low1, low2, low3, 255));
  v128.store(out, lowBytes(entry0, entry1, entry2, entry3, ENTRY_CLASS));
}

/** The low 32 bits of four keys. */
function lowHalves(keys: usize): v128 {
  const a = v128.load(keys);
  const b = v128.load(keys, 16);
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}

/** The high 32 bits of four keys. */
function highHalves(keys: usize): v128 {
  const a = v128.load(keys);
  const b = v128.load(keys, 16);
  return i8x16.shuffle(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}

/** The entries of the pages of four keys. */
function entriesOf(pages: usize, lastPage: v128, low: v128, high: v128): v128 {
  // A page beyond 32 bits is beyond the last.
  const isFar = i32x4.gt_u(high, i32x4.splat(0xffff));
  const near = v128.or(i32x4.shl(high, 16), i32x4.shr_u(low, 16));
  const offset = i32x4.shl(i32x4.min_u(v128.or(near, isFar), lastPage), 2);
  let entries = v128.load32_zero(pages + <usize>i32x4.extract_lane(offset, 0));
  entries = v128.load_lane<u32>(pages + <usize>i32x4.extract_lane(offset, 1), entries, 1);
  entries = v128.load_lane<u32>(pages + <usize>i32x4.extract_lane(offset, 2), entries, 2);
  return v128.load_lane<u32>(pages + <usize>i32x4.extract_lane(offset, 3), entries, 3);
}

/** The addresses of the bytes with the bits of four keys. */
function addressesOf(entries: v128, low: v128): v128 {
  const place = v128.and(low, i32x4.splat(0xffff));
  // A product of 16 bits, of which the upper halves are 0.
  const tripled = i32x4.dot_i16x8_s(i32x4.shr_u(place, 5), i32x4.splat(THIRD_FACTOR));
  const ranks = i32x4.shl(i32x4.shr_u(tripled, THIRD_SHIFT), 2);
  const bytes = i32x4.add(i32x4.add(ranks, i32x4.shr_u(place, 3)), i32x4.splat(RANK_BYTES));
  return i32x4.add(v128.and(entries, i32x4.splat(ENTRY_ADDRESS)), bytes);
}

/** 16 u32 as bytes; `mask`: their bits to keep, among the low 8. */
function lowBytes(a: v128, b: v128, c: v128, d: v128, mask: i32): v128 {
  const kept = i32x4.splat(mask);
  const ab = i16x8.narrow_i32x4_u(v128.and(a, kept), v128.and(b, kept));
  const cd = i16x8.narrow_i32x4_u(v128.and(c, kept), v128.and(d, kept));
  return i8x16.narrow_i16x8_u(ab, cd);
}

/** Phase 2: got[i] = the byte at scratch[i]. */
export function gatherBytes(size: usize, scratch: usize): void {
  const got = scratch + GOT;
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    const at = scratch + (i << 2);
    store<u8>(got + i, load<u8>(<usize>load<u32>(at)));
    store<u8>(got + i, load<u8>(<usize>load<u32>(at, 4)), 1);
    store<u8>(got + i, load<u8>(<usize>load<u32>(at, 8)), 2);
    store<u8>(got + i, load<u8>(<usize>load<u32>(at, 12)), 3);
    store<u8>(got + i, load<u8>(<usize>load<u32>(at, 16)), 4);
    store<u8>(got + i, load<u8>(<usize>load<u32>(at, 20)), 5);
    store<u8>(got + i, load<u8>(<usize>load<u32>(at, 24)), 6);
    store<u8>(got + i, load<u8>(<usize>load<u32>(at, 28)), 7);
  }
  for (; i < size; i++) store<u8>(got + i, load<u8>(<usize>load<u32>(scratch + (i << 2))));
}

/** Phase 3, where only verdicts are wanted: keys on the list are blocked. */
export function markBits(size: usize, scratch: usize, out: usize): void {
  const blocked = i8x16.splat(<i8>BLOCKED);
  let i: usize = 0;
  for (; i + STEP <= size; i += STEP) {
    v128.store(out + i, v128.bitselect(blocked, v128.load(out + i), hitsOf(scratch, i)));
  }
  for (; i < size; i++) if (isHit(scratch, i)) store<u8>(out + i, <u8>BLOCKED);
}

/** Phase 3: the same, and places[h] = place of hit h in the block. Returns the number of hits. */
export function collectBits(size: usize, scratch: usize, out: usize): usize {
  const blocked = i8x16.splat(<i8>BLOCKED);
  const places = scratch + PLACES;
  let to = places;
  let i: usize = 0;
  for (; i + STEP * 4 <= size; i += STEP * 4) {
    const hits0 = hitsOf(scratch, i);
    const hits1 = hitsOf(scratch, i + STEP);
    const hits2 = hitsOf(scratch, i + STEP * 2);
    const hits3 = hitsOf(scratch, i + STEP * 3);
    const at = out + i;
    v128.store(at, v128.bitselect(blocked, v128.load(at), hits0));
    v128.store(at, v128.bitselect(blocked, v128.load(at, 16), hits1), 16);
    v128.store(at, v128.bitselect(blocked, v128.load(at, 32), hits2), 32);
    v128.store(at, v128.bitselect(blocked, v128.load(at, 48), hits3), 48);
    const first = <u32>(i8x16.bitmask(hits0) | (i8x16.bitmask(hits1) << 16));
    const second = <u32>(i8x16.bitmask(hits2) | (i8x16.bitmask(hits3) << 16));
    for (let mask = <u64>first | ((<u64>second) << 32); mask !== 0; mask &= mask - 1) {
      store<u32>(to, <u32>i + <u32>ctz<u64>(mask));
      to += 4;
    }
  }
  for (; i < size; i++) {
    if (!isHit(scratch, i)) continue;
    store<u8>(out + i, <u8>BLOCKED);
    store<u32>(to, <u32>i);
    to += 4;
  }
  return (to - places) >> 2;
}

/** For 16 keys, 255 where the bit of the key is set. */
function hitsOf(scratch: usize, i: usize): v128 {
  const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const at = v128.and(v128.load(scratch + LOWS + i), i8x16.splat(7));
  const bit = i8x16.swizzle(bits, at);
  return i8x16.eq(v128.and(v128.load(scratch + GOT + i), bit), bit);
}

/** Whether the bit of a key is set. */
function isHit(scratch: usize, i: usize): bool {
  return ((load<u8>(scratch + GOT + i) >> (load<u8>(scratch + LOWS + i) & 7)) & 1) !== 0;
}

/**
 * Runs after {@link collectBits}: scratch[h] = the rank of the hit at places[h]. Overwrites only
 * what has been read: no hit stands before its place.
 */
export function rankBits(list: usize, hits: usize, scratch: usize): void {
  const masks = <usize>load<u32>(list, MASKS);
  const places = scratch + PLACES;
  for (let h: usize = 0; h < hits; h++) {
    const i = <usize>load<u32>(places + (h << 2));
    store<u32>(scratch + (h << 2), rankOf(masks, scratch, i));
  }
}

/** The rank of a hit: the record's rank plus the number of bits set before its own. */
function rankOf(masks: usize, scratch: usize, i: usize): u32 {
  const address = load<u32>(scratch + (i << 2));
  const record = <usize>(address & ENTRY_ADDRESS);
  // Selects the bits before this one; the mask covers all 16 bytes and clears the rank.
  const byte = (address & ENTRY_CLASS) - RANK_BYTES;
  const bit = (byte << 3) | (<u32>load<u8>(scratch + LOWS + i) & 7);
  const mask = masks + ((<usize>bit) << 4);
  const first = load<u64>(record);
  const before = popcnt<u64>(first & load<u64>(mask));
  return <u32>first + <u32>(before + popcnt<u64>(load<u64>(record, 8) & load<u64>(mask, 8)));
}

/** Phase 3 for a block with keys of 2^36 or more, one by one: as {@link collectBits} and ranks. */
export function rankBitsAndTail(
  list: usize,
  keys: usize,
  size: usize,
  scratch: usize,
  out: usize,
): usize {
  const masks = <usize>load<u32>(list, MASKS);
  const tailCount = load<u32>(list, TAIL_COUNT);
  const places = scratch + PLACES;
  let hits: usize = 0;
  for (let i: usize = 0; i < size; i++) {
    const key = load<u64>(keys + (i << 3));
    let rank = NOT_FOUND;
    if (key >> TAIL_SHIFT !== 0) rank = findInTail(list, tailCount, key);
    else if (isHit(scratch, i)) rank = rankOf(masks, scratch, i);
    if (rank === NOT_FOUND) continue;
    store<u8>(out + i, <u8>BLOCKED);
    store<u32>(scratch + (hits << 2), rank);
    store<u32>(places + (hits << 2), <u32>i);
    hits++;
  }
  return hits;
}
