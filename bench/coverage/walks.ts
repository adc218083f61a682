/** Ways to take the list out, each as an endless series of numbers. */
import { Permutation, Random } from '#tacet/sample/random.js';
import { type Asker, askerOf, hidden } from './asker.js';
import { BLOCK_NUMBERS, isMobile, LISTED, type Population } from './population.js';

/** A walker may know how full each block is: the hardest case, since nobody publishes it. */
export function walksOf(population: Population): Asker[] {
  const { blocks, seed } = population;
  const dense = densest(population, BLOCK_NUMBERS);
  const top = dense.slice(0, Math.ceil(dense.length / 20));
  const mobile = blocks.filter(isMobile);
  return [
    askerOf('sequential', inOrder(blocks)),
    askerOf('shuffled over the plan', shuffled(blocks, seed)),
    askerOf('strided, every 997th', strided(blocks, 997)),
    askerOf('dense blocks first, in order', inOrder(dense)),
    askerOf('dense blocks first, shuffled', shuffled(top, seed)),
    askerOf('shuffled, over 30 days', shuffled(blocks, seed + 1), { questionsADay: 2048 }),
    askerOf('dense blocks, shuffled otherwise', shuffled(top, seed + 1)),
    askerOf('random mobile numbers', shuffled(mobile, seed)),
    askerOf('densest thousands, shuffled', densestParts(population, 1000)),
    askerOf('densest hundreds, shuffled', densestParts(population, 100)),
    askerOf('dense, 45 of each hundred', some(top, { of: 100, take: 45, seed })),
    askerOf('drills where it finds something', drill(population, top)),
  ];
}

/** Walks that hide among the questions of a customer base. */
export function hiddenWalks(population: Population): Asker[] {
  const { blocks, seed } = population;
  const dense = densest(population, BLOCK_NUMBERS).slice(0, Math.ceil(blocks.length / 20));
  const kinds = [
    ['sequential', (): Iterable<number> => inOrder(dense)],
    ['shuffled over the plan', () => shuffled(blocks, seed)],
    ['dense, shuffled', () => shuffled(dense, seed)],
  ] as const;
  return kinds.flatMap(([name, walk]) =>
    [0.5, 0.9].map((share) => {
      const cover = askerOf('base', subscribers(population, seed + 5));
      const title = `${name}, ${share * 100} % customers`;
      return hidden(title, { walk: askerOf(name, walk()), cover, share }, seed);
    }),
  );
}

/** Only numbers that somebody has: what nothing tells from a customer base. */
export function phoneBook(population: Population): Asker {
  return askerOf('phone book', subscribers(population, population.seed + 9));
}

/** Numbers that somebody has, in random order. */
export function subscribers(population: Population, seed: number): Generator<number> {
  return inRandomOrder(population.subscribers, seed);
}

/** Each of `items` once. */
export function* inRandomOrder(items: Uint32Array, seed: number): Generator<number> {
  const order = new Permutation(seed, items.length);
  for (let i = 0; i < items.length; i++) yield items[order.at(i)] ?? 0;
}

function* inOrder(blocks: Uint32Array): Generator<number> {
  for (const first of blocks) for (let i = 0; i < BLOCK_NUMBERS; i++) yield first + i;
}

export function* shuffled(blocks: Uint32Array, seed: number): Generator<number> {
  const count = blocks.length * BLOCK_NUMBERS;
  const order = new Permutation(seed, count);
  for (let i = 0; i < count; i++) yield numberAt(blocks, order.at(i));
}

function* strided(blocks: Uint32Array, step: number): Generator<number> {
  const count = blocks.length * BLOCK_NUMBERS;
  for (let start = 0; start < step; start++) {
    for (let place = start; place < count; place += step) yield numberAt(blocks, place);
  }
}

function* some(
  blocks: Uint32Array,
  { of, take, seed }: { of: number; take: number; seed: number },
): Generator<number> {
  const random = new Random(seed, 5);
  for (const first of blocks) {
    for (let start = first; start < first + BLOCK_NUMBERS; start += of) {
      const order = new Permutation(random.next(), of);
      for (let i = 0; i < take; i++) yield start + order.at(i);
    }
  }
}

/** Tries ten of each hundred; goes on, to half of it, where two were on the list. */
function* drill(population: Population, blocks: Uint32Array): Generator<number> {
  const random = new Random(population.seed, 6);
  for (const first of blocks) {
    for (let start = first; start < first + BLOCK_NUMBERS; start += 100) {
      const order = new Permutation(random.next(), 100);
      let found = 0;
      for (let i = 0; i < (found < 2 ? 10 : 50); i++) {
        const index = start + order.at(i);
        if (population.has(index, LISTED)) found++;
        yield index;
      }
    }
  }
}

/** The densest twentieth of all parts of a size, shuffled as a whole. */
function* densestParts(population: Population, size: number): Generator<number> {
  const parts = densest(population, size);
  const taken = parts.slice(0, Math.ceil(parts.length / 20));
  const count = taken.length * size;
  const order = new Permutation(population.seed, count);
  for (let i = 0; i < count; i++) {
    const place = order.at(i);
    yield (taken[Math.floor(place / size)] ?? 0) + (place % size);
  }
}

/** First index of each part of the plan, those with most listed numbers first. */
function densest(population: Population, size: number): Uint32Array {
  const { blocks } = population;
  const perBlock = BLOCK_NUMBERS / size;
  const parts = Uint32Array.from(
    { length: blocks.length * perBlock },
    (_, i) => (blocks[Math.floor(i / perBlock)] ?? 0) + (i % perBlock) * size,
  );
  const listed = new Map<number, number>();
  for (const first of parts) {
    let count = 0;
    for (let i = 0; i < size; i++) if (population.has(first + i, LISTED)) count++;
    listed.set(first, count);
  }
  return parts.sort((a, b) => (listed.get(b) ?? 0) - (listed.get(a) ?? 0));
}

function numberAt(blocks: Uint32Array, place: number): number {
  return (blocks[Math.floor(place / BLOCK_NUMBERS)] ?? 0) + (place % BLOCK_NUMBERS);
}
