import { describe, expect, it } from 'vitest';
import { IndexCopy } from '#tacet/engine/index-copy.js';
import { ALL_LISTS } from '#tacet/engine/judge.js';
import type { KernelIndex } from '#tacet/engine/kernel-list.js';
import { type KernelMemory, loadKernelMemory } from '#tacet/engine/kernel-memory.js';
import { KERNEL_SCRATCH_BYTES, WasmKernel } from '#tacet/engine/wasm-kernel.js';
import { Random } from '#tacet/sample/random.js';
import { type Answer, askObvious, type Question, type Registrations, useLists } from './lists.ts';

const MOBILE = 32_475_123_456;
const FIXED = 3_222_345_678;
const SENTINEL = 0xee;
/** Room behind the index for a question of 20,000 keys and its answer. */
const RESERVED_BYTES = 1 << 20;
/** One for all tests, as in a server: every list overwrites the one before. */
const COPY = new IndexCopy();

const setOf = (list: Registrations | readonly Registrations[]): readonly Registrations[] =>
  'get' in list ? [list] : list;

async function loadList(
  list: Registrations | readonly Registrations[],
  index: KernelIndex,
  mapping: 'auto' | 'shared' = 'auto',
): Promise<KernelMemory> {
  const memory = await useLists(setOf(list), mapping, (handles) =>
    loadKernelMemory(handles, RESERVED_BYTES, index),
  );
  if (memory === undefined) throw new Error('the kernel cannot serve the lists');
  return memory;
}

/** Asks the kernel, keys and days at odd addresses, sentinels around all that it may write. */
function ask(memory: KernelMemory, question: Question): Answer {
  const { keys, optIns, today = 20_779, wantsDays = true, wantsLists = false } = question;
  const { buffer } = memory.memory;
  const count = keys.length;
  const bytes = new Uint8Array(buffer, memory.reserved, RESERVED_BYTES).fill(SENTINEL);
  const view = new DataView(buffer);
  const place = { counts: memory.reserved, scratch: memory.reserved + 64, keys: 0 };
  place.keys = place.scratch + KERNEL_SCRATCH_BYTES + 1;
  const optInsAt = place.keys + count * 8 + 1;
  const verdicts = optInsAt + count * 4 + 16;
  const registered = verdicts + count + 17;
  const matched = registered + count * 4 + 17;
  keys.forEach((key, i) => {
    view.setBigUint64(place.keys + i * 8, key, true);
  });
  optIns?.forEach((day, i) => {
    view.setUint32(optInsAt + i * 4, day, true);
  });
  const listed = new WasmKernel(memory).judge({
    ...place,
    count,
    optIns: optIns === undefined ? 0 : optInsAt,
    todayDay: today,
    verdicts,
    registered: wantsDays ? registered : 0,
    matched: wantsLists ? matched : 0,
    lists: question.lists ?? ALL_LISTS,
  });
  const column = (at: number, isWanted: boolean): number[] =>
    Array.from({ length: isWanted ? listed : 0 }, (_, i) => view.getUint32(at + i * 4, true));
  const days = column(registered, wantsDays);
  const lists = column(matched, wantsLists);
  const around = [
    ...bytes.subarray(verdicts - memory.reserved - 16, verdicts - memory.reserved),
    ...bytes.subarray(verdicts - memory.reserved + count, registered - memory.reserved),
    ...bytes.subarray(registered - memory.reserved + days.length * 4, matched - memory.reserved),
    ...bytes.subarray(matched - memory.reserved + lists.length * 4).subarray(0, 1000),
  ];
  if (around.some((byte) => byte !== SENTINEL)) throw new Error('it wrote beyond its place');
  return {
    verdicts: [...new Uint8Array(buffer, verdicts, count)],
    days,
    matched: lists,
    counts: [...new Uint32Array(buffer, place.counts, 6), 0, 0],
  };
}

/**
 * The question without days and opt-ins, with both, with opt-ins alone, and with lists; also put to
 * a thread's own copy of the index.
 */
async function expectObvious(
  memory: KernelMemory,
  list: Registrations | readonly Registrations[],
  keys: bigint[],
  seed = '',
): Promise<void> {
  const own = await COPY.fill(memory, RESERVED_BYTES);
  expect(own?.memory.buffer).toBeInstanceOf(ArrayBuffer);
  if (own === undefined) return;
  const optIns = keys.map((_, i) => [0, 19_999, 20_001, 20_779, 20_780, 0xffff_ffff][i % 6] ?? 0);
  const lists = setOf(list);
  for (const question of [
    { keys, wantsDays: false },
    { keys, optIns },
    { keys, optIns, wantsDays: false },
    { keys },
    { keys, wantsDays: false, wantsLists: true },
    { keys, optIns, wantsLists: true },
    ...lists.map((_, at) => ({ keys, optIns, wantsLists: true, lists: 1 << at })),
  ]) {
    const obvious = askObvious(lists, question);
    expect(ask(memory, question), seed).toEqual(obvious);
    expect(ask(own, question), seed).toEqual(obvious);
  }
}

describe.each(['bitmap', 'directory'] as const)('the WebAssembly kernel over a %s', (index) => {
  it.each(['auto', 'shared'] as const)(
    'gives every number its verdict, mapping %s',
    async (mapping) => {
      const list = new Map([
        [FIXED, 20_000],
        [MOBILE, 0],
        [33_123_456_789, 19_000],
        [3_280_012_345, 18_000],
        [1, 17_000],
        [491_511_234_567, 20_001],
        [999_999_999_999_999, 16_000],
      ]);
      const keys = [
        ...[FIXED, FIXED + 1, MOBILE, MOBILE + 1, 33_123_456_789, 33_123_456_788, 3_280_012_345],
        ...[3_280_012_346, 1, 2, 0, 999_999_999_999_999, 999_999_999_999_998, 491_511_234_567],
        ...[491_511_234_568, 3_200_000_000, 3_299_999_999, 32_449_999_999, 32_450_000_000],
        ...[32_499_999_999, 32_500_000_000, 999_999, 1_000_000, 68_719_476_735, 68_719_476_736],
      ].map(BigInt);
      keys.push(
        10n ** 15n,
        BigInt(FIXED) + 2n ** 53n,
        BigInt(MOBILE) + (1n << 63n),
        2n ** 64n - 1n,
      );
      keys.push(BigInt(FIXED) + (1n << 36n), BigInt(FIXED) + (1n << 32n));
      await expectObvious(await loadList(list, index, mapping), list, keys);
    },
  );

  it('serves a list of which every number is beyond the directory', async () => {
    const list = new Map([
      [68_719_476_736, 20_000],
      [491_511_234_567, 0],
    ]);
    const keys = [68_719_476_736n, 491_511_234_567n, 68_719_476_737n, BigInt(FIXED), 0n];
    await expectObvious(await loadList(list, index), list, keys);
  });

  it.each([0, 1, 15, 16, 17, 1023, 1024, 1025, 4099])('answers all of %i keys', async (count) => {
    const list = new Map<number, number>([[FIXED, 9]]);
    for (let i = 0; i < count; i += 3) list.set(MOBILE + i, 1 + i);
    const keys = Array.from({ length: count }, (_, i) => BigInt(MOBILE + i));
    await expectObvious(await loadList(list, index), list, keys);
  });

  // From a key every few buckets to buckets that are full, even and clustered.
  it.each([0.0005, 0.004, 0.03, 0.06, 0.1, 0.3, 0.7, 1])(
    'finds all and only what is listed at density %d',
    async (density) => {
      const random = new Random(Math.round(density * 1e6), 7);
      const list = new Map<number, number>();
      for (let i = 0; i < 40_000; i++) {
        // Half of the range clustered at the bottom of each bucket, so that no place is
        // proportional.
        const key = i < 20_000 ? MOBILE + i : MOBILE + 65_536 + (i >> 4) * 256 + (i & 15);
        if (random.chance(density)) list.set(key, 1 + random.below(20_779));
      }
      list.set(FIXED, 5);
      const memory = await loadList(list, index);
      for (let from = 0; from < 40_000; from += 10_000) {
        const keys = Array.from({ length: 10_000 }, (_, i) => {
          const index = from + i;
          return BigInt(
            index < 20_000 ? MOBILE + index : MOBILE + 65_536 + (index >> 4) * 256 + (index % 37),
          );
        });
        await expectObvious(memory, list, keys, `density ${density}`);
      }
    },
  );

  it('agrees on random lists and random questions', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed, 7);
      const span = 10 ** (2 + (seed % 5));
      const bases = [MOBILE, FIXED, 33_100_000_000, 68_719_470_000, 440_000_000_000];
      const draw = (): number => (bases[random.below(bases.length)] ?? 0) + random.below(span);
      const list = new Map<number, number>();
      for (let i = 0; i < 3000; i++) list.set(draw(), random.below(20_780));
      const listed = [...list.keys()];
      const keys = Array.from({ length: 5000 }, () =>
        BigInt(random.chance(0.4) ? (listed[random.below(listed.length)] ?? 0) : draw()),
      );
      await expectObvious(await loadList(list, index), list, keys, `seed ${seed}`);
    }
  });
});

/** Two or three lists that overlap, of unknown days too, and numbers to ask. */
function severalOf(seed: number): { lists: Map<number, number>[]; keys: bigint[] } {
  const random = new Random(seed, 8);
  const span = 10 ** (2 + (seed % 4));
  const bases = [MOBILE, FIXED, 33_100_000_000, 68_719_470_000, 440_000_000_000];
  const draw = (): number => random.pick(bases) + random.below(span);
  const lists = Array.from({ length: 2 + (seed % 2) }, (_, at) => {
    const list = new Map<number, number>();
    for (let i = 0; i < 2500; i++) {
      // One of them knows no day of a third of its numbers.
      const day = at === 1 && random.chance(0.3) ? 0 : 19_900 + random.below(200);
      list.set(draw(), day);
    }
    return list;
  });
  const [first, second] = lists;
  if (first === undefined || second === undefined) throw new Error('two lists or three');
  for (const key of [...first.keys()].slice(0, 800)) second.set(key, random.pick([0, 20_100]));
  const listed = lists.flatMap((list) => [...list.keys()]);
  const keys = Array.from({ length: 5000 }, () =>
    BigInt(random.chance(0.4) ? random.pick(listed) : draw()),
  );
  return { lists, keys };
}

describe.each(['auto', 'bitmap', 'directory'] as const)('several lists, each a %s', (index) => {
  it('are one verdict, by the day that speaks most against calling', async () => {
    const lists = [
      new Map([
        [MOBILE, 20_000],
        [MOBILE + 1, 20_000],
        [MOBILE + 2, 0],
        [68_719_476_736, 20_000],
      ]),
      new Map([
        [MOBILE + 1, 20_100],
        [MOBILE + 2, 20_100],
        [FIXED, 20_100],
        [68_719_476_736, 0],
      ]),
    ];
    const keys = [MOBILE, MOBILE + 1, MOBILE + 2, MOBILE + 3, FIXED, 68_719_476_736].map(BigInt);
    const memory = await loadList(lists, index);
    const optIns = keys.map(() => 20_050);
    expect(ask(memory, { keys, optIns, wantsLists: true })).toEqual({
      verdicts: [3, 2, 2, 1, 2, 2],
      days: [20_000, 20_100, 0, 20_100, 0],
      matched: [1, 3, 3, 2, 3],
      counts: [0, 1, 4, 1, 0, 0, 0, 0],
    });
    // Of the second alone.
    expect(ask(memory, { keys, optIns, wantsLists: true, lists: 2 })).toEqual({
      verdicts: [1, 2, 2, 1, 2, 2],
      days: [20_100, 20_100, 20_100, 0],
      matched: [1, 1, 1, 1],
      counts: [0, 2, 4, 0, 0, 0, 0, 0],
    });
  });

  it('agree with the rules on random lists and random questions', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const { lists, keys } = severalOf(seed);
      await expectObvious(await loadList(lists, index), lists, keys, `seed ${seed}`);
    }
  });
});

describe('the index of the WebAssembly kernel', () => {
  const every = (gap: number, count: number): Registrations =>
    new Map(Array.from({ length: count }, (_, i) => [MOBILE + i * gap, 1]));

  it('is a bitmap where the numbers lie close together', async () => {
    expect((await loadList(every(50, 20_000), 'auto')).indexes).toEqual(['bitmap']);
  });

  it('is chosen for each of several lists', async () => {
    const lists = [every(512, 12_800), every(50, 20_000)];
    expect((await loadList(lists, 'auto')).indexes).toEqual(['directory', 'bitmap']);
  });

  it('is the directory where a bitmap would take more than 48 bytes an entry', async () => {
    // A page has 10,928 bytes: with 256 numbers in each that is 43 bytes a number, with 128 it is
    // 85.
    expect((await loadList(every(256, 25_600), 'auto')).indexes).toEqual(['bitmap']);
    expect((await loadList(every(512, 12_800), 'auto')).indexes).toEqual(['directory']);
  });
});
