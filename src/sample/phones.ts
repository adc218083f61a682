import { blockOf, checkCount, checkSeed, keyOf } from './numbers.ts';
import { foreignPhone, specialPhone, unassignedPhone, unreadablePhone } from './oddities.ts';
import { Random, WeightedChoice } from './random.ts';
import { writeBelgianPhone } from './writings.ts';
import { BLOCK_NUMBERS, type Blocks, sampleBlocks } from './zones.ts';

/** Above every national significant number of Belgium. */
const NATIONAL_LIMIT = 500_000_000;

/** The list that contacts are made from: its numbers in order, and which are listed. */
export class ListedNumbers {
  /** Numbers added, duplicates included; the index is the order in which they were added. */
  count = 0;
  private nationals = new Uint32Array(1024);
  /** One bit per number: 62.5 MB, but only pages of used blocks take memory. */
  private readonly bits = new Uint8Array(NATIONAL_LIMIT / 8);

  /** @param national national significant number, 8 or 9 digits, below 500,000,000 */
  add(national: number): void {
    if (this.count === this.nationals.length) {
      const larger = new Uint32Array(this.count * 2);
      larger.set(this.nationals);
      this.nationals = larger;
    }
    this.nationals[this.count++] = national;
    const byte = national >>> 3;
    this.bits[byte] = (this.bits[byte] ?? 0) | (1 << (national & 7));
  }

  /** @param index 0 to count - 1 */
  at(index: number): number {
    return this.nationals[index] ?? 0;
  }

  has(national: number): boolean {
    return (((this.bits[national >>> 3] ?? 0) >>> (national & 7)) & 1) === 1;
  }
}

/** How many earlier numbers a duplicate is chosen from. */
const REMEMBERED = 4096;

/** Tries for an unlisted number before the list is assumed to be full there. */
const TRIES_MAX = 100;

interface SamplePhone {
  readonly text: string;
  /** Index of the listed number it was made from, -1 for all others. */
  readonly listedIndex: number;
}

/** Phone numbers as contact files have them, without end. */
export class PhoneSampler {
  private readonly random: Random;
  private readonly listed: ListedNumbers;
  private readonly blocks: readonly Blocks[];
  /** Earlier Belgian numbers: index on the list, or -1 - number. */
  private readonly earlier: number[] = [];
  /** What a contact file is made of, per mille. */
  private readonly kinds = new WeightedChoice([
    { weight: 210, next: () => this.listedPhone() },
    { weight: 100, next: () => this.unlisted(this.neighbour()) },
    { weight: 480, next: () => this.unlisted(this.sameBlock()) },
    { weight: 125, next: () => this.unlisted(this.anywhere()) },
    { weight: 30, next: () => this.again() },
    { weight: 20, next: () => notListed(foreignPhone(this.random)) },
    { weight: 10, next: () => notListed(specialPhone(this.random)) },
    { weight: 5, next: () => notListed(unassignedPhone(this.random)) },
    { weight: 20, next: () => notListed(unreadablePhone(`${this.anywhere()}`, this.random)) },
  ]);

  constructor(random: Random, listed: ListedNumbers) {
    this.random = random;
    this.listed = listed;
    const { fixed, mobile } = sampleBlocks(random.next());
    this.blocks = [fixed, mobile];
  }

  next(): SamplePhone {
    return this.kinds.pick(this.random).next();
  }

  private listedPhone(): SamplePhone {
    if (this.listed.count === 0) return this.unlisted(this.anywhere());
    const index = this.random.below(this.listed.count);
    this.remember(index);
    return this.written(this.listed.at(index), index);
  }

  private unlisted(national: number): SamplePhone {
    this.remember(-1 - national);
    return this.written(national, -1);
  }

  private written(national: number, listedIndex: number): SamplePhone {
    return { text: writeBelgianPhone(`${national}`, this.random), listedIndex };
  }

  /** An earlier number again, probably written differently. */
  private again(): SamplePhone {
    if (this.earlier.length === 0) return this.unlisted(this.anywhere());
    const entry = this.random.pick(this.earlier);
    return entry < 0 ? this.written(-1 - entry, -1) : this.written(this.listed.at(entry), entry);
  }

  private remember(entry: number): void {
    if (this.earlier.length < REMEMBERED) this.earlier.push(entry);
    else this.earlier[this.random.below(REMEMBERED)] = entry;
  }

  /** A number that differs from a listed one by less than ten, and is not listed itself. */
  private neighbour(): number {
    return this.search((near, offset) => near - (near % 10) + (offset % 10));
  }

  /** An unlisted number from a block that has listed ones. */
  private sameBlock(): number {
    return this.search((near, offset) => blockOf(near) + offset);
  }

  private search(place: (near: number, offset: number) => number): number {
    const { random, listed } = this;
    for (let i = 0; i < TRIES_MAX && listed.count > 0; i++) {
      const national = place(listed.at(random.below(listed.count)), random.below(BLOCK_NUMBERS));
      if (!listed.has(national)) return national;
    }
    return this.anywhere();
  }

  /** Any number in the plan, unlisted unless the list holds nearly all of them. */
  private anywhere(): number {
    const { random, listed } = this;
    let national = 0;
    for (let i = 0; i < TRIES_MAX; i++) {
      const { firstNumbers } = random.pick(this.blocks);
      const block = random.below(firstNumbers.length);
      national = (firstNumbers[block] ?? 0) + random.below(BLOCK_NUMBERS);
      if (!listed.has(national)) break;
    }
    return national;
  }
}

function notListed(text: string): SamplePhone {
  return { text, listedIndex: -1 };
}

/**
 * Phone numbers as contact files have them: about 21 % of `nationals`, the rest unlisted, foreign,
 * special, unreadable, doubled, in every writing there is. For tests and benches.
 *
 * @param options.listed a list's keys (E.164 digits), none needed; only Belgian ones are used
 * @throws ERR_OPTION
 */
export function samplePhoneTexts(options: {
  readonly seed: number;
  readonly count: number;
  readonly listed?: Float64Array;
}): string[] {
  const { seed, count, listed = new Float64Array(0) } = options;
  checkSeed(seed);
  checkCount(count, Number.MAX_SAFE_INTEGER);
  const numbers = new ListedNumbers();
  for (const key of listed) {
    const national = nationalOf(key);
    if (national !== undefined) numbers.add(national);
  }
  const sampler = new PhoneSampler(new Random(seed, CONTACTS_STREAM), numbers);
  return Array.from({ length: count }, () => sampler.next().text);
}

/** The random sequence for contacts, separate from that of lists. */
export const CONTACTS_STREAM = 2;

function nationalOf(key: number): number | undefined {
  const national = key >= 32_000_000_000 ? key - 32_000_000_000 : key - 3_200_000_000;
  const isBelgian = national >= 10_000_000 && national < NATIONAL_LIMIT;
  return isBelgian && keyOf(national) === key ? national : undefined;
}
