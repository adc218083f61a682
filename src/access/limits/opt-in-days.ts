import { randomBytes } from 'node:crypto';
import type { AnsweredKeys } from '../../threads/slots.ts';
import { VERDICT_BLOCKED, VERDICT_CALLABLE_OPT_IN } from '../../verdict/verdict.ts';
import { bitCount } from '../coverage/bit-count.ts';

interface OptInDaysOptions {
  /** How many days one number may be asked with, about; 1 to 24. */
  readonly daysMax: number;
  /** After how many days a number begins anew. */
  readonly windowDays: number;
  /** How many numbers are remembered, a power of two. */
  readonly cells?: number;
  /** 16 bytes that nobody knows, or its cells could be aimed beside. Default: random. */
  readonly key?: Uint8Array;
}

const CELLS = 65_536;

/**
 * Finds who asks about one number with many opt-in days: each answer halves the days on which the
 * number can have been registered, and twelve tell the very day. An ordinary client asks with one
 * day a number, and with another when the person has opted in again.
 *
 * A table of cells, 14 bytes each, stands for the numbers that were asked last:
 *
 *     keyed hash of the number -> cell [ tag 32 | days seen 64, a bit each by keyed hash | day ]
 *
 * Only listed numbers asked with an opt-in come in: the others' answers tell no date. A number
 * takes the cell of another that was seen with one day alone; one seen with several keeps its
 * cell for the window. Two days share a bit sometimes, so the limit is met a little late: of
 * those who halve the days twelve times, one in a hundred is not found out at a limit of 8.
 */
export class OptInDays {
  readonly #options: OptInDaysOptions;
  readonly #mask: number;
  readonly #seeds: Uint32Array;
  readonly #tags: Uint32Array;
  readonly #seen: Uint32Array;
  readonly #since: Uint16Array;
  #lastDay = 0;

  constructor(options: OptInDaysOptions) {
    const { cells = CELLS, key = randomBytes(16) } = options;
    this.#options = options;
    this.#mask = cells - 1;
    this.#seeds = new Uint32Array(Uint8Array.from(key).buffer);
    this.#tags = new Uint32Array(cells);
    this.#seen = new Uint32Array(2 * cells);
    this.#since = new Uint16Array(cells);
  }

  /** Whether a number of the batch, of this party, has now been asked with too many days. */
  observe({ memory, keys, optIns, verdicts, count }: AnsweredKeys, today: number): boolean {
    if (optIns === 0) return false;
    this.#lastDay = today;
    const words = new DataView(memory);
    const ofKeys = new Uint8Array(memory, verdicts, count);
    let isProbing = false;
    for (const [index, verdict] of ofKeys.entries()) {
      if (verdict !== VERDICT_BLOCKED && verdict !== VERDICT_CALLABLE_OPT_IN) continue;
      const day = words.getUint32(optIns + 4 * index, true);
      if (day === 0) continue;
      const key = keys + 8 * index;
      const [low, high] = [words.getUint32(key, true), words.getUint32(key + 4, true)];
      if (this.#see(low, high, day, today) > this.#options.daysMax) isProbing = true;
    }
    return isProbing;
  }

  /** Whether all that was seen is older than the window. */
  isOver(today: number): boolean {
    return today - this.#lastDay >= this.#options.windowDays;
  }

  /** Notes a day of a number; returns about how many it has been asked with. */
  #see(low: number, high: number, day: number, today: number): number {
    const [first = 0, second = 0, third = 0, fourth = 0] = this.#seeds;
    const hash = mixed(mixed(low ^ first) ^ high ^ second);
    const tag = mixed(hash ^ third) | 1;
    const cell = hash & this.#mask;
    const isOld = today - (this.#since[cell] ?? 0) >= this.#options.windowDays;
    const isItsOwn = this.#tags[cell] === tag >>> 0 && !isOld;
    if (!isItsOwn) {
      if (!isOld && this.#daysOf(cell) > 1) return 1;
      this.#tags[cell] = tag;
      this.#seen.fill(0, 2 * cell, 2 * cell + 2);
      this.#since[cell] = today;
    }
    const place = mixed(mixed(day ^ fourth) ^ tag) & 63;
    const word = 2 * cell + (place >>> 5);
    this.#seen[word] = (this.#seen[word] ?? 0) | (1 << (place & 31));
    return this.#daysOf(cell);
  }

  #daysOf(cell: number): number {
    return bitCount(this.#seen[2 * cell] ?? 0) + bitCount(this.#seen[2 * cell + 1] ?? 0);
  }

  /** The party was released. */
  forget(): void {
    this.#tags.fill(0);
    this.#seen.fill(0);
    this.#since.fill(0);
  }
}

/** A permutation of 32 bits, each of which depends on all: the end of MurmurHash3. */
function mixed(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
