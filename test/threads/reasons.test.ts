import { describe, expect, it } from 'vitest';
import type { ListSet } from '#tacet/engine/list-set.js';
import { Random } from '#tacet/sample/random.js';
import type { BatchContext } from '#tacet/threads/messages.js';
import type { MatchPool } from '#tacet/threads/pool.js';
import { encodeKeys, encodeOptInDays, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { FIELD_BATCH_REASONS, FIELD_REASONS } from '#tacet/wire/response.js';
import { decodeBatchResponse, decodeResponse } from '#tacet/wire/response-reader.js';
import { CONTEXT, setOf, startPool, TODAY } from './fixture.ts';
import { reasonOf } from './reasons.ts';

const FIRST = 32_475_000_000;

/** Of each ten mobile numbers three are on the list, one of them since an unknown day. */
const LIST = new Map(
  Array.from({ length: 3000 }, (_, i) => [
    FIRST + Math.floor(i / 3) * 10 + (i % 3),
    i % 3 === 0 ? 0 : TODAY - 10 - (i % 7),
  ]),
)
  .set(1, TODAY - 3)
  .set(33_612_345_678, TODAY - 3)
  .set(999_999_999_999_999, TODAY - 3);

/** What an answer holds; `bytes`: of the whole answer. */
async function answerOf(
  pool: MatchPool,
  set: ListSet,
  request: Buffer,
  context: Partial<BatchContext>,
) {
  const { body } = await pool.answer(
    request,
    set,
    { ...CONTEXT, ...context },
    { optionsAllowed: true },
  );
  const isBatch = context.reasonsField === FIELD_BATCH_REASONS;
  const { verdicts, reasons, registeredDays } = isBatch
    ? decodeBatchResponse(body)
    : decodeResponse(body);
  return {
    verdicts: [...verdicts],
    reasons: [...reasons],
    days: [...registeredDays],

    bytes: body.length,
  };
}

/** Texts that are no phone number, each with its reason where national writing is Belgian. */
const NO_NUMBERS: readonly (readonly [string, number])[] = [
  ['', 30],
  ['\u00a0', 30],
  ['nobody', 31],
  ['+32', 32],
  ['+1234567890123456', 33],
  ['0475000001 GSM', 34],
  ['0475000001 / 0475000002', 35],
  ['0475000001 ext 12', 36],
  ['4.75E+08', 37],
  ['475000001.0', 38],
  ['+0475000001', 39],
];

interface Asked {
  readonly text: string;
  readonly key: number | bigint;
  /** Of a text that gives no key; 0 = its key decides. */
  readonly unread: number;
}

function randomAsked(random: Random): Asked {
  const kind = random.below(10);
  if (kind === 0) {
    const [text, unread] = random.pick(NO_NUMBERS);
    return { text, key: 0, unread };
  }
  const key =
    kind < 6
      ? FIRST + random.below(10_010)
      : kind < 8
        ? random.pick([...LIST.keys()])
        : odd(random);
  return { text: `+${key}`, key, unread: key === 0 ? 39 : 0 };
}

/** A number of any length, on the list or not; written `+320`, one would lose its zero. */
function odd(random: Random): number {
  const known = [1, 3_280_012_345, 3_217_123_456, 999_123_456_789, 3_247_512_345_678];
  const any = random.between(1, 10 ** random.between(1, 15) - 1);
  return random.chance(0.3) || String(any).startsWith('320') ? random.pick(known) : any;
}

describe.each(['wasm', 'mapped'] as const)('the reasons of a batch, kernel %s', (kernel) => {
  describe.each([
    ['inline', 1 << 20],
    ['from a worker', 0],
  ] as const)('%s', (_, inlineBytesMax) => {
    it.each([1, 2])('are those of a plain reference, seed %i', async (seed) => {
      const random = new Random(seed, 9);
      const pool = startPool({ inlineBytesMax, batchesMax: 2 });
      const set = await setOf(LIST, kernel);
      expect(await pool.load(set)).toBe(kernel);
      const seen = new Set<number>();
      for (const count of [1, 7, 300, 5000, 2]) {
        const asked = Array.from({ length: count }, () => randomAsked(random));
        const optIns = asked.map(() => random.pick([0, TODAY - 12, TODAY - 3, TODAY, TODAY + 1]));
        for (const hasOptIns of [false, true]) {
          for (const isText of [false, true]) {
            const expected = asked.map(({ key, unread }, i) => {
              const registered = LIST.get(Number(key));
              const state = { registered, optIn: hasOptIns ? (optIns[i] ?? 0) : 0, today: TODAY };
              return isText && unread !== 0 ? unread : reasonOf(key, state);
            });
            for (const reason of expected) seen.add(reason);
            const numbers = isText
              ? // A text of a number that has lost its digits gives no key; an integer does.
                encodePhoneNumbers(asked.map(({ text }) => text))
              : encodeKeys(asked.map(({ key }) => BigInt(key)));
            const days = hasOptIns ? [encodeOptInDays(optIns)] : [];
            const request = Buffer.concat([numbers, ...days]);
            const plain = await answerOf(pool, set, request, { registrationDays: true });
            for (const reasonsField of [FIELD_REASONS, FIELD_BATCH_REASONS] as const) {
              for (const registrationDays of [false, true]) {
                const context = { reasonsField, registrationDays };
                const answer = await answerOf(pool, set, request, context);
                expect(answer.reasons).toEqual(expected);
                expect(answer.verdicts).toEqual(plain.verdicts);
                expect(answer.days).toEqual(registrationDays ? plain.days : []);
              }
            }
          }
        }
      }
      // All that can be said of a number where national writing is Belgian, and the text is UTF-8.
      expect([...seen].sort((a, b) => a - b)).toEqual([
        ...[1, 2, 10, 11, 12, 13, 20, 21],
        ...[30, 31, 32, 33, 34, 35, 36, 37, 38, 39],
      ]);
    });
  });

  it('are not in the answer, and take no byte of it, where nobody asks', async () => {
    const pool = startPool();
    const set = await setOf(LIST, kernel);
    await pool.load(set);
    const request = encodeKeys([FIRST, FIRST + 5, 0]);
    // Tag, length and three verdicts; tag, length and one day.
    expect(await answerOf(pool, set, request, {})).toMatchObject({ reasons: [], bytes: 5 });
    const dated = await answerOf(pool, set, request, { registrationDays: true });
    expect(dated).toMatchObject({ reasons: [], bytes: 11 });
    const asked = { reasonsField: FIELD_REASONS } as const;
    expect(await answerOf(pool, set, request, asked)).toMatchObject({ bytes: 10 });
    expect(await answerOf(pool, set, Buffer.alloc(0), asked)).toMatchObject({ bytes: 0 });
  });

  it('of the most numbers, all listed, fit into the slot with the days', async () => {
    const pool = startPool({ numbersMax: 3000, batchesMax: 1 });
    const set = await setOf(LIST, kernel);
    await pool.load(set);
    const keys = [...LIST.keys()].slice(0, 3000);
    const optIns = keys.map(() => TODAY);
    const request = Buffer.concat([encodeKeys(keys), encodeOptInDays(optIns)]);
    const context = {
      numbersMax: 3000,
      registrationDays: true,
      reasonsField: FIELD_REASONS,
    } as const;
    for (let turn = 0; turn < 2; turn++) {
      const { reasons, days } = await answerOf(pool, set, request, context);
      expect(reasons).toEqual(
        keys.map((key) => reasonOf(key, { registered: LIST.get(key), optIn: TODAY, today: TODAY })),
      );
      expect(days).toEqual(keys.map((key) => LIST.get(key)));
    }
  });

  it('of texts are not left to the integers that come behind them', async () => {
    const pool = startPool({ workers: 1, batchesMax: 1 });
    const set = await setOf(LIST, kernel);
    await pool.load(set);
    const context = { reasonsField: FIELD_REASONS } as const;
    const texts = encodePhoneNumbers(['4.75E+08', 'nobody', '']);
    expect((await answerOf(pool, set, texts, context)).reasons).toEqual([37, 31, 30]);
    const integers = encodeKeys([0, 0, 0n, 2n ** 64n - 1n].map(BigInt));
    expect((await answerOf(pool, set, integers, context)).reasons).toEqual([30, 30, 30, 33]);
  });

  it('name national writing elsewhere as such, and bytes as no text', async () => {
    const pool = startPool();
    const set = await setOf(LIST, kernel);
    await pool.load(set);
    const context = { reasonsField: FIELD_REASONS, belgian: false } as const;
    const texts = encodePhoneNumbers(['0475000001', '+32475000001', '+33612345679']);
    const request = Buffer.concat([texts, Buffer.of(0x1a, 3, 0x30, 0xff, 0x31)]);
    expect((await answerOf(pool, set, request, context)).reasons).toEqual([40, 10, 20, 41]);
  });
});
