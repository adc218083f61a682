/**
 * Which numbers coverage watches: of each group of 32 blocks of 128 numbers, all numbers of one
 * block, chosen by a secret.
 *
 *     low word of a key:   group (20 bits) | block (5 bits) | number (7 bits)
 *
 * The low word alone tells Belgian numbers apart: the high word is 7 for the nine digits of mobile
 * numbers and 0 for eight digits, and their low words do not overlap.
 */
import { createCipheriv, createHash } from 'node:crypto';
import {
  EIGHT_DIGITS_BASE,
  EIGHT_DIGITS_CLASS,
  EIGHT_DIGITS_COUNT,
  MOBILE_BASE,
  MOBILE_COUNT,
} from '../../phone/plan.ts';

/** A block has 2^7 numbers. */
export const BLOCK_BITS = 7;
export const BLOCK_NUMBERS = 1 << BLOCK_BITS;
/** Words of u32 that hold a bit for each number of a block. */
export const BLOCK_WORDS = BLOCK_NUMBERS / 32;
/** A group has 2^12 numbers: one number in {@link GROUP_BLOCKS} is watched. */
export const GROUP_BITS = 12;
export const GROUP_BLOCKS = 1 << (GROUP_BITS - BLOCK_BITS);
/** Bytes of the secret. */
export const COVERAGE_SECRET_BYTES = 32;

const WORD = 0x1_0000_0000;
/** The high word of mobile keys. */
const MOBILE_HIGH = Math.floor(MOBILE_BASE / WORD);
const MOBILE_LOW = MOBILE_BASE % WORD;
const GROUPS_OF_WORD = 1 << (32 - GROUP_BITS);
/** Eight digits have one class for each of their first four. */
const CLASS_NUMBERS = 10_000;
const NOT_WATCHED = 255;
/** The plan has fewer groups. */
export const NO_RANK = 65_535;

/** The watched blocks: the same on all servers that have the same secret. 3 MiB. */
export class CoverageSample {
  /** By `low >>> GROUP_BITS`, which block of the group is watched; none outside the plan. */
  readonly watched = new Uint8Array(GROUPS_OF_WORD).fill(NOT_WATCHED);
  /** The groups of the plan, ascending; the place of each is its rank. */
  readonly groups: Uint32Array;
  /** Tells samples of different secrets apart, and nothing about the secret. 8 bytes. */
  readonly fingerprint: Uint8Array;
  /** By `low >>> GROUP_BITS`, the rank of the group; {@link NO_RANK} outside the plan. */
  readonly ranks = new Uint16Array(GROUPS_OF_WORD).fill(NO_RANK);

  /** @param secret {@link COVERAGE_SECRET_BYTES} random bytes that no client ever sees */
  constructor(secret: Uint8Array) {
    if (secret.length !== COVERAGE_SECRET_BYTES) throw new RangeError('a secret has 32 bytes');
    // Of a cipher, so that no series of questions can aim beside the watched blocks.
    const cipher = createCipheriv('aes-256-ctr', secret, new Uint8Array(16));
    const chosen = cipher.update(new Uint8Array(GROUPS_OF_WORD));
    this.groups = Uint32Array.from(planGroups());
    for (const [rank, group] of this.groups.entries()) {
      this.watched[group] = (chosen[group] as number) % GROUP_BLOCKS; // there is a byte for each
      this.ranks[group] = rank;
    }
    const digest = createHash('sha256').update('tacet coverage').update(secret).digest();
    this.fingerprint = digest.subarray(0, 8);
  }
}

/** Whether a key is a number of the plan's groups, if its low word is. */
export function isInPlan(high: number, low: number): boolean {
  return high === (low < EIGHT_DIGITS_BASE ? MOBILE_HIGH : 0);
}

/** The groups that have a fixed or a mobile number, ascending. */
function* planGroups(): Generator<number> {
  yield* groupsBetween(MOBILE_LOW, MOBILE_LOW + MOBILE_COUNT);
  for (const group of groupsBetween(EIGHT_DIGITS_BASE, EIGHT_DIGITS_BASE + EIGHT_DIGITS_COUNT)) {
    const first = Math.max(group * 2 ** GROUP_BITS - EIGHT_DIGITS_BASE, 0);
    const last = Math.min(first + 2 ** GROUP_BITS, EIGHT_DIGITS_COUNT) - 1;
    if (isFixed(first) || isFixed(last)) yield group;
  }
}

function* groupsBetween(low: number, end: number): Generator<number> {
  const last = (end - 1) >>> GROUP_BITS;
  for (let group = low >>> GROUP_BITS; group <= last; group++) yield group;
}

function isFixed(eightDigits: number): boolean {
  return EIGHT_DIGITS_CLASS[Math.floor(eightDigits / CLASS_NUMBERS)] === 1;
}
