import { describe, expect, it } from 'vitest';
import {
  buildDirectory,
  checkDirectoryHead,
  DIRECTORY_HEAD_BYTES,
  viewDirectory,
} from '#tacet/list/directory.js';
import { findRanksBinary, findRanksDirectory } from '#tacet/list/search.js';
import { run } from '../../bench/search.ts';

const REACH = 68_719_476_736n; // 2^36: where the directory ends
const KEY_MAX = 999_999_999_999_999n;

type Kernel = (keys: BigUint64Array) => Int32Array;

/** Both kernels over a list; `wordsAt`: byteOffset of the words they are given. */
function kernelsOf(numbers: BigUint64Array, wordsAt = 0): { binary: Kernel; directory: Kernel } {
  const section = buildDirectory(numbers);
  const head = section.subarray(0, DIRECTORY_HEAD_BYTES);
  const sizes = { bytes: section.length, entries: numbers.length, where: '' };
  const { pages, starts, lowBytes, coveredCount } = viewDirectory(
    section.buffer,
    0,
    checkDirectoryHead(head, sizes),
  );
  const numberWords = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
  const wordsOf = (keys: BigUint64Array) => {
    const words = new Uint32Array(new ArrayBuffer(keys.byteLength + 8), wordsAt, keys.length * 2);
    words.set(new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2));
    return words;
  };
  return {
    binary: (keys) => {
      const ranks = new Int32Array(keys.length);
      findRanksBinary(numbers, wordsOf(keys), keys.length, ranks);
      return ranks;
    },
    directory: (keys) => {
      const ranks = new Int32Array(keys.length);
      const words = wordsOf(keys);
      findRanksDirectory(
        pages,
        starts,
        lowBytes,
        coveredCount,
        numberWords,
        words,
        keys.length,
        ranks,
      );
      return ranks;
    },
  };
}

/** The truth: a Map from each number to its place. */
function truth(numbers: BigUint64Array, keys: BigUint64Array): Int32Array {
  const places = new Map([...numbers].map((number, rank) => [number, rank]));
  return Int32Array.from(keys, (key) => places.get(key) ?? -1);
}

/** Compares without vitest's deep equality, which is too slow for millions of values. */
function expectRanks(got: Int32Array, wanted: Int32Array, what: string): void {
  if (Buffer.compare(bytes(got), bytes(wanted)) !== 0) expect(got, what).toEqual(wanted);
}

function bytes(array: Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function expectBoth(numbers: BigUint64Array, keys: BigUint64Array, what: string): void {
  const wanted = truth(numbers, keys);
  const { binary, directory } = kernelsOf(numbers);
  expectRanks(binary(keys), wanted, `binary-search, ${what}`);
  expectRanks(directory(keys), wanted, `directory, ${what}`);
}

/** A 32-bit generator (mulberry32): the same seed, the same numbers. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function sortedUnique(keys: Iterable<bigint>): BigUint64Array {
  return BigUint64Array.from(new Set(keys)).sort();
}

function range(from: bigint, count: number): BigUint64Array {
  return BigUint64Array.from({ length: count }, (_, index) => from + BigInt(index));
}

describe('every small list', () => {
  it('of 10 keys at borders of buckets, pages and reach: every subset, every target', () => {
    const universe = [1n, 2n, 255n, 256n, 511n, 65_535n, 65_536n, 65_792n, REACH, KEY_MAX];
    const targets = BigUint64Array.from(
      universe.flatMap((key) => [key - 1n, key, key + 1n]).concat([0n, REACH * 2n, 2n ** 64n - 1n]),
    );
    for (let subset = 0; subset < 1024; subset++) {
      const numbers = BigUint64Array.from(universe.filter((_, bit) => (subset >> bit) & 1));
      expectBoth(numbers, targets, `subset ${subset}`);
    }
  });

  it('of two keys in one bucket: every pair, every target', () => {
    const targets = range(0n, 256);
    const wanted = new Int32Array(256);
    for (let first = 0; first < 256; first++) {
      for (let second = first + 1; second < 256; second++) {
        const { directory } = kernelsOf(BigUint64Array.of(BigInt(first), BigInt(second)));
        wanted.fill(-1);
        wanted[first] = 0;
        wanted[second] = 1;
        expectRanks(directory(targets), wanted, `${first} and ${second}`);
      }
    }
  });
});

describe('buckets', () => {
  const targets = range(0n, 65_536 + 512);

  it.each([0.004, 0.02, 0.04, 0.1, 0.3, 0.6, 0.9, 1])(
    'of a page filled to %d: every key',
    (share) => {
      const random = randomOf(11);
      const numbers = targets.slice(0, 65_536).filter(() => random() < share);
      expectBoth(numbers, targets, 'seed 11');
    },
  );

  it('that are full among empty ones, and filled on one side among full ones: every key', () => {
    expectBoth(range(512n, 256), targets, 'one full bucket');
    for (const [name, keep] of [
      ['first ten', (low: number) => low < 10],
      ['last ten', (low: number) => low > 245],
      ['two heaps', (low: number) => low < 5 || low > 250],
      ['one in the middle', (low: number) => low === 128],
    ] as const) {
      const numbers = targets
        .slice(0, 65_536)
        .filter((key) => key % 1024n >= 256n || keep(Number(key % 1024n)));
      expectBoth(numbers, targets, name);
    }
  });
});

describe('edges', () => {
  it('around 2^36, KEY_MAX and 2^64', () => {
    const numbers = BigUint64Array.of(
      REACH - 2n,
      REACH - 1n,
      REACH,
      REACH + 2n,
      2n ** 40n,
      KEY_MAX,
    );
    const keys = [REACH - 3n, REACH - 2n, REACH - 1n, REACH, REACH + 1n, REACH + 2n, REACH + 3n];
    keys.push(0n, 2n ** 40n, 2n ** 40n + 2n ** 32n, KEY_MAX - 1n, KEY_MAX, KEY_MAX + 1n);
    keys.push(2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, REACH - 1n + 2n ** 36n, REACH - 1n + 2n ** 63n);
    expectBoth(numbers, BigUint64Array.from(keys), 'edges');
  });

  it('of a list without keys beyond the reach, or within it', () => {
    const keys = BigUint64Array.of(0n, 5n, REACH, REACH + 5n, KEY_MAX, 2n ** 64n - 1n);
    expectBoth(BigUint64Array.of(5n), keys, 'within');
    expectBoth(BigUint64Array.of(REACH + 5n), keys, 'beyond');
  });

  it.each([0, 1, 511, 512, 513, 1024, 1025])(
    'of a batch of %d keys, words at any multiple of 4',
    (count) => {
      const numbers = BigUint64Array.from({ length: 2000 }, (_, index) => BigInt(index * 2 + 1));
      const keys = range(1000n, count);
      for (const wordsAt of [0, 4]) {
        const { binary, directory } = kernelsOf(numbers, wordsAt);
        expectRanks(binary(keys), truth(numbers, keys), 'binary-search');
        expectRanks(directory(keys), truth(numbers, keys), 'directory');
      }
    },
  );
});

describe('random lists like the Belgian one', () => {
  it.each([
    [1, 30_000],
    [2, 100_000],
    [3, 300_000],
  ])('seed %d, %d numbers: both kernels agree with a map', (seed, entries) => {
    const random = randomOf(seed);
    const pick = (from: number, count: number) => BigInt(from + Math.floor(random() * count));
    const any = () => {
      const kind = random();
      if (kind < 0.5) return pick(32_450_000_000, 50_000_000);
      if (kind < 0.96) return pick(3_210_000_000, 89_999_999);
      if (kind < 0.98) return pick(32_200_000_000, 30_000); // dense
      return pick(33_100_000_000, 900_000_000_000); // foreign, on both sides of the reach
    };
    const numbers = sortedUnique(Array.from({ length: entries }, any));
    const keys = BigUint64Array.from({ length: 200_000 }, () => {
      // In bounds: the place is below the length.
      return random() < 0.21 ? numbers[Math.floor(random() * numbers.length)]! : any();
    });
    const wanted = truth(numbers, keys);
    expect(wanted.filter((rank) => rank >= 0).length).toBeGreaterThan(40_000);
    expectBoth(numbers, keys, `seed ${seed}`);
  });
});

describe('the bench of the kernels', () => {
  it('runs small', async () => {
    const lines: string[] = [];
    const results = await run({
      entries: [2000],
      queries: 4096,
      timeMs: 5,
      print: (line: string) => lines.push(line),
    });
    expect(results.map(({ kernel }) => kernel)).toEqual([
      'binary-search',
      'directory',
      'binary-search, sorted',
      'directory, sorted',
    ]);
    for (const { millionsPerSecond } of results) expect(millionsPerSecond).toBeGreaterThan(0);
    expect(lines.join('\n')).toMatch(/checksum [0-9a-f]{8}/);
  });
});
