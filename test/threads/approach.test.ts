import { describe, expect, it } from 'vitest';
import type { ListSet } from '#tacet/engine/list-set.js';
import { Random } from '#tacet/sample/random.js';
import type { MatchPool } from '#tacet/threads/pool.js';
import type { Approach } from '#tacet/verdict/approach.js';
import { encodeKeys, encodeOptInDays, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { FIELD_REASONS } from '#tacet/wire/response.js';
import { decodeResponse } from '#tacet/wire/response-reader.js';
import { CONTEXT, setOf, startPool, TODAY } from './fixture.ts';
import { APPROACHES, reasonFor, verdictFor } from './reasons.ts';

const FIRST = 32_475_000_000;

/** Mobile numbers, every other one, and numbers that are listed whatever they are; 0 = undated. */
const LIST = new Map([
  ...Array.from({ length: 2000 }, (_, i): [number, number] => [
    FIRST + i * 2,
    i % 4 === 0 ? 0 : TODAY - (i % 12),
  ]),
  [1, TODAY - 3],
  [33_612_345_678, TODAY - 3],
  [3_280_012_345, 0],
]);
const LISTED_ODD = [1, 33_612_345_678, 3_280_012_345];
/** On no list: special, foreign, outside the plan, too short, nothing. */
const ODD = [3_280_012_346, 33_612_345_679, 3_217_123_456, 2, 0];

/** A batch and what must be answered, by the plain reference. */
function question(random: Random, count: number, approach: Approach, hasOptIns: boolean) {
  const keys = Array.from({ length: count }, () =>
    random.chance(0.7) ? FIRST + random.below(4100) : random.pick([...ODD, ...LISTED_ODD]),
  );
  const optIns = keys.map(() =>
    hasOptIns ? random.pick([0, TODAY - 12, TODAY - 3, TODAY, TODAY + 1, 0xffff_ffff]) : 0,
  );
  const reasons = keys.map((key, i) =>
    reasonFor(approach, key, { registered: LIST.get(key), optIn: optIns[i] ?? 0, today: TODAY }),
  );
  const verdicts = reasons.map(verdictFor);
  const isDated = (_: number, i: number) => verdicts[i] === 2 || verdicts[i] === 3;
  const days = keys.filter(isDated).map((key) => LIST.get(key) ?? 0);
  const counts = [0, 1, 2, 3, 4, 5, 6].map((verdict) => verdicts.filter((v) => v === verdict));
  const packed = hasOptIns ? encodeOptInDays(optIns) : Buffer.alloc(0);
  return {
    integers: Buffer.concat([encodeKeys(keys.map(BigInt)), packed]),
    // An unread text says why by itself, so there is none without a key; see `reasons.test.ts`.
    texts: Buffer.concat([encodePhoneNumbers(keys.map((key) => `+${key || ''}`)), packed]),
    hasUnread: keys.includes(0),
    expected: { verdicts, reasons, days, counts: counts.map(({ length }) => length) },
  };
}

/** What is told of a batch before its answer is out: the verdicts of the list. */
async function witnessed(pool: MatchPool, set: ListSet, request: Buffer, approach: Approach) {
  let verdicts: number[] = [];
  await pool.answer(
    request,
    set,
    { ...CONTEXT, approach },
    {
      optionsAllowed: false,
      witness: ({ memory, verdicts: at, count }) => {
        verdicts = [...new Uint8Array(memory, at, count)];
      },
    },
  );
  return verdicts;
}

async function answerOf(
  pool: MatchPool,
  set: ListSet,
  request: Buffer,
  context: { approach: Approach; asksReasons: boolean; registrationDays: boolean },
) {
  const reasonsField = context.asksReasons ? FIELD_REASONS : 0;
  const whole = { ...CONTEXT, ...context, reasonsField } as const;
  const { body, counts } = await pool.answer(request, set, whole, { optionsAllowed: false });
  const { verdicts, reasons, registeredDays } = decodeResponse(body);
  const lists = { verdicts: [...verdicts], reasons: [...reasons], days: [...registeredDays] };
  return { ...lists, counts: [...counts] };
}

describe.each(['wasm', 'mapped'] as const)('purpose and channel, kernel %s', (kernel) => {
  describe.each([
    ['inline', 1 << 20],
    ['from a worker', 0],
  ] as const)('%s', (_, inlineBytesMax) => {
    it('give verdicts, days and counts by the rules, in slots used again (seed 3)', async () => {
      const random = new Random(3, 0);
      const pool = startPool({ inlineBytesMax, workers: 1, batchesMax: 1 });
      const set = await setOf(LIST, kernel);
      expect(await pool.load(set)).toBe(kernel);
      const seen = new Set<number>();
      for (const count of [1, 5, 40, 1100, 3]) {
        for (const approach of APPROACHES) {
          for (const hasOptIns of [false, true]) {
            const asked = question(random, count, approach, hasOptIns);
            const { expected } = asked;
            for (const reason of expected.reasons) seen.add(reason);
            for (const asksReasons of [false, true]) {
              const registrationDays = random.chance(0.5);
              const answer = {
                ...expected,
                ...(!asksReasons && { reasons: [] }),
                ...(!registrationDays && { days: [] }),
              };
              const context = { approach, asksReasons, registrationDays };
              const seed = `${count} ${JSON.stringify(context)}`;
              expect(await answerOf(pool, set, asked.integers, context), seed).toEqual(answer);
              if (asksReasons && asked.hasUnread) continue;
              expect(await answerOf(pool, set, asked.texts, context), seed).toEqual(answer);
            }
          }
        }
      }
      expect([...seen].sort((a, b) => a - b)).toEqual([
        ...[1, 2, 3, 4, 10, 11, 12, 13, 15, 20, 21, 30, 32, 39],
      ]);
    });

    it('are not what a witness sees: it is told what the list says', async () => {
      const pool = startPool({ inlineBytesMax, workers: 1, batchesMax: 1 });
      const set = await setOf(LIST, kernel);
      await pool.load(set);
      // Listed and its opt-in later, listed, not listed, foreign.
      const keys = [FIRST + 2, FIRST + 2, FIRST + 1, 33_612_345_679];
      const optIns = encodeOptInDays([TODAY, 0, TODAY - 12, TODAY - 12]);
      const request = Buffer.concat([encodeKeys(keys.map(BigInt)), optIns]);
      for (const approach of APPROACHES) {
        expect(await witnessed(pool, set, request, approach)).toEqual([3, 2, 1, 4]);
      }
    });
  });
});
