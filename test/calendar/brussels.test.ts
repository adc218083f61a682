import { describe, expect, it } from 'vitest';
import { brusselsDay, brusselsMidnightMs, validUntilMs } from '#tacet/calendar/brussels.js';
import { EPOCH_DAY_MAX, formatIsoDay, parseIsoDay } from '#tacet/calendar/day.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The date in Brussels at an instant, written as YYYY-MM-DD: how Sweden writes dates. */
const swedish = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Brussels' });

describe('today in Brussels', () => {
  it.each([
    // Winter: one hour ahead of UTC.
    ['2026-11-22T22:59:59.999Z', '2026-11-22'],
    ['2026-11-22T23:00:00.000Z', '2026-11-23'],
    ['2026-11-22T00:00:00.000Z', '2026-11-22'],
    ['2025-12-31T22:59:59.999Z', '2025-12-31'],
    ['2025-12-31T23:00:00.000Z', '2026-01-01'],
    // Summer: two.
    ['2026-07-14T21:59:59.999Z', '2026-07-14'],
    ['2026-07-14T22:00:00.000Z', '2026-07-15'],
    // The clock goes forward at 01:00 UTC of 29 March 2026 ...
    ['2026-03-28T22:59:59.999Z', '2026-03-28'],
    ['2026-03-28T23:00:00.000Z', '2026-03-29'],
    ['2026-03-29T21:59:59.999Z', '2026-03-29'],
    ['2026-03-29T22:00:00.000Z', '2026-03-30'],
    // ... and back at 01:00 UTC of 25 October.
    ['2026-10-24T21:59:59.999Z', '2026-10-24'],
    ['2026-10-24T22:00:00.000Z', '2026-10-25'],
    ['2026-10-25T22:59:59.999Z', '2026-10-25'],
    ['2026-10-25T23:00:00.000Z', '2026-10-26'],
    ['1969-12-31T22:59:59.999Z', '1969-12-31'],
    ['1970-01-01T00:00:00.000Z', '1970-01-01'],
  ])('at %s is %s', (instant, today) => {
    expect(formatIsoDay(brusselsDay(Date.parse(instant)))).toBe(today);
  });

  it('is what the platform says at every hour of a year, and a millisecond before', () => {
    for (
      let ms = Date.parse('2027-01-01T00:00Z');
      ms < Date.parse('2028-01-02T00:00Z');
      ms += HOUR_MS
    ) {
      for (const at of [ms - 1, ms]) {
        const today = formatIsoDay(brusselsDay(at));
        if (today !== swedish.format(at)) expect(today, String(at)).toBe(swedish.format(at));
      }
    }
  });
});

describe('midnight in Brussels', () => {
  it.each([
    ['2026-11-28', '2026-11-27T23:00:00.000Z'],
    ['2026-07-15', '2026-07-14T22:00:00.000Z'],
    ['2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25', '2026-10-24T22:00:00.000Z'],
    ['2026-10-26', '2026-10-25T23:00:00.000Z'],
    ['2024-03-31', '2024-03-30T23:00:00.000Z'],
    ['2024-04-01', '2024-03-31T22:00:00.000Z'],
    ['2025-10-26', '2025-10-25T22:00:00.000Z'],
    ['2025-10-27', '2025-10-26T23:00:00.000Z'],
    ['2030-01-01', '2029-12-31T23:00:00.000Z'],
    ['1970-01-02', '1970-01-01T23:00:00.000Z'],
  ])('of %s is %s', (day, instant) => {
    expect(new Date(brusselsMidnightMs(parseIsoDay(day))).toISOString()).toBe(instant);
  });

  it('is the first instant of its day, for every day until 2149', () => {
    for (let day = 0; day <= EPOCH_DAY_MAX + 6; day++) {
      const ms = brusselsMidnightMs(day);
      const around = [brusselsDay(ms - 1), brusselsDay(ms)];
      if (around[0] !== day - 1 || around[1] !== day) expect(around).toEqual([day - 1, day]);
    }
  });
});

describe('a list is valid', () => {
  it.each([
    ['2026-11-22', '2026-11-28T00:00:00+01:00'],
    ['2026-07-14', '2026-07-20T00:00:00+02:00'],
    // Over the changes of the clock: six days on the calendar, not 144 hours.
    ['2026-03-28', '2026-04-03T00:00:00+02:00'],
    ['2026-03-23', '2026-03-29T00:00:00+01:00'],
    ['2026-03-24', '2026-03-30T00:00:00+02:00'],
    ['2026-10-19', '2026-10-25T00:00:00+02:00'],
    ['2026-10-20', '2026-10-26T00:00:00+01:00'],
    ['2026-10-24', '2026-10-30T00:00:00+01:00'],
    ['2027-12-29', '2028-01-04T00:00:00+01:00'],
    ['2028-02-24', '2028-03-01T00:00:00+01:00'],
    ['2149-06-06', '2149-06-12T00:00:00+02:00'],
  ])('with the snapshot of %s until %s', (snapshot, until) => {
    expect(validUntilMs(parseIsoDay(snapshot))).toBe(Date.parse(until));
  });

  it('for 143, 144 or 145 hours from the end of its first day on, over twelve years', () => {
    const seen = new Set<number>();
    const last = parseIsoDay('2032-01-01');
    for (let day = parseIsoDay('2020-01-01'); day < last; day++) {
      const hours = (validUntilMs(day) - brusselsMidnightMs(day)) / HOUR_MS;
      seen.add(hours);
      expect(brusselsDay(validUntilMs(day))).toBe(day + 6);
    }
    expect([...seen].sort()).toEqual([143, 144, 145]);
    expect(144 * HOUR_MS).toBe(6 * DAY_MS);
  });
});
