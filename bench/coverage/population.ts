/**
 * A numbering plan as it is used: which numbers somebody has, whose they are, and which are on the
 * list. It is meant to look like Belgium, as far as that is published, and to be hard on the
 * detection where it is not: within a mobile block, who has a number is left to chance alone, so
 * nothing but the list tells a subscriber from an unused number.
 */
import { EIGHT_DIGITS_BASE, EIGHT_DIGITS_CLASS, MOBILE_BASE } from '#tacet/phone/plan.js';
import { mixAll, Random } from '#tacet/sample/random.js';

/** Somebody has the number. */
export const USED = 1;
/** It is on the list. */
export const LISTED = 2;
/** It is an extension of a firm that has the numbers beside it, too. */
export const EXTENSION = 4;
/** A firm's main number. */
export const BUSINESS = 8;

/** Numbers in a block that an operator gets. */
export const BLOCK_NUMBERS = 10_000;
const MOBILE_NUMBERS = 50_000_000;
const FIXED_NUMBERS = 100_000_000;
const MOBILE_OPERATORS = 3;

export interface PopulationOptions {
  readonly seed: number;
  /** Only every so manieth block of the plan is in use; 1 = all. A small population for tests. */
  readonly thin: number;
}

/** Numbers by index: mobile ones first, then those of eight digits. */
export class Population {
  /** {@link USED} and so on, by index. */
  readonly flags = new Uint8Array(MOBILE_NUMBERS + FIXED_NUMBERS);
  /** First index of each block of the plan, ascending; numbers outside are in no walk. */
  readonly blocks: Uint32Array;
  /** Operator of each block, by index / 10,000; 0 = nobody's. Fixed ones from 4 on. */
  readonly operators = new Uint8Array(this.flags.length / BLOCK_NUMBERS);
  readonly seed: number;
  readonly thin: number;
  #used = 0;
  #listed = 0;
  #subscribers: Uint32Array | undefined;

  constructor({ seed, thin }: PopulationOptions) {
    this.seed = seed;
    this.thin = thin;
    const blocks: number[] = [];
    for (let block = 0; block < this.operators.length; block++) {
      const prefix = block - MOBILE_NUMBERS / BLOCK_NUMBERS;
      if (prefix >= 0 && EIGHT_DIGITS_CLASS[prefix] !== 1) continue;
      // Whole areas of a hundred blocks stay, so that what is left looks like the whole.
      if (mixAll(seed, 1, Math.floor(block / 100)) % thin !== 0) continue;
      blocks.push(block * BLOCK_NUMBERS);
      if (prefix < 0) this.#fillMobile(block);
      else this.#fillFixed(block, prefix);
    }
    this.blocks = Uint32Array.from(blocks);
  }

  /** How many numbers somebody has. */
  get used(): number {
    return this.#used;
  }

  get listed(): number {
    return this.#listed;
  }

  #fillMobile(block: number): void {
    const random = new Random(this.seed, block);
    // Ten million numbers to each operator in turn, as 047, 048 and 049 were.
    const operator = 1 + (Math.floor(block / 1000) % MOBILE_OPERATORS);
    this.operators[block] = operator;
    const kind = random.next() / 0x1_0000_0000;
    if (kind < 0.2) return; // not yet in use
    const isOld = kind > 0.65;
    const share = isOld ? 0.4 + 0.4 * share01(random) : 0.01 + 0.18 * share01(random);
    // By age of the block and by operator: whose customers are called more registers more.
    const listed = (isOld ? 0.072 : 0.04) * (0.8 + 0.2 * operator);
    for (let i = 0; i < BLOCK_NUMBERS; i++) {
      if (random.chance(share)) this.#take(block * BLOCK_NUMBERS + i, 0, random.chance(listed));
    }
  }

  #fillFixed(block: number, prefix: number): void {
    const random = new Random(this.seed, block);
    const kind = share01(random);
    if (kind < 0.62) return; // not in use
    const operator = 4 + random.below(3);
    this.operators[block] = operator;
    const share = kind > 0.82 ? 0.3 + 0.45 * share01(random) : 0.03 + 0.17 * share01(random);
    const area = new Random(this.seed, 1_000_000 + Math.floor(prefix / 100));
    const listed = 0.2 + 0.12 * share01(area);
    for (let thousand = 0; thousand < 10; thousand++) {
      const isFirm = random.chance(0.008);
      const use = random.chance(0.2) ? 0 : 0.5 + 0.8 * share01(random);
      for (let hundred = 0; hundred < 10; hundred++) {
        const start = block * BLOCK_NUMBERS + thousand * 1000 + hundred * 100;
        if (isFirm || random.chance(0.03)) this.#fillExtensions(start, random);
        else this.#fillHomes(start, { share: share * use, listed, random });
      }
    }
  }

  #fillExtensions(start: number, random: Random): void {
    for (let i = 0; i < 100; i++) this.#take(start + i, EXTENSION, random.chance(0.01));
  }

  #fillHomes(
    start: number,
    { share, listed, random }: { share: number; listed: number; random: Random },
  ): void {
    const use = random.chance(0.15) ? 0 : 0.7 + 0.5 * share01(random);
    for (let i = 0; i < 100; i++) {
      if (!random.chance(share * use)) continue;
      const isBusiness = random.chance(i % 10 === 0 ? 0.5 : 0.1);
      const chance = isBusiness ? 0.08 : listed;
      this.#take(start + i, isBusiness ? BUSINESS : 0, random.chance(chance));
    }
  }

  #take(index: number, kind: number, isListed: boolean): void {
    this.flags[index] = USED | kind | (isListed ? LISTED : 0);
    this.#used++;
    if (isListed) this.#listed++;
  }

  /** All numbers that somebody has, ascending; read only. */
  get subscribers(): Uint32Array {
    this.#subscribers ??= this.#allSubscribers();
    return this.#subscribers;
  }

  #allSubscribers(): Uint32Array {
    const indexes = new Uint32Array(this.#used);
    let at = 0;
    for (const first of this.blocks) {
      for (let index = first; index < first + BLOCK_NUMBERS; index++) {
        if (this.has(index, USED)) indexes[at++] = index;
      }
    }
    return indexes;
  }

  has(index: number, flag: number): boolean {
    return ((this.flags[index] ?? 0) & flag) !== 0;
  }

  /** The listed numbers as a list file has them: pairs of u32, low word first, ascending. */
  listWords(): Uint32Array {
    const words = new Uint32Array(this.#listed * 2);
    let at = 0;
    // Keys of eight digits come first.
    const firstFixed = this.blocks.findIndex((first) => !isMobile(first));
    const fixed = firstFixed < 0 ? this.blocks.length : firstFixed;
    for (const first of [...this.blocks.subarray(fixed), ...this.blocks.subarray(0, fixed)]) {
      for (let index = first; index < first + BLOCK_NUMBERS; index++) {
        if (!this.has(index, LISTED)) continue;
        const key = keyOfIndex(index);
        words[at++] = key % 0x1_0000_0000;
        words[at++] = key / 0x1_0000_0000;
      }
    }
    return words;
  }
}

/** The key of the number at an index of a {@link Population}. */
export function keyOfIndex(index: number): number {
  return index < MOBILE_NUMBERS ? MOBILE_BASE + index : EIGHT_DIGITS_BASE + index - MOBILE_NUMBERS;
}

/** Whether the number at an index is a mobile one. */
export function isMobile(index: number): boolean {
  return index < MOBILE_NUMBERS;
}

function share01(random: Random): number {
  return random.next() / 0x1_0000_0000;
}
