import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ThreadJudge } from '#tacet/contacts/judge/thread-judge.js';
import { KEYS_MAX, openThreadJudge, prepareLocalJudge } from '#tacet/engine/local-judge.js';
import { KERNEL_NAMES } from '#tacet/list/list.js';
import { writeListFile } from '#tacet/list/write.js';
import { Random } from '#tacet/sample/random.js';
import { openListSet } from '#tacet/threads/list-set.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';
import { afterTest, LAYOUT, TODAY, temporaryFolder } from '../threads/fixture.ts';
import { reasonOf } from '../threads/reasons.ts';

const DAYS = new Map([
  [1, TODAY - 10],
  [3_222_345_678, TODAY - 10],
  [32_475_000_000, TODAY - 10],
  [32_475_000_002, 0],
  [33_612_345_678, TODAY - 5],
  [999_999_999_999_999, TODAY - 5],
]);

/** Matching of a list file, on a second thread's place so that the first is not mistaken for it. */
async function judgeOver(kernel: 'auto' | 'wasm' | (typeof KERNEL_NAMES)[number]) {
  const path = join(temporaryFolder(), 'list.tacet');
  const sorted = [...DAYS].sort(([a], [b]) => a - b);
  await writeListFile(path, {
    name: 'dncm',
    snapshotDay: TODAY - 1,
    layout: LAYOUT,
    sourceSha256: '0'.repeat(64),
    numbers: BigUint64Array.from(sorted, ([key]) => BigInt(key)),
    days: Uint16Array.from(sorted, ([, day]) => day),
  });
  const set = await openListSet([path], { kernel });
  afterTest(() => set.close());
  const run = { todayDay: TODAY, approach: USUAL_APPROACH, registers: undefined };
  const data = await prepareLocalJudge(set, { threads: 2, ...run });
  expect(data.source.index === undefined).toBe(kernel !== 'auto' && kernel !== 'wasm');
  return openThreadJudge(data, 1);
}

function write(judge: ThreadJudge, keys: readonly number[], optIns: readonly number[] = []): void {
  keys.forEach((key, i) => {
    judge.words[i * 2] = key % 2 ** 32;
    judge.words[i * 2 + 1] = Math.floor(key / 2 ** 32);
    judge.optInDays[i] = optIns[i] ?? 0;
  });
}

describe.each(['auto', 'wasm', ...KERNEL_NAMES] as const)(
  'judging on this thread, %s',
  (kernel) => {
    it('gives the reason of every key, with and without opt-ins', async () => {
      const keys = [32_475_000_000, 32_475_000_001, 32_475_000_002, 33_612_345_679, 0, 1, 2];
      const judge = await judgeOver(kernel);
      write(judge, keys, [TODAY - 9, TODAY - 9, TODAY, 0, 0, TODAY + 1, 0]);
      expect([...judge.reasons(keys.length, false)]).toEqual([10, 1, 10, 20, 30, 10, 32]);
      expect([...judge.reasons(keys.length, true)]).toEqual([2, 1, 13, 20, 30, 12, 32]);
      expect([...judge.reasons(0, true)]).toEqual([]);
    });

    it.each([1, 2])('says what a plain reference says, seed %i', async (seed) => {
      const random = new Random(seed, 3);
      const listed = [...DAYS.keys()];
      const keys = Array.from({ length: KEYS_MAX }, () =>
        random.chance(0.4) ? random.pick(listed) : random.below(10 ** random.between(1, 15)),
      );
      const optIns = keys.map(() => random.pick([0, 1, TODAY - 10, TODAY - 9, TODAY, TODAY + 1]));
      const judge = await judgeOver(kernel);
      write(judge, keys, optIns);
      const without = keys.map((key) => reasonOf(key, { registered: DAYS.get(key), today: TODAY }));
      expect([...judge.reasons(KEYS_MAX, false)]).toEqual(without);
      const withOptIns = keys.map((key, i) =>
        reasonOf(key, { registered: DAYS.get(key), optIn: optIns[i] ?? 0, today: TODAY }),
      );
      expect([...judge.reasons(KEYS_MAX, true)]).toEqual(withOptIns);
    });
  },
);
