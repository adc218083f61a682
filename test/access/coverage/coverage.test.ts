import { describe, expect, it } from 'vitest';
import { Coverage, PERIOD_DAYS } from '#tacet/access/coverage/coverage.js';
import {
  BLOCK_BITS,
  COVERAGE_SECRET_BYTES,
  CoverageSample,
  GROUP_BITS,
  GROUP_BLOCKS,
  isInPlan,
} from '#tacet/access/coverage/coverage-sample.js';
import { ListedSampleBuilder } from '#tacet/access/coverage/listed-sample.js';
import { sampleKeys } from '#tacet/sample/numbers.js';
import { Random } from '#tacet/sample/random.js';

const sampleOf = (byte: number): CoverageSample =>
  new CoverageSample(new Uint8Array(COVERAGE_SECRET_BYTES).fill(byte));
const sample = sampleOf(1);
const WORD = 0x1_0000_0000;

/** Whether a key is watched, written out again. */
function isWatched(key: number, { watched }: CoverageSample): boolean {
  const [low, high] = [key % WORD, Math.floor(key / WORD)];
  const block = Math.floor(low / 128) % 32;
  return isInPlan(high, low) && watched[Math.floor(low / 4096)] === block;
}

function keysOf(numbers: ArrayLike<number | bigint>, offset = 0): DataView {
  const keys = new DataView(new ArrayBuffer(offset + numbers.length * 8));
  Array.from(numbers).forEach((number, i) => {
    keys.setBigUint64(offset + i * 8, BigInt(number), true);
  });
  return keys;
}

/** Byte by byte: `toEqual` takes seconds for a million of them. */
const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

const numbers = sampleKeys({ seed: 3, count: 200_000 });
const keys = keysOf(numbers);
const watchedNumbers = numbers.filter((key) => isWatched(key, sample));

/** One coverage that has seen these numbers. */
function seen(of: Float64Array, by = sample): Coverage {
  const coverage = new Coverage(by);
  coverage.observe(keysOf(of), 0, of.length);
  return coverage;
}

describe('the sample', () => {
  it('watches one block of 128 numbers in each group of the plan', () => {
    expect(sample.groups.length).toBeGreaterThan(25_000);
    const isWatchedGroup = (group: number): boolean =>
      (sample.watched[group] ?? 255) < GROUP_BLOCKS;
    expect(sample.groups.every(isWatchedGroup)).toBe(true);
    const watched = sample.watched.filter((block) => block < GROUP_BLOCKS);
    expect(watched.length).toBe(sample.groups.length);
    expect(GROUP_BITS - BLOCK_BITS).toBe(Math.log2(GROUP_BLOCKS));
  });

  it('is the same for the same secret, and another for another', () => {
    expect(isSame(sampleOf(1).watched, sample.watched)).toBe(true);
    const other = sampleOf(2);
    const same = sample.groups.filter((group) => sample.watched[group] === other.watched[group]);
    // One in 32, by chance.
    expect(same.length / sample.groups.length).toBeGreaterThan(0.02);
    expect(same.length / sample.groups.length).toBeLessThan(0.05);
    expect(isSame(other.fingerprint, sample.fingerprint)).toBe(false);
  });

  it('watches about a 32nd of all numbers, of each block alike', () => {
    const share = watchedNumbers.length / numbers.length;
    expect(share).toBeGreaterThan(0.025);
    expect(share).toBeLessThan(0.04);
    const blocks = new Set(sample.groups.map((group) => sample.watched[group] ?? -1));
    expect(blocks.size).toBe(GROUP_BLOCKS);
  });

  it('refuses a secret of another length', () => {
    expect(() => new CoverageSample(new Uint8Array(16))).toThrow(RangeError);
  });
});

describe('what was asked', () => {
  it('is counted exactly, however often and in whatever batches', () => {
    const coverage = new Coverage(sample);
    const random = new Random(5, 0);
    let added = 0;
    for (let i = 0; i < 200; i++) {
      const first = random.below(numbers.length - 3000);
      added += coverage.observe(keys, first * 8, random.below(3000));
    }
    added += coverage.observe(keys, 0, numbers.length);
    expect(coverage.asked).toBe(new Set(watchedNumbers).size);
    expect(added).toBe(coverage.asked);
    expect(coverage.observe(keys, 0, numbers.length)).toBe(0);
  });

  it('may lie at any address', () => {
    const coverage = new Coverage(sample);
    expect(coverage.observe(keysOf(numbers, 5), 5, numbers.length)).toBe(watchedNumbers.length);
  });

  it('counts nothing that is no number of the plan', () => {
    const coverage = new Coverage(sample);
    const [watched = 0] = watchedNumbers;
    const strange = [0n, 1n, 2n ** 64n - 1n, 33_123_456_789n, BigInt(watched) + 2n ** 40n];
    for (let low = 0; low < 2 ** 32; low += 99_991) strange.push(BigInt(low) + 2n ** 35n);
    expect(coverage.observe(keysOf(strange), 0, strange.length)).toBe(0);
    const zeros = new DataView(new ArrayBuffer(8 * 100_000));
    expect(coverage.observe(zeros, 0, 100_000)).toBe(0);
    expect(coverage.observe(zeros, 0, 0)).toBe(0);
    expect(coverage.asked).toBe(0);
  });

  it('is one number if one is asked a million times', () => {
    const coverage = new Coverage(sample);
    const same = keysOf(new Float64Array(100_000).fill(watchedNumbers[0] ?? 0));
    for (let i = 0; i < 10; i++) coverage.observe(same, 0, 100_000);
    expect(coverage.asked).toBe(1);
  });

  it('is judged again when an eighth of it is new', () => {
    const list = new ListedSampleBuilder(sample).build();
    const coverage = seen(watchedNumbers.subarray(0, 255));
    expect(coverage.isDue).toBe(false);
    coverage.observe(keysOf(watchedNumbers), 0, 4000);
    expect(coverage.isDue).toBe(true);
    expect(coverage.judge(list)).toMatchObject({ asked: 4000, walk: undefined });
    expect(coverage.isDue).toBe(false);
    coverage.observe(keysOf(watchedNumbers), 0, 4499);
    expect(coverage.isDue).toBe(false);
    coverage.observe(keysOf(watchedNumbers), 0, 4500);
    expect(coverage.isDue).toBe(true);
  });

  it('is forgotten in the period after next, and by a release', () => {
    const coverage = new Coverage(sample);
    const day = PERIOD_DAYS * 100;
    coverage.advance(day + 10);
    coverage.observe(keysOf(watchedNumbers), 0, 1000);
    coverage.advance(day + PERIOD_DAYS);
    expect(coverage.asked).toBe(1000);
    // Asked again: it stays.
    coverage.observe(keysOf(watchedNumbers), 0, 300);
    expect(coverage.asked).toBe(1000);
    coverage.advance(day + PERIOD_DAYS - 1); // a clock that went back
    expect(coverage.asked).toBe(1000);
    coverage.advance(day + 2 * PERIOD_DAYS);
    expect(coverage.asked).toBe(300);
    coverage.clear();
    expect(coverage.asked).toBe(0);
    coverage.observe(keysOf(watchedNumbers), 0, 10);
    coverage.advance(day + 9 * PERIOD_DAYS);
    expect(coverage.asked).toBe(0);
  });
});

describe('a snapshot', () => {
  it('brings back what was asked, of both periods', () => {
    const coverage = seen(watchedNumbers.subarray(0, 500));
    coverage.advance(PERIOD_DAYS);
    coverage.observe(keysOf(watchedNumbers.subarray(400)), 0, 600);
    const restored = new Coverage(sample);
    expect(restored.merge(coverage.snapshot())).toBe(true);
    expect(restored.asked).toBe(1000);
    expect(isSame(restored.snapshot(), coverage.snapshot())).toBe(true);
    restored.advance(2 * PERIOD_DAYS);
    expect(restored.asked).toBe(600);
  });

  it('of several servers makes one union, in any order', () => {
    const parts = [0, 1, 2].map((i) => seen(watchedNumbers.subarray(i * 300, i * 300 + 400)));
    const all = seen(watchedNumbers.subarray(0, 1000)).snapshot();
    for (const order of [parts, parts.toReversed()]) {
      const union = new Coverage(sample);
      for (const part of order) union.merge(part.snapshot());
      expect(isSame(union.snapshot(), all)).toBe(true);
    }
  });

  it('of an older period does not come back to life', () => {
    const old = seen(watchedNumbers.subarray(0, 100));
    const coverage = new Coverage(sample);
    coverage.advance(PERIOD_DAYS);
    expect(coverage.merge(old.snapshot())).toBe(true);
    expect(coverage.asked).toBe(100);
    coverage.advance(2 * PERIOD_DAYS);
    expect(coverage.asked).toBe(0);
    expect(coverage.merge(old.snapshot())).toBe(true);
    expect(coverage.asked).toBe(0);
  });

  it('is bounded, and moves with the count of changes', () => {
    const coverage = seen(numbers);
    expect(coverage.snapshot().length).toBeLessThan(1024 * 1024);
    const { changes } = coverage;
    coverage.observe(keys, 0, numbers.length);
    expect(coverage.changes).toBe(changes);
    coverage.clear();
    expect(coverage.changes).not.toBe(changes);
    expect(isSame(coverage.snapshot(), new Coverage(sample).snapshot())).toBe(true);
  });

  it('that is damaged or of another secret adds nothing', () => {
    const snapshot = seen(watchedNumbers.subarray(0, 50)).snapshot();
    const coverage = seen(watchedNumbers.subarray(50, 60));
    const before = coverage.snapshot();
    const changed = (at: number): Uint8Array => snapshot.with(at, 0xee);
    const bad = [
      ...[0, 1, 3, 4, 27, 28, snapshot.length - 1, snapshot.length - 20].map((length) =>
        snapshot.subarray(0, length),
      ),
      // Magic, version, fingerprint, both counts, a rank beyond the last.
      ...[0, 4, 8, 12, 20, 24, 31].map(changed),
      new Uint8Array([...snapshot, 0, 0, 0, 0]),
      seen(watchedNumbers, sampleOf(2)).snapshot(),
    ];
    for (const bytes of bad) expect(coverage.merge(bytes)).toBe(false);
    expect(isSame(coverage.snapshot(), before)).toBe(true);
  });
});

describe('the list', () => {
  it('is known by its watched numbers, whatever else is in it', () => {
    const entries = [...numbers.subarray(0, 20_000), 33_123_456_789, 78_001_234];
    const words = new Uint32Array(entries.flatMap((key) => [key % WORD, key / WORD]));
    const builder = new ListedSampleBuilder(sample);
    builder.add(words.subarray(0, 20_000));
    builder.add(words.subarray(10_000)); // a list that has some of them again
    const list = builder.build();
    const watched = numbers.subarray(0, 20_000).filter((key) => isWatched(key, sample));
    expect(list.watched).toBe(watched.length);
    expect(list.groups.listed.length).toBe(sample.groups.length);
    const inGroups = (list.groups.listed as Uint16Array).reduce((sum, count) => sum + count, 0);
    expect(inGroups).toBe(20_000);
    const asked = numbers.subarray(10_000, 40_000);
    const { listed, numbersTold, toldShare } = seen(asked).judge(list);
    const both = asked.subarray(0, 10_000).filter((key) => isWatched(key, sample));
    expect(listed.found).toBe(both.length);
    expect(numbersTold).toBe(both.length * 32);
    expect(toldShare).toBeCloseTo(both.length / watched.length);
  });

  it('that is empty convicts nobody', () => {
    const list = new ListedSampleBuilder(sample).build();
    const { walk, toldShare } = seen(numbers).judge(list);
    expect({ walk, toldShare }).toEqual({ walk: undefined, toldShare: 0 });
  });
});
