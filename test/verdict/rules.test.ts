import { describe, expect, it } from 'vitest';
import { parseIsoDay } from '#tacet/calendar/day.js';
import { verdictOfListed } from '#tacet/verdict/rules.js';
import { VERDICT_NAMES } from '#tacet/verdict/verdict.js';

const NONE = '';
const dayOf = (date: string): number => (date === NONE ? 0 : parseIsoDay(date));

describe('a number on the list', () => {
  // Today is 22 November 2026.
  it.each([
    ['2020-05-01', NONE, 'blocked', 'no opt-in'],
    ['2020-05-01', '2020-05-02', 'callable-opt-in', 'the opt-in came a day later'],
    ['2020-05-01', '2026-11-21', 'callable-opt-in', 'the opt-in was yesterday'],
    ['2020-05-01', '2026-11-22', 'callable-opt-in', 'the opt-in was today'],
    ['2020-05-01', '2026-11-23', 'blocked', 'the opt-in is in the future'],
    ['2020-05-01', '2099-01-01', 'blocked', 'the opt-in is far in the future'],
    ['2020-05-01', '2020-05-01', 'blocked', 'the same day cannot be decided'],
    ['2020-05-01', '2020-04-30', 'blocked', 'the registration came a day later'],
    ['2020-05-01', '1970-01-02', 'blocked', 'the registration came much later'],
    ['2026-11-22', '2026-11-22', 'blocked', 'both today'],
    ['2026-11-21', '2026-11-22', 'callable-opt-in', 'yesterday, then today'],
    ['2026-11-22', '2026-11-23', 'blocked', 'registered today, an opt-in dated tomorrow'],
    ['1970-01-02', '1970-01-03', 'callable-opt-in', 'the oldest known day'],
    [NONE, NONE, 'blocked', 'registration unknown, no opt-in'],
    [NONE, '1970-01-02', 'blocked', 'registration unknown'],
    [NONE, '2026-11-22', 'blocked', 'registration unknown, an opt-in today'],
    [NONE, '2026-11-23', 'blocked', 'registration unknown, an opt-in to come'],
  ])('registered %s, opted in %s: %s, as %s', (registered, optIn, expected) => {
    const verdict = verdictOfListed(dayOf(registered), dayOf(optIn), parseIsoDay('2026-11-22'));
    expect(VERDICT_NAMES[verdict]).toBe(expected);
  });

  it('is blocked for the greatest day the wire can carry', () => {
    expect(verdictOfListed(1, 0xffff_ffff, 20_779)).toBe(2);
  });

  it('is callable only where registration < opt-in <= today, for all small days', () => {
    for (let registered = 0; registered <= 6; registered++) {
      for (let optIn = 0; optIn <= 6; optIn++) {
        for (let today = 0; today <= 6; today++) {
          const between = [];
          for (let day = registered + 1; day <= today; day++) between.push(day);
          const expected = registered > 0 && between.includes(optIn) ? 3 : 2;
          expect(verdictOfListed(registered, optIn, today)).toBe(expected);
        }
      }
    }
  });
});

describe('verdicts', () => {
  it('are printed by these names', () => {
    expect(VERDICT_NAMES).toEqual([
      'unspecified',
      'callable',
      'blocked',
      'callable-opt-in',
      'not-covered',
      'unreadable',
      'not-applicable',
    ]);
  });
});
