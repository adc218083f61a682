import { describe, expect, it } from 'vitest';
import { parseIsoDay } from '#tacet/calendar/day.js';
import { assertFresh } from '#tacet/verdict/freshness.js';

const listOf = (snapshot: string, name = 'dncm') => ({ name, snapshotDay: parseIsoDay(snapshot) });

function outcome(snapshots: readonly string[], instant: string): unknown {
  try {
    assertFresh(
      snapshots.map((snapshot) => listOf(snapshot)),
      Date.parse(instant),
    );
    return 'fresh';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

describe('a list', () => {
  it.each([
    // Fetched in the morning of the 23rd, it carries the 22nd.
    ['2026-11-22', '2026-11-23T08:00:00.000+01:00', 'fresh'],
    ['2026-11-22', '2026-11-27T23:59:59.999+01:00', 'fresh'],
    ['2026-11-22', '2026-11-28T00:00:00.000+01:00', 'ERR_LIST_STALE'],
    ['2026-11-22', '2026-11-28T00:00:00.001+01:00', 'ERR_LIST_STALE'],
    ['2026-11-22', '2030-01-01T00:00:00.000+01:00', 'ERR_LIST_STALE'],
    // From the first millisecond of its day on; before, its date is a day to come.
    ['2026-11-22', '2026-11-22T00:00:00.000+01:00', 'fresh'],
    ['2026-11-22', '2026-11-21T23:59:59.999+01:00', 'ERR_SNAPSHOT'],
    ['2026-11-22', '1970-01-01T00:00:00.000Z', 'ERR_SNAPSHOT'],
    // Summer.
    ['2026-07-14', '2026-07-19T23:59:59.999+02:00', 'fresh'],
    ['2026-07-14', '2026-07-20T00:00:00.000+02:00', 'ERR_LIST_STALE'],
    ['2026-07-14', '2026-07-14T00:00:00.000+02:00', 'fresh'],
    ['2026-07-14', '2026-07-13T23:59:59.999+02:00', 'ERR_SNAPSHOT'],
    // Over both changes of the clock.
    ['2026-03-25', '2026-03-30T23:59:59.999+02:00', 'fresh'],
    ['2026-03-25', '2026-03-31T00:00:00.000+02:00', 'ERR_LIST_STALE'],
    ['2026-10-22', '2026-10-27T23:59:59.999+01:00', 'fresh'],
    ['2026-10-22', '2026-10-28T00:00:00.000+01:00', 'ERR_LIST_STALE'],
  ])('with the snapshot of %s is at %s: %s', (snapshot, instant, expected) => {
    expect(outcome([snapshot], instant)).toBe(expected);
  });

  it('is refused for any one of several', () => {
    const now = '2026-11-28T00:00:00.000+01:00';
    expect(outcome(['2026-11-27', '2026-11-23'], now)).toBe('fresh');
    expect(outcome(['2026-11-27', '2026-11-22', '2026-11-23'], now)).toBe('ERR_LIST_STALE');
    expect(outcome(['2026-11-29', '2026-11-27'], now)).toBe('ERR_SNAPSHOT');
    expect(outcome(['2026-11-27', '2026-11-29'], now)).toBe('ERR_SNAPSHOT');
  });

  it('is never fresh at no time at all', () => {
    expect(outcome(['2026-11-22'], 'not a date')).toBe('ERR_LIST_STALE');
  });

  it('is refused in words that say until when and what to do', () => {
    const now = Date.parse('2026-11-28T00:00:00+01:00');
    expect(() => assertFresh([listOf('2026-11-22', 'own')], now)).toThrow(
      'the list own of 2026-11-22 may not be consulted any more, ' +
        'expected a use before 2026-11-27T23:00:00.000Z. Fetch the list again',
    );
    expect(() => assertFresh([listOf('2026-11-29', 'own')], now)).toThrow(
      'the list own claims the snapshot date 2026-11-29, a day to come',
    );
  });
});
