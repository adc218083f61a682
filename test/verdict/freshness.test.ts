import { describe, expect, it } from 'vitest';
import { parseIsoDay } from '#tacet/calendar/day.js';
import { ageStateOf, assertFresh, listAgeMs } from '#tacet/verdict/freshness.js';

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
        'expected a use before 2026-11-28 00:00 Brussels time. Fetch the list again',
    );
    expect(() => assertFresh([listOf('2026-11-29', 'own')], now)).toThrow(
      'the list own claims a snapshot date in the future: 2026-11-29',
    );
  });
});

const unix = (instant: string): number => Date.parse(instant) / 1000;

describe('an override', () => {
  const list = { ...listOf('2026-11-22'), override: { untilUnix: unix('2026-11-29T00:00:00Z') } };
  const outcomeAt = (instant: string, more = {}): unknown => {
    try {
      assertFresh([{ ...list, ...more }], Date.parse(instant));
      return 'fresh';
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };

  it('lets a stale list be consulted until it ends, to the millisecond', () => {
    expect(outcomeAt('2026-11-28T00:00:00.000+01:00')).toBe('fresh');
    expect(outcomeAt('2026-11-28T23:59:59.999Z')).toBe('fresh');
    expect(outcomeAt('2026-11-29T00:00:00.000Z')).toBe('ERR_LIST_STALE');
  });

  it('changes nothing while the list is fresh', () => {
    const ended = { override: { untilUnix: 1 } };
    expect(outcomeAt('2026-11-23T08:00:00Z', ended)).toBe('fresh');
    expect(outcomeAt('2026-11-28T08:00:00Z', ended)).toBe('ERR_LIST_STALE');
  });

  it('is for no list of a day to come, for none changed in place, and at no time at all', () => {
    expect(outcomeAt('2026-11-21T12:00:00+01:00')).toBe('ERR_SNAPSHOT');
    expect(outcomeAt('2026-11-28T08:00:00Z', { changedInPlace: true })).toBe('ERR_LIST_CHANGED');
    expect(outcomeAt('not a date')).toBe('ERR_LIST_STALE');
  });

  it('of one list does not help another', () => {
    const now = Date.parse('2026-11-28T08:00:00Z');
    expect(() => assertFresh([list, listOf('2026-11-22', 'own')], now)).toThrow('the list own of');
  });
});

describe('a list changed in place', () => {
  it('is refused however fresh, in words that say what to do', () => {
    const list = { ...listOf('2026-11-22'), changedInPlace: true };
    expect(() => assertFresh([list], Date.parse('2026-11-23T08:00:00Z'))).toThrow(
      'the file of the list dncm was changed in place while it was in use. ' +
        'Rename a whole list file over it, never copy into it',
    );
  });
});

describe('the age of a list', () => {
  const limits = { warningMs: 26 * 3_600_000, criticalMs: 72 * 3_600_000 };
  const stateAt = (snapshot: string, instant: string) =>
    ageStateOf(parseIsoDay(snapshot), Date.parse(instant), limits);

  it.each([
    ['2026-11-22', '2026-11-22T12:00:00+01:00', 'fresh'],
    ['2026-11-22', '2026-11-24T01:59:59+01:00', 'fresh'],
    ['2026-11-22', '2026-11-24T02:00:00+01:00', 'warning'],
    ['2026-11-22', '2026-11-25T23:59:59+01:00', 'warning'],
    ['2026-11-22', '2026-11-26T00:00:00+01:00', 'critical'],
    ['2026-11-22', '2026-11-27T23:59:59+01:00', 'critical'],
    ['2026-11-22', '2026-11-28T00:00:00+01:00', 'stale'],
    // The night of 29 March has 23 hours, that of 25 October 25: hours pass, whatever clocks show.
    ['2026-03-28', '2026-03-30T02:59:59+02:00', 'fresh'],
    ['2026-03-28', '2026-03-30T03:00:00+02:00', 'warning'],
    ['2026-10-24', '2026-10-26T00:59:59+01:00', 'fresh'],
    ['2026-10-24', '2026-10-26T01:00:00+01:00', 'warning'],
    ['2026-03-28', '2026-04-02T23:59:59+02:00', 'critical'],
    ['2026-03-28', '2026-04-03T00:00:00+02:00', 'stale'],
    ['2026-10-24', '2026-10-29T23:59:59+01:00', 'critical'],
    ['2026-10-24', '2026-10-30T00:00:00+01:00', 'stale'],
    ['2026-11-22', 'not a date', 'stale'],
  ])('with the snapshot of %s is at %s: %s', (snapshot, instant, expected) => {
    expect(stateAt(snapshot, instant)).toBe(expected);
  });

  it('counts from the end of its snapshot day in Brussels', () => {
    const day = parseIsoDay('2026-07-14');
    expect(listAgeMs(day, Date.parse('2026-07-15T00:00:00+02:00'))).toBe(0);
    expect(listAgeMs(day, Date.parse('2026-07-15T01:00:00+02:00'))).toBe(3_600_000);
    expect(listAgeMs(day, Date.parse('2026-07-14T23:00:00+02:00'))).toBe(-3_600_000);
  });
});
