import { describe, expect, it } from 'vitest';
import { parseIsoDay } from '#tacet/calendar/day.js';
import * as phone from '#tacet/phone/reasons.js';
import { Random } from '#tacet/sample/random.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';
import { writeReasons } from '#tacet/verdict/batch-reasons.js';
import {
  REASON_NAMES,
  reasonOfUnlistedKey,
  reasonOfUnread,
  VERDICT_OF_REASON,
  verdictOfReason,
} from '#tacet/verdict/reason.js';
import { reasonOfListed, verdictOfListed } from '#tacet/verdict/rules.js';
import { ask, matcherOver } from '../engine/lists.ts';

// biome-ignore format: a table
const REASONS: readonly (readonly [reason: number, verdict: number, printed: string])[] = [
  [1, 1, 'not-listed'], [2, 3, 'opt-in-later'], [3, 6, 'service-call'], [4, 3, 'opt-in-given'],
  [10, 2, 'listed'], [11, 2, 'opt-in-not-later'], [12, 2, 'opt-in-in-future'],
  [13, 2, 'registration-undated'], [14, 2, 'objection'], [15, 2, 'channel-needs-opt-in'],
  [20, 4, 'foreign'], [21, 4, 'special-number'],
  [30, 5, 'empty'], [31, 5, 'no-digits'], [32, 5, 'too-short'], [33, 5, 'too-long'],
  [34, 5, 'bad-character'], [35, 5, 'several-numbers'], [36, 5, 'extension'],
  [37, 5, 'scientific'], [38, 5, 'decimal'], [39, 5, 'not-in-plan'],
  [40, 5, 'national-writing'], [41, 5, 'bad-utf8'],
];

describe('a reason', () => {
  it.each(REASONS)('%i has verdict %i and is printed %s', (reason, verdict, printed) => {
    expect(verdictOfReason(reason)).toBe(verdict);
    expect(VERDICT_OF_REASON[reason]).toBe(verdict);
    expect(REASON_NAMES[reason]).toBe(printed);
  });

  it('has one of these values, and nothing else has a verdict or a name', () => {
    const values = new Set(REASONS.map(([reason]) => reason));
    for (let value = -1; value <= 300; value++) {
      if (values.has(value)) continue;
      expect(() => verdictOfReason(value), `${value}`).toThrow(RangeError);
      expect(VERDICT_OF_REASON[value] ?? 0, `${value}`).toBe(0);
      expect(REASON_NAMES[value] ?? '', `${value}`).toBe('');
    }
    expect(() => verdictOfReason(1.5)).toThrow(RangeError);
    expect(() => verdictOfReason(Number.NaN)).toThrow(RangeError);
  });
});

const NONE = '';
const dayOf = (date: string): number => (date === NONE ? 0 : parseIsoDay(date));

describe('a number on the list', () => {
  // Today is 22 November 2026.
  it.each([
    ['2020-05-01', NONE, 'listed'],
    ['2020-05-01', '2020-05-02', 'opt-in-later'],
    ['2020-05-01', '2026-11-22', 'opt-in-later'],
    ['2020-05-01', '2026-11-23', 'opt-in-in-future'],
    ['2020-05-01', '2020-05-01', 'opt-in-not-later'],
    ['2020-05-01', '2020-04-30', 'opt-in-not-later'],
    ['2026-11-22', '2026-11-22', 'opt-in-not-later'],
    ['2026-11-22', '2026-11-23', 'opt-in-in-future'],
    [NONE, NONE, 'listed'],
    [NONE, '2020-05-01', 'registration-undated'],
    [NONE, '2026-11-23', 'registration-undated'],
  ])('registered %s, opted in %s: %s', (registered, optIn, expected) => {
    const reason = reasonOfListed(dayOf(registered), dayOf(optIn), parseIsoDay('2026-11-22'));
    expect(REASON_NAMES[reason]).toBe(expected);
  });

  it('has the verdict of its reason, for all small days and the greatest', () => {
    const days = [0, 1, 2, 3, 4, 5, 65_535, 0xffff_ffff];
    for (const registered of days) {
      for (const optIn of days) {
        for (const today of days) {
          const reason = reasonOfListed(registered, optIn, today);
          const verdict = verdictOfListed(registered, optIn, today);
          expect(verdictOfReason(reason), `${registered} ${optIn} ${today}`).toBe(verdict);
        }
      }
    }
  });
});

describe('a key that is on no list', () => {
  it.each([
    [32_475_123_456, 'not-listed', 'mobile'],
    [3_222_345_678, 'not-listed', 'fixed'],
    [3_280_012_345, 'special-number', 'toll free'],
    [3_290_001_234, 'special-number', 'premium'],
    [33_612_345_678, 'foreign', 'French'],
    [3_361_234, 'foreign', 'the shortest of a foreign plan'],
    [336_123_456_789_012, 'foreign', 'the longest'],
    [0, 'empty', 'nothing'],
    [1, 'too-short', 'one digit'],
    [32, 'too-short', 'the country code alone'],
    [321_234_567, 'too-short', 'seven national digits'],
    [3_217_123_456, 'not-in-plan', 'eight national digits that nobody has'],
    [32_412_345_678, 'not-in-plan', 'nine that do not begin as a mobile'],
    [320_475_123_456, 'too-long', 'ten national digits'],
    [32_475_123_456_789, 'too-long', 'twelve'],
    [999_999, 'too-short', 'six digits in all'],
    [336_123, 'too-short', 'six foreign digits'],
    [999_123_456_789, 'not-in-plan', 'a country code that nobody has'],
    [2_101_234_567, 'not-in-plan', 'another'],
    [10 ** 15, 'too-long', '16 digits'],
    [2 ** 64, 'too-long', 'more than a key holds'],
    [Number.NaN, 'too-long', 'no number at all'],
  ])('%d: %s, %s', (key, expected) => {
    expect(REASON_NAMES[reasonOfUnlistedKey(key)]).toBe(expected);
  });
});

describe('a text that gave no key', () => {
  it.each([
    [phone.EMPTY, 'empty'],
    [phone.NO_DIGITS, 'no-digits'],
    [phone.TOO_SHORT, 'too-short'],
    [phone.TOO_LONG, 'too-long'],
    [phone.BAD_CHARACTER, 'bad-character'],
    [phone.SEVERAL_NUMBERS, 'several-numbers'],
    [phone.EXTENSION, 'extension'],
    [phone.SCIENTIFIC, 'scientific'],
    [phone.DECIMAL_NUMBER, 'decimal'],
    [phone.LEADING_ZERO, 'not-in-plan'],
    [phone.NATIONAL_WRITING, 'national-writing'],
    [phone.BAD_UTF8, 'bad-utf8'],
    [-99, 'bad-character'],
    [0, 'bad-character'],
    [32_475_123_456, 'bad-character'],
  ])('for reason %i is %s', (phoneReason, expected) => {
    expect(REASON_NAMES[reasonOfUnread(phoneReason)]).toBe(expected);
  });
});

describe('the reasons of a batch', () => {
  const TODAY = 20_779;
  const list = new Map([
    [32_475_000_000, 20_000],
    [32_475_000_002, 0],
    [33_612_345_678, 20_000],
    [1, 20_000],
  ]);
  const keys = [
    ...[32_475_000_000, 32_475_000_001, 32_475_000_002, 33_612_345_678, 33_612_345_679, 1, 2, 0],
    ...[3_280_012_345, 3_217_123_456, 999_123_456_789],
  ].map(BigInt);
  const words = Uint32Array.from(
    keys.flatMap((key) => [Number(key % 2n ** 32n), Number(key >> 32n)]),
  );

  async function reasons(optIns?: readonly number[], unread?: Uint8Array): Promise<number[]> {
    const matcher = await matcherOver([list]);
    const question = { keys, today: TODAY, ...(optIns === undefined ? {} : { optIns }) };
    const { verdicts, days } = ask(matcher, question);
    const out = new Uint8Array(keys.length + 2).fill(0xee);
    writeReasons(
      {
        words,
        count: keys.length,
        verdicts: Uint8Array.from(verdicts),
        optInDays: optIns === undefined ? undefined : Uint32Array.from(optIns),
        registeredDays: Uint32Array.from(optIns === undefined ? [] : days),
        todayDay: TODAY,
        approach: USUAL_APPROACH,
        unread,
      },
      out.subarray(1),
    );
    expect([out[0], out.at(-1)]).toEqual([0xee, 0xee]);
    return [...out.subarray(1, -1)];
  }

  it('are one a key, in order', async () => {
    expect(await reasons()).toEqual([10, 1, 10, 10, 20, 10, 32, 30, 21, 39, 39]);
  });

  it('tell the opt-ins of those on the list apart', async () => {
    const optIns = [20_001, 20_001, 20_001, TODAY + 1, 20_001, 20_000, 1, 1, 1, 1, 1];
    expect(await reasons(optIns)).toEqual([2, 1, 13, 12, 20, 11, 32, 30, 21, 39, 39]);
  });

  it('take those of texts that gave no key as they are', async () => {
    const unread = new Uint8Array(keys.length).fill(35);
    expect(await reasons(undefined, unread)).toEqual([10, 1, 10, 10, 20, 10, 32, 35, 21, 39, 39]);
  });

  it('have the verdicts they were written from, for random keys (seed 5)', async () => {
    const random = new Random(5, 0);
    const matcher = await matcherOver([list]);
    const many = Array.from({ length: 20_000 }, () =>
      BigInt(
        random.chance(0.2) ? Number(random.pick(keys)) : random.below(10 ** random.between(1, 15)),
      ),
    );
    const optIns = many.map(() => random.pick([0, 20_000, 20_001, TODAY + 1]));
    const { verdicts, days } = ask(matcher, { keys: many, optIns, today: TODAY });
    const out = new Uint8Array(many.length);
    writeReasons(
      {
        words: Uint32Array.from(
          many.flatMap((key) => [Number(key % 2n ** 32n), Number(key >> 32n)]),
        ),
        count: many.length,
        verdicts: Uint8Array.from(verdicts),
        optInDays: Uint32Array.from(optIns),
        registeredDays: Uint32Array.from(days),
        todayDay: TODAY,
        approach: USUAL_APPROACH,
      },
      out,
    );
    expect([...out].map((reason) => verdictOfReason(reason))).toEqual(verdicts);
  });
});
