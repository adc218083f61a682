/** Phone numbers whose verdict is known by how they are made. */
import { createRandom } from '../../phone/generate.ts';

export type Random = (below: number) => number;
export { createRandom };

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T; // proof: the index is below the length, none is empty
}

/** The list of the examples: the national number, and the day of its registration. */
export const LIST: ReadonlyMap<string, string> = new Map([
  ['475123456', '2020-02-13'],
  ['22268851', '2018-12-06'],
  ['32411132', '2019-11-11'],
  ['470000001', '2021-03-14'],
  ['456123456', '2022-07-15'],
]);

/** The txt of a list of national numbers. */
export function sourceOf(list: ReadonlyMap<string, string>): string {
  return [...list].map(([national, day]) => `0${national};${day}\n`).join('');
}

/** A national number that is covered: mobile, or fixed of zone 02 or 03. */
export function coveredNational(random: Random): string {
  const digits = String(1_000_000 + random(1_000_000)).slice(1);
  if (random(2) === 0) return `47${1 + random(9)}${digits}`;
  return `${2 + random(2)}${2 + random(7)}${digits}`;
}

/** A covered national number that is not on the list. */
export function callableNational(random: Random, list: ReadonlyMap<string, unknown> = LIST) {
  for (;;) {
    const national = coveredNational(random);
    if (!list.has(national)) return national;
  }
}

export function listedNational(random: Random): string {
  return pick(random, [...LIST.keys()]);
}

/** In twos from behind, as people group: 475 12 34 56, 2 226 88 51 is 2 22 68 85 1 here. */
function grouped(national: string, joint: string): string {
  const first = national.length === 9 ? 3 : 2;
  return national.slice(0, first) + national.slice(first).replace(/\d\d/g, `${joint}$&`);
}

/** How a number is written: with a leading zero, or with the country code in front. */
const WRITINGS: readonly ((national: string) => string)[] = [
  (national) => `0${national}`,
  (national) => `0${national}`,
  (national) => `0${grouped(national, ' ')}`,
  (national) => `0${grouped(national, '.')}`,
  (national) => `0${grouped(national, '-')}`,
  (national) => `+32${national}`,
  (national) => `+32 ${grouped(national, ' ')}`,
  (national) => `+32 (0)${grouped(national, ' ')}`,
  (national) => `0032${national}`,
  (national) => `0032 ${grouped(national, '/')}`,
];

/** Writings that do not begin with 0, +32 or 0032. */
const OTHER_WRITINGS: readonly ((national: string) => string)[] = [
  (national) => `32${national}`,
  (national) => national,
  (national) => `(0${national.slice(0, 2)})${national.slice(2)}`,
  (national) => `tel:+32${national}`,
];

/** A writing that begins with 0, +32 or 0032; none has a separator of the generators in it. */
export function written(random: Random, national: string): string {
  return pick(random, WRITINGS)(national);
}

/** A writing that begins otherwise. */
export function writtenOtherwise(random: Random, national: string): string {
  return pick(random, OTHER_WRITINGS)(national);
}

export function foreign(random: Random): string {
  const digits = String(1_000_000 + random(1_000_000)).slice(1);
  return pick(random, [`+33 1 4${random(10)} ${digits}`, `+3120${1 + random(9)}${digits}`]);
}
