import { describe, expect, it } from 'vitest';
import { EPOCH_DAY_MAX, epochDayOf, formatIsoDay, parseIsoDay } from '#tacet/calendar/day.js';

const DAY_MS = 86_400_000;

/** The same by Date, whose years below 100 only this setter takes as they are. */
function dayByDate(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() / DAY_MS : Number.NaN;
}

describe('an epoch day', () => {
  it.each([
    [1970, 1, 1, 0],
    [1970, 1, 2, 1],
    [1969, 12, 31, -1],
    [2000, 2, 29, 11_016],
    [2000, 3, 1, 11_017],
    [2026, 11, 22, 20_779],
    [2149, 6, 6, EPOCH_DAY_MAX],
    [1, 1, 1, -719_162],
    [9999, 12, 31, 2_932_896],
  ])('of %i-%i-%i is %i... as written out', (year, month, day, expected) => {
    expect(epochDayOf(year, month, day)).toBe(expected);
  });

  it('agrees with Date for every day of the years around every rule, and for no dates', () => {
    const years = [1, 2, 3, 4, 99, 100, 101, 399, 400, 401, 1582, 1600, 1700, 1899, 1900, 1904];
    years.push(1968, 1969, 1970, 1972, 1999, 2000, 2001, 2023, 2024, 2026, 2100, 2149, 2400, 9996);
    for (const year of [...years, 9999]) {
      for (let month = 1; month <= 12; month++) {
        for (let day = 1; day <= 32; day++) {
          const expected = dayByDate(year, month, day);
          const got = epochDayOf(year, month, day);
          if (!Object.is(got, expected)) expect(got, `${year}-${month}-${day}`).toBe(expected);
        }
      }
    }
  });

  it('agrees with Date at the edges of every month of the years 1 to 9999', () => {
    for (let year = 1; year <= 9999; year++) {
      for (let month = 1; month <= 12; month++) {
        for (const day of [1, 28, 29, 30, 31]) {
          const expected = dayByDate(year, month, day);
          const got = epochDayOf(year, month, day);
          if (!Object.is(got, expected)) expect(got, `${year}-${month}-${day}`).toBe(expected);
        }
      }
    }
  });

  it.each([
    [2026, 2, 29],
    [2026, 2, 30],
    [1900, 2, 29],
    [2100, 2, 29],
    [2026, 4, 31],
    [2026, 1, 32],
    [2026, 1, 0],
    [2026, 0, 1],
    [2026, 13, 1],
    [0, 1, 1],
    [-1, 1, 1],
    [10_000, 1, 1],
    [Number.NaN, 1, 1],
    [2026, Number.NaN, 1],
    [2026, 1, Number.NaN],
  ])('of %d-%d-%d does not exist', (year, month, day) => {
    expect(epochDayOf(year, month, day)).toBeNaN();
  });
});

describe('a date as text', () => {
  it('comes back from every epoch day of the years 1 to 9999', () => {
    const [first, last] = [-719_162, 2_932_896];
    for (let epochDay = first; epochDay <= last; epochDay += epochDay % 7 === 0 ? 1 : 3) {
      const text = formatIsoDay(epochDay);
      if (parseIsoDay(text) !== epochDay) expect(parseIsoDay(text), text).toBe(epochDay);
    }
    expect([formatIsoDay(first), formatIsoDay(last)]).toEqual(['0001-01-01', '9999-12-31']);
  });

  it.each([
    ['2026-11-22', 20_779],
    ['1970-01-01', 0],
    ['1969-12-31', -1],
    ['2024-02-29', 19_782],
    ['0001-01-01', -719_162],
    ['9999-12-31', 2_932_896],
  ])('is read: %s is %i', (text, expected) => {
    expect(parseIsoDay(text)).toBe(expected);
    expect(formatIsoDay(expected)).toBe(text);
  });

  it.each([
    '',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '0000-01-01',
    '2026-1-1',
    '26-01-01',
    '12026-01-01',
    '2026/01/01',
    '20260101',
    '22-11-2026',
    '2026-11-22 ',
    ' 2026-11-22',
    '2026-11-22\n',
    '2026-11-22T00:00:00Z',
    '-026-11-22',
    '+026-11-22',
    '2026-11-2x',
    '\u0662\u0660\u0662\u0666-11-22',
  ])('is none: %j', (text) => {
    expect(parseIsoDay(text)).toBeNaN();
  });
});
