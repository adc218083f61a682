/**
 * Seeded randomness: the same seed gives the same samples on every machine, so this file uses only
 * 32-bit integer arithmetic and exact divisions.
 */

/** Mixes an unsigned 32-bit integer so that neighbours come out unrelated (murmur3's finaliser). */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Mixes several integers into one unsigned 32-bit integer; the order matters. */
export function mixAll(...values: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const value of values) {
    // A seed may have up to 53 bits: both halves count.
    h = mix32(h ^ mix32(value >>> 0));
    h = mix32(h + Math.floor(value / 0x1_0000_0000) + 1);
  }
  return h;
}

/** A small fast generator (sfc32 by Chris Doty-Humphrey): 128 bits of state, period over 2^32. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /**
   * @param seed 0 to 2^53 - 1
   * @param stream selects one of the independent sequences of a seed
   */
  constructor(seed: number, stream: number) {
    this.a = mixAll(seed, stream, 1);
    this.b = mixAll(seed, stream, 2);
    this.c = mixAll(seed, stream, 3);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** The next unsigned 32-bit integer. */
  next(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** An integer from 0 to `limit - 1`; `limit` from 1 to 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  /** An integer from `first` to `last`, both included. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True with probability `share`, 0 to 1. */
  chance(share: number): boolean {
    return this.next() < share * 0x1_0000_0000;
  }

  /** One of `items`, which has at least one. */
  pick<T>(items: readonly T[]): T {
    // below() stays under the length, and the caller's list is not empty.
    return items[this.below(items.length)] as T;
  }

  /** `count` decimal digits, the first of which may be zero. */
  digits(count: number): string {
    let text = '';
    for (let i = 0; i < count; i++) text += this.below(10);
    return text;
  }
}

/** A choice among items of unequal weight, by binary search over the running sums. */
export class WeightedChoice<T extends { readonly weight: number }> {
  private readonly items: readonly T[];
  private readonly sums: Float64Array;

  /** @param items at least one, with positive integer weights that sum up to less than 2^32 */
  constructor(items: readonly T[]) {
    this.items = items;
    this.sums = new Float64Array(items.length);
    let sum = 0;
    for (const [i, item] of items.entries()) {
      sum += item.weight;
      this.sums[i] = sum;
    }
  }

  pick(random: Random): T {
    const total = this.sums[this.sums.length - 1] ?? 0;
    // The ticket is below the last sum, so the index is inside the list.
    return this.items[countUpTo(this.sums, random.below(total))] as T;
  }
}

/** How many of `sums` (ascending) are at most `value`. */
export function countUpTo(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A permutation of 0 to `count - 1` that needs no memory: a Feistel network over two digits of
 * mixed base, `rows * columns >= count`; results outside the range go through again.
 */
export class Permutation {
  private readonly count: number;
  private readonly rows: number;
  private readonly columns: number;
  private readonly keys: readonly number[];

  /** @param count 1 to 2^31 */
  constructor(seed: number, count: number) {
    this.count = count;
    this.rows = Math.ceil(Math.sqrt(count));
    this.columns = Math.ceil(count / this.rows);
    this.keys = [1, 2, 3].map((round) => mixAll(seed, 0x5ca1e, round));
  }

  /** Where `index` goes. Every result comes from exactly one index. */
  at(index: number): number {
    const { rows, columns, count, keys } = this;
    let position = index;
    do {
      let row = Math.floor(position / columns);
      let column = position - row * columns;
      for (const key of keys) {
        row = (row + mix32(column ^ key)) % rows;
        column = (column + mix32(row + key)) % columns;
      }
      position = row * columns + column;
    } while (position >= count);
    return position;
  }
}
