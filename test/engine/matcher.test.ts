import { describe, expect, it } from 'vitest';
import { ALL_LISTS } from '#tacet/engine/judge.js';
import { Matcher } from '#tacet/engine/matcher.js';
import { KERNEL_NAMES } from '#tacet/list/list.js';
import { Random } from '#tacet/sample/random.js';
import { ask, askObvious, type Engine, matcherOver, type Registrations } from './lists.ts';

const MOBILE = 32_475_123_456;
const FIXED = 3_222_345_678;
const TODAY = 20_779;

const ENGINES: Engine[] = (['auto', 'shared'] as const).flatMap((mapping) =>
  KERNEL_NAMES.map((kernel) => ({ mapping, kernel })),
);

describe.each(ENGINES)('one list, mapping $mapping, kernel $kernel', (engine) => {
  it('gives every number its verdict', async () => {
    const list = new Map([
      [FIXED, 20_000],
      [MOBILE, 0],
      // Listed although it is foreign, special, too short or too long: blocked all the same.
      [33_123_456_789, 19_000],
      [3_280_012_345, 18_000],
      [1, 17_000],
      [999_999_999_999_999, 16_000],
    ]);
    const matcher = await matcherOver([list], engine);
    const keys = [
      ...[FIXED, FIXED + 1, MOBILE, MOBILE + 1, 33_123_456_789, 33_123_456_788, 3_280_012_345],
      ...[3_280_012_346, 1, 2, 0, 999_999_999_999_999, 999_999_999_999_998, MOBILE],
    ].map(BigInt);
    // Beyond 15 digits: also what would be listed, were it cut to 53, 63 or (a Russian one) 36
    // bits.
    const beyond = [10n ** 15n, BigInt(FIXED) + 2n ** 53n, BigInt(MOBILE) + (1n << 63n)];
    beyond.push(2n ** 64n - 1n, 2n ** 53n + 1n, BigInt(FIXED) + (1n << 36n));
    expect(ask(matcher, { keys: [...keys, ...beyond] })).toEqual({
      verdicts: [2, 1, 2, 1, 2, 4, 2, 4, 2, 5, 5, 2, 5, 2, 5, 5, 5, 5, 5, 4],
      days: [20_000, 0, 19_000, 18_000, 17_000, 16_000, 0],
      matched: [],
      counts: [0, 2, 7, 0, 3, 8, 0, 0],
    });
  });

  it('weighs opt-ins against registrations', async () => {
    const matcher = await matcherOver(
      [
        new Map([
          [FIXED, 20_000],
          [MOBILE, 0],
        ]),
      ],
      engine,
    );
    const optIns = [0, 19_999, 20_000, 20_001, TODAY, TODAY + 1, 0xffff_ffff];
    const blockedOrNot = [2, 2, 2, 3, 3, 2, 2];
    const keysOf = (key: number): bigint[] => optIns.map(() => BigInt(key));
    expect(ask(matcher, { keys: keysOf(FIXED), optIns }).verdicts).toEqual(blockedOrNot);
    expect(ask(matcher, { keys: keysOf(MOBILE), optIns }).verdicts).toEqual(optIns.map(() => 2));
    // An opt-in makes nothing else callable, or blocked.
    expect(ask(matcher, { keys: keysOf(FIXED + 1), optIns }).counts).toEqual([
      0, 7, 0, 0, 0, 0, 0, 0,
    ]);
    expect(ask(matcher, { keys: keysOf(0), optIns }).counts).toEqual([0, 0, 0, 0, 0, 7, 0, 0]);
    // The same without days being asked for.
    const question = { keys: keysOf(FIXED), optIns, wantsDays: false };
    expect(ask(matcher, question)).toEqual({
      verdicts: blockedOrNot,
      days: [],
      matched: [],
      counts: [0, 0, 5, 2, 0, 0, 0, 0],
    });
  });

  it.each([0, 1, 4095, 4096, 4097, 8192, 12_289])('answers all of %i keys', async (count) => {
    const list = new Map<number, number>();
    for (let i = 0; i < count; i += 3) list.set(MOBILE + i, 1 + i);
    list.set(FIXED, 9);
    const matcher = await matcherOver([list], engine);
    const keys = Array.from({ length: count }, (_, i) => BigInt(MOBILE + i));
    // Every sixth is listed and opted in, a day late, in time, or in the future.
    const optIns = keys.map((_, i) => (i % 6 === 0 ? i + 1 + (i % 2) : 0));
    for (const question of [{ keys }, { keys, optIns }, { keys, wantsDays: false }]) {
      expect(ask(matcher, question)).toEqual(askObvious([list], question));
    }
  });
});

describe('several lists', () => {
  const national = new Map([
    [MOBILE, 20_000],
    [MOBILE + 1, 20_000],
    [MOBILE + 2, 0],
    [MOBILE + 3, 20_000],
    [MOBILE + 4, 20_000],
  ]);
  const own = new Map([
    [MOBILE + 1, 20_100],
    [MOBILE + 2, 20_100],
    [MOBILE + 3, 0],
    [MOBILE + 4, 19_000],
    [MOBILE + 5, 20_100],
  ]);
  const keys = [0, 1, 2, 3, 4, 5, 6].map((i) => BigInt(MOBILE + i));

  it.each([
    ['one way', [national, own]],
    ['the other', [own, national]],
    ['with one twice', [own, national, own]],
  ])('block a number that is on any, by an unknown day, else the latest: %s', async (_, lists) => {
    const matcher = await matcherOver(lists);
    expect(ask(matcher, { keys })).toEqual({
      verdicts: [2, 2, 2, 2, 2, 2, 1],
      days: [20_000, 20_100, 0, 0, 20_000, 20_100],
      matched: [],
      counts: [0, 1, 6, 0, 0, 0, 0, 0],
    });
    // The opt-in is later than the day on the one list, not than that on the other.
    const optIns = keys.map(() => 20_050);
    expect(ask(matcher, { keys, optIns }).verdicts).toEqual([3, 2, 2, 2, 3, 2, 1]);
    expect(ask(matcher, { keys, wantsDays: false }).verdicts).toEqual([2, 2, 2, 2, 2, 2, 1]);
  });

  it('say which of them a number is on, and those left out do not count', async () => {
    const matcher = await matcherOver([national, own]);
    const question = { keys, wantsDays: false, wantsLists: true };
    expect(ask(matcher, question).matched).toEqual([1, 3, 3, 3, 3, 2]);
    const asked = ask(matcher, { ...question, lists: 0b10, wantsDays: true });
    expect(asked.verdicts).toEqual([1, 2, 2, 2, 2, 2, 1]);
    expect(asked.days).toEqual([20_100, 20_100, 0, 19_000, 20_100]);
    expect(asked.matched).toEqual([1, 1, 1, 1, 1]);
  });

  it('are at least one', () => {
    expect(() => new Matcher([])).toThrow('a verdict needs a list');
  });
});

describe('what is asked one after the other', () => {
  it('is answered by what was asked last, and counted on top', async () => {
    const matcher = await matcherOver([new Map([[MOBILE, 20_000]])]);
    const many = Array.from({ length: 5000 }, () => BigInt(MOBILE));
    expect(ask(matcher, { keys: many }).counts[2]).toBe(5000);
    expect(ask(matcher, { keys: [0n, BigInt(FIXED)] }).verdicts).toEqual([5, 1]);
    const counts = new Int32Array(6).fill(10);
    const words = Uint32Array.of(MOBILE % 2 ** 32, Math.floor(MOBILE / 2 ** 32));
    const none = { registeredDays: undefined, matchedLists: undefined };
    const answer = { verdicts: new Uint8Array(1), offset: 0, ...none, counts };
    const query = { words, count: 1, optInDays: undefined, todayDay: TODAY, lists: ALL_LISTS };
    expect(matcher.match(query, answer)).toBe(0);
    expect([...counts]).toEqual([10, 10, 11, 10, 10, 10]);
  });
});

/** Numbers of all kinds, so few of each that lists and questions meet. */
function randomKey(random: Random): number {
  switch (random.below(7)) {
    case 0:
      return 3_200_000_000 + random.below(100_000_000);
    case 1:
      return 32_400_000_000 + random.below(100_000_000);
    case 2:
      return random.pick([33, 44, 49, 1, 352]) * 10 ** 9 + random.below(500);
    case 3:
      return random.pick([3_280_010_000, 3_290_000_000, 3_270_250_000]) + random.below(500);
    case 4:
      return random.below(500);
    default:
      return random.pick([32_475_000_000, 3_222_222_222]) + random.below(3000);
  }
}

describe.each(ENGINES)('an obvious implementation, mapping $mapping, kernel $kernel', (engine) => {
  it.each([1, 2, 3, 4, 5, 6])('says the same of 20,000 random questions, seed %i', async (seed) => {
    const random = new Random(seed, 1);
    const randomDay = () => random.pick([0, 1, 20_000 + random.below(800), TODAY, 65_535]);
    const lists: Registrations[] = Array.from({ length: 1 + (seed % 3) }, () => {
      const size = random.between(1, 4000);
      const list = new Map(Array.from({ length: size }, () => [randomKey(random), randomDay()]));
      list.delete(0);
      return list.set(1, 1);
    });
    const matcher = await matcherOver(lists, engine);
    const keys = Array.from({ length: 20_000 }, () =>
      random.chance(0.01)
        ? (BigInt(random.next()) << 32n) | BigInt(random.next()) | (1n << 50n)
        : BigInt(randomKey(random)),
    );
    const optIns = keys.map(() => random.pick([0, 0, 20_000 + random.below(900), random.next()]));
    const question = {
      keys,
      today: TODAY,
      wantsDays: seed % 2 === 0,
      wantsLists: seed > 2,
      // One of the lists does not count.
      ...(seed === 5 && { lists: 0b101 }),
      ...(seed % 3 === 0 ? {} : { optIns }),
    };
    const answer = ask(matcher, question);
    expect(answer).toEqual(askObvious(lists, question));
    // Every verdict that can occur does.
    expect(answer.counts.slice(1, 6).filter((count) => count > 20)).toHaveLength(
      seed % 3 === 0 ? 4 : 5,
    );
  });
});
