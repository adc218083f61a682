/**
 * The matching kernel in AssemblyScript, compiled to WebAssembly with 128-bit SIMD: it turns the
 * keys of a batch into verdicts, in a memory that threads share or that one has alone. It allocates
 * nothing and keeps nothing between calls; the caller passes every address (`kernel-memory.ts` has
 * the layout).
 *
 * Blocks of keys go through phases so that the cache misses of a phase overlap, and no branch
 * depends on what a lookup finds. The index is a bitmap or, if the list is too sparse for one, the
 * file's directory:
 *
 *   bitmap                                     directory
 *   1  page of each key -> byte with its bit   1  page of each key -> its bucket
 *   2  the bytes                               2  bucket -> where its keys lie
 *   3  bits 16 at once -> hits -> ranks        3  16 low bytes at once -> rank, or none
 *
 *   4  hits -> verdict and registration day
 *
 * Of several lists, each goes through 1 to 3 with a block before it leaves the cache; see
 * `several.ts`.
 *
 * Measured on one thread of an EPYC (32 MB L3), 21 % hits, ns a key without and with dates, bitmap
 * against directory: 1.5 M entries 7.3 / 12.1 against 24 / 27, 20 M 8.2 / 16.5 against 57 / 63.
 *
 * Loads may be unaligned: the keys are read in place from the request.
 */

import { collectBits, gatherBytes, markBits, placeBits, rankBits } from './bitmap';
import { BLOCK_KEYS, DAYS, NEXT, PLACES } from './layout';
import { locate, mark } from './look-up';
import { lookUpSeveral, settleRows } from './several';
import { BLOCKED, COUNTS, judgeDigits, VERDICTS } from './verdict';

// Exported, so that the compiler keeps them apart: in one function V8 runs out of registers.
export { collectBits, gatherBytes, judgeDigits, markBits, placeBits, rankBits };

/**
 * Judges `count` keys.
 *
 * @param list address of the first descriptor, each of which names the next
 * @param wanted of several lists, a bit for each that counts, at least one
 * @param keys u64 each, any value, any alignment
 * @param optIns epoch day of each key's opt-in, u32 each; address 0 = no opt-ins
 * @param today epoch day in Brussels
 * @param verdicts receives one byte per key
 * @param registered receives the epoch day of each key on a list, u32 each, in order; address 0 =
 *   not wanted
 * @param matched receives the lists of each key on one, u32 each, in order: a bit for each list
 *   that counts, in their order; address 0 = not wanted
 * @param scratch 20 bytes for each of BLOCK_KEYS keys, alignment 8
 * @param counts receives the number of keys per verdict: 7 values, u32 each
 * @returns how many keys are on a list, if days or lists are wanted
 */
export function match(
  list: usize,
  wanted: u32,
  keys: usize,
  count: usize,
  optIns: usize,
  today: u32,
  verdicts: usize,
  registered: usize,
  matched: usize,
  scratch: usize,
  counts: usize,
): usize {
  const hasRows = load<u32>(list, NEXT) !== 0 || matched !== 0;
  const wantsHits = optIns !== 0 || registered !== 0 || matched !== 0;
  let listed: usize = 0;
  memory.fill(counts, 0, COUNTS << 2);
  for (let from: usize = 0; from < count; from += BLOCK_KEYS) {
    const size = min(BLOCK_KEYS, count - from);
    const block = keys + (from << 3);
    const out = verdicts + from;
    const days = registered === 0 ? <usize>0 : registered + (listed << 2);
    const dated = optIns === 0 ? <usize>0 : optIns + (from << 2);
    if (hasRows) {
      lookUpSeveral(list, wanted, block, size, scratch, out, wantsHits);
      if (wantsHits) {
        const lists = matched === 0 ? <usize>0 : matched + (listed << 2);
        listed += settleRows(size, scratch, out, dated, today, days, lists);
      }
    } else {
      locate(list, block, size, scratch, out);
      judgeDigits(list, block, size, out);
      const hits = mark(list, block, size, scratch, out, wantsHits);
      if (dated !== 0) judgeHits(list, hits, scratch, out, dated, today);
      if (days !== 0) writeDays(list, hits, scratch, days);
      listed += hits;
    }
    countVerdicts(out, size, counts);
  }
  return registered !== 0 || matched !== 0 ? listed : 0;
}

/**
 * Phase 4 with opt-ins: `verdictOfListed` of src/verdict/rules.ts, without a branch. An opt-in
 * counts if it is later than a known registration and not in the future; the verdict is then
 * blocked + 1.
 */
function judgeHits(
  list: usize,
  hits: usize,
  scratch: usize,
  out: usize,
  optIns: usize,
  today: u32,
): void {
  const days = <usize>load<u32>(list, DAYS);
  const places = scratch + PLACES;
  for (let h: usize = 0; h < hits; h++) {
    const place = <usize>load<u32>(places + (h << 2));
    const day = <u32>load<u16>(days + ((<usize>load<u32>(scratch + (h << 2))) << 1));
    const optIn = load<u32>(optIns + (place << 2));
    const counts = <i32>(day !== 0) & <i32>(optIn > day) & <i32>(optIn <= today);
    store<u8>(out + place, <u8>(BLOCKED + counts));
  }
}

/**
 * Phase 4: the registration day of each hit, in order. Eight at a time, which takes about a fifth
 * off what days cost: the processor has more of the misses under way.
 */
function writeDays(list: usize, hits: usize, scratch: usize, registered: usize): void {
  const days = <usize>load<u32>(list, DAYS);
  let h: usize = 0;
  for (; h + 8 <= hits; h += 8) {
    const at = scratch + (h << 2);
    const to = registered + (h << 2);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 0)) << 1)), 0);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 4)) << 1)), 4);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 8)) << 1)), 8);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 12)) << 1)), 12);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 16)) << 1)), 16);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 20)) << 1)), 20);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 24)) << 1)), 24);
    store<u32>(to, <u32>load<u16>(days + ((<usize>load<u32>(at, 28)) << 1)), 28);
  }
  for (; h < hits; h++) {
    const rank = <usize>load<u32>(scratch + (h << 2));
    store<u32>(registered + (h << 2), <u32>load<u16>(days + (rank << 1)));
  }
}

/** Adds how many keys of a block have each verdict. */
function countVerdicts(out: usize, size: usize, counts: usize): void {
  for (let verdict: i32 = 1; verdict <= VERDICTS; verdict++) {
    const wanted = i8x16.splat(<i8>verdict);
    let lanes = i8x16.splat(0);
    let i: usize = 0;
    // Equal is -1. A lane counts up to 64.
    for (; i + 16 <= size; i += 16) {
      lanes = i8x16.sub(lanes, i8x16.eq(v128.load(out + i), wanted));
    }
    const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(lanes));
    let total = <u32>(i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1));
    total += <u32>(i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3));
    for (; i < size; i++) total += <u32>(load<u8>(out + i) === <u8>verdict);
    const at = counts + ((<usize>verdict) << 2);
    store<u32>(at, load<u32>(at) + total);
  }
}
