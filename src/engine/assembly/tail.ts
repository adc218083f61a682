/** Keys of 2^36 or more. Neither index has them: no country has enough numbers of that length. */
import { COVERED_COUNT, TAIL, TAIL_COUNT } from './layout';

export const NOT_FOUND: u32 = 0xffff_ffff;
export const TAIL_SHIFT: u64 = 36;

/** Whether the list has numbers of 2^36 or more and the block has keys that may be among them. */
export function hasTailKey(list: usize, keys: usize, size: usize): bool {
  if (load<u32>(list, TAIL_COUNT) === 0) return false;
  let all: u64 = 0;
  for (let i: usize = 0; i < size; i++) all |= load<u64>(keys + (i << 3));
  return all >> TAIL_SHIFT !== 0;
}

/** Binary search among the keys of 2^36 or more: the rank, or NOT_FOUND. */
export function findInTail(list: usize, tailCount: u32, key: u64): u32 {
  const tail = <usize>load<u32>(list, TAIL);
  let low: u32 = 0;
  let high = tailCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(tail + ((<usize>middle) << 3)) < key) low = middle + 1;
    else high = middle;
  }
  if (low === tailCount || load<u64>(tail + ((<usize>low) << 3)) !== key) return NOT_FOUND;
  return load<u32>(list, COVERED_COUNT) + low;
}
