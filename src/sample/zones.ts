/**
 * The blocks of 10,000 numbers that synthetic lists draw from: zones of fixed numbers and blocks
 * of mobile ones. A number below is its national significant number as an integer: 8 digits when
 * fixed, 9 when mobile.
 */
import { mixAll } from './random.ts';

export const BLOCK_NUMBERS = 10_000;

/** A share of numbers under leading digits of the national significant number. */
interface Zone {
  /** Leading digits after the trunk zero; all have the same length. */
  readonly prefixes: readonly string[];
  readonly weight: number;
}

const zone = (prefixes: string, weight: number): Zone => ({
  prefixes: prefixes.split(' '),
  weight,
});

/** Fixed zones, weighted roughly like the people who live there; per mille, not exact. */
const FIXED_ZONES: readonly Zone[] = [
  zone('22 23 24 25 26 27 28', 170), // Brussels
  zone('32 33 34 35 36 37 38', 130), // Antwerp
  zone('92 93 94', 80), // Ghent
  zone('42 43', 68), // Liège
  zone('10', 22), // Wavre
  zone('11', 45), // Hasselt
  zone('12', 12), // Tongeren
  zone('13', 15), // Diest
  zone('14', 36), // Turnhout
  zone('15', 28), // Mechelen
  zone('16', 38), // Leuven
  zone('19', 9), // Waremme
  zone('50', 30), // Bruges
  zone('51', 22), // Roeselare
  zone('52', 21), // Dendermonde
  zone('53', 22), // Aalst
  zone('54', 12), // Ninove
  zone('55', 11), // Ronse
  zone('56', 32), // Kortrijk
  zone('57', 10), // Ypres
  zone('58', 8), // Veurne
  zone('59', 18), // Ostend
  zone('60', 5), // Chimay
  zone('61', 9), // Libramont
  zone('63', 9), // Arlon
  zone('64', 20), // La Louvière
  zone('65', 25), // Mons
  zone('67', 16), // Nivelles
  zone('68', 10), // Ath
  zone('69', 16), // Tournai
  zone('71', 42), // Charleroi
  zone('802 803 804 805 806 807 808', 5), // Stavelot
  zone('81', 25), // Namur
  zone('82', 6), // Dinant
  zone('83', 5), // Ciney
  zone('84', 6), // Marche
  zone('85', 13), // Huy
  zone('86', 4), // Durbuy
  zone('87', 20), // Verviers
  zone('89', 25), // Genk
];

/** Mobile blocks 045 to 049: the newer ones hold fewer numbers. */
const MOBILE_ZONES: readonly Zone[] = [
  zone('450 451 452 453 454', 6),
  zone('455 456 457 458 459', 40),
  zone('460 461 462 463 464', 12),
  zone('465 466 467 468 469', 85),
  zone('470 471 472 473 474', 160),
  zone('475 476 477 478 479', 210),
  zone('480 481 482 483 484', 60),
  zone('485 486 487 488 489', 150),
  zone('490 491 492 493 494', 107),
  zone('495 496 497 498 499', 170),
];

/** Blocks with their first number and their weight, in ascending order of numbers. */
export interface Blocks {
  readonly firstNumbers: Uint32Array;
  readonly weights: Float64Array;
}

/** All blocks, unevenly used: which ones are busy depends on `seed`. */
export function sampleBlocks(seed: number): { readonly fixed: Blocks; readonly mobile: Blocks } {
  return {
    fixed: blocksOf(FIXED_ZONES, { blockDigits: 4, seed }),
    mobile: blocksOf(MOBILE_ZONES, { blockDigits: 5, seed }),
  };
}

function blocksOf(zones: readonly Zone[], options: { blockDigits: number; seed: number }): Blocks {
  const { blockDigits, seed } = options;
  const blocks: { first: number; weight: number }[] = [];
  for (const { prefixes, weight } of zones) {
    for (const prefix of prefixes) {
      const count = 10 ** (blockDigits - prefix.length);
      const share = weight / (prefixes.length * count);
      for (let i = 0; i < count; i++) {
        const block = Number(prefix) * count + i;
        const uniform = mixAll(seed, block) / 0x1_0000_0000;
        // The cube makes a quarter of the blocks hold two thirds of the numbers, and none empty.
        const use = uniform * uniform * uniform + 0.002;
        blocks.push({ first: block * BLOCK_NUMBERS, weight: share * use });
      }
    }
  }
  blocks.sort((a, b) => a.first - b.first);
  return {
    firstNumbers: Uint32Array.from(blocks, (block) => block.first),
    weights: Float64Array.from(blocks, (block) => block.weight),
  };
}
