/** Customer bases as firms have them, and other lists of people: none of them walks. */
import { mixAll, Permutation, Random } from '#tacet/sample/random.js';
import { type Asker, askerOf } from './asker.js';
import {
  BLOCK_NUMBERS,
  BUSINESS,
  EXTENSION,
  isMobile,
  LISTED,
  type Population,
} from './population.js';
import { shuffled, subscribers } from './walks.js';

/** A base, by which of all subscribers are in it. */
interface Base {
  readonly name: string;
  readonly size: number;
  /** Whether a subscriber may be in it. */
  readonly has?: (index: number) => boolean;
  /** On how many days it is asked; on one if not given. */
  readonly days?: number;
  /** How often it is asked; once if not given. */
  readonly asks?: number;
}

export function basesOf(population: Population): Asker[] {
  const { seed } = population;
  const listed = (index: number): boolean => population.has(index, LISTED);
  const operator = (index: number): number =>
    population.operators[Math.floor(index / BLOCK_NUMBERS)] ?? 0;
  const area = largestArea(population);
  const inArea = (index: number): boolean => Math.floor(index / 1_000_000) === area;
  const coin = (index: number, share: number): boolean =>
    mixAll(seed, index) < share * 0x1_0000_0000;
  // Scrubbed bases have only those on the list that registered since.
  const scrubbed = (index: number): boolean => !listed(index) || coin(index, 0.001);
  const isPerson = (index: number): boolean => !population.has(index, EXTENSION | BUSINESS);
  const bases: Base[] = [
    { name: 'consumers', size: 500_000, has: isPerson },
    { name: 'scrubbed yesterday', size: 1_000_000, has: scrubbed },
    { name: 'one area', size: 60_000, has: inArea },
    { name: 'nearly everybody in one area', size: 1e6, has: (i) => inArea(i) && coin(i, 0.9) },
    {
      name: 'one area, half scrubbed',
      size: 120_000,
      has: (index) => inArea(index) && (coin(index + 1e9, 0.5) || scrubbed(index)),
    },
    { name: 'asked every day for 30 days', size: 200_000, days: 30, asks: 30 },
    { name: 'small', size: 1000 },
    { name: 'huge', size: 5_000_000 },
    { name: 'firms', size: 250_000, has: (index) => population.has(index, BUSINESS) },
    {
      name: "one mobile operator's prefixes",
      size: 300_000,
      has: (index) => operator(index) === 2,
    },
    { name: "an operator's own customers", size: 3_000_000, has: (index) => operator(index) === 1 },
    {
      name: 'half scrubbed',
      size: 1_000_000,
      has: (index) => coin(index + 1e9, 0.5) || scrubbed(index),
    },
    {
      name: 'half scrubbed, mobile',
      size: 1_000_000,
      has: (index) => isMobile(index) && (coin(index + 1e9, 0.5) || scrubbed(index)),
    },
    { name: 'fixed lines', size: 400_000, has: (index) => !isMobile(index) && isPerson(index) },
    { name: 'a little, every day for 180 days', size: 900_000, days: 180 },
  ];
  return [
    ...bases.map((base, i) => {
      const { name, size, asks = 1, days = 1 } = base;
      const questionsADay = Math.ceil((scaled(population, size) * asks) / days);
      return askerOf(name, members(population, base, seed + i), { questionsADay });
    }),
    askerOf(
      'bought leads, 5 % of them rubbish',
      leads(population, scaled(population, 400_000), 0.05),
    ),
    askerOf('firms with all extensions', firms(population, scaled(population, 300_000))),
  ];
}

/** A base of a small population is small, but not so small that it is never judged. */
function scaled({ thin }: Population, size: number): number {
  return Math.ceil(size / Math.max(1, thin / 2));
}

function* members(
  population: Population,
  { size, has = () => true, asks = 1 }: Base,
  seed: number,
): Generator<number> {
  const possible = population.subscribers.filter(has);
  const order = new Permutation(seed, possible.length);
  const length = Math.min(scaled(population, size), possible.length);
  const chosen = Uint32Array.from({ length }, (_, i) => possible[order.at(i)] ?? 0);
  for (let i = 0; i < asks; i++) yield* chosen;
}

function* leads(population: Population, size: number, rubbish: number): Generator<number> {
  const random = new Random(population.seed, 8);
  const real = subscribers(population, population.seed + 20);
  const wrong = shuffled(population.blocks, population.seed + 21);
  for (let i = 0; i < size; i++) {
    const { value, done } = (random.chance(rubbish) ? wrong : real).next();
    if (done === true) return;
    yield value;
  }
}

/** Main numbers, each followed by a part of the extensions of its neighbour with many. */
function* firms(population: Population, size: number): Generator<number> {
  const random = new Random(population.seed, 9);
  let left = size;
  for (const index of subscribers(population, population.seed + 22)) {
    if (population.has(index, BUSINESS)) {
      yield index;
      left--;
    }
    if (population.has(index, EXTENSION) && random.chance(0.03)) {
      const first = index - (index % 100);
      const known = 0.2 + 0.8 * (random.next() / 0x1_0000_0000);
      for (let i = 0; i < 100; i++) {
        if (!random.chance(known)) continue;
        yield first + i;
        left--;
      }
    }
    if (left <= 0) return;
  }
}

/** The million numbers of eight digits with the most on the list. */
function largestArea(population: Population): number {
  const counts = new Map<number, number>();
  for (const first of population.blocks) {
    if (isMobile(first)) continue;
    const area = Math.floor(first / 1_000_000);
    let count = counts.get(area) ?? 0;
    for (let i = 0; i < BLOCK_NUMBERS; i++) if (population.has(first + i, LISTED)) count++;
    counts.set(area, count);
  }
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [-1, -1])[0];
}
