import { describe, expect, it } from 'vitest';
import { coverOf, type Licence, licenceDays } from '#tacet/access/licence.js';
import { formatIsoDay, parseIsoDay } from '#tacet/calendar/day.js';

/**
 * DNCM's FAQ for companies: a yearly licence "renews itself for a year unless cancelled at the
 * latest one month before it ends"; DNCM "reminds at the latest two months before"; it cannot be
 * ended early; a month does not renew.
 */

const licence = (
  from: string,
  {
    cancelled,
    period = 'year',
    kind = 'advertiser',
    id = 'L',
  }: Partial<Licence> & { cancelled?: string } = {},
): Licence => ({
  ...{ id, kind, period, fromDay: parseIsoDay(from) },
  cancelledDay: cancelled === undefined ? undefined : parseIsoDay(cancelled),
});

/** Days as a person reads them. */
function shown(one: Licence, day: string) {
  const { renews, ...days } = licenceDays(one, parseIsoDay(day));
  const texts = Object.entries(days).map(([name, value]) => [
    name.replace('Day', ''),
    value === undefined ? 'never' : formatIsoDay(value),
  ]);
  return { ...Object.fromEntries(texts), renews };
}

describe('a licence from 1 March 2026', () => {
  const days = { first: '2026-03-01', last: '2027-02-28' };
  const decide = { cancelBy: '2027-01-28', reminder: '2026-12-28' };
  const renewed = { first: '2027-03-01', last: '2028-02-29' };

  it.each([
    ['is not cancelled', undefined, 'never'],
    ['is cancelled long before', '2026-04-01', '2027-02-28'],
    ['is cancelled before it begins', '2026-02-01', '2027-02-28'],
    ['is cancelled on the last day to cancel', '2027-01-28', '2027-02-28'],
    ['is cancelled between the two readings: it counts as over', '2027-02-01', '2027-02-28'],
    ['is cancelled a day too late by either', '2027-02-02', '2028-02-29'],
    ['is cancelled on its last day', '2027-02-28', '2028-02-29'],
    ['is cancelled on the first day of the next year', '2027-03-01', '2028-02-29'],
    ['is cancelled in the next year, too late', '2028-02-02', '2029-02-28'],
  ])('%s', (_, cancelled, end) => {
    const one = licence('2026-03-01', cancelled === undefined ? {} : { cancelled });
    const renews = end !== '2027-02-28';
    expect(shown(one, '2026-11-27')).toEqual({ ...days, ...decide, end, renews });
    expect(shown(one, '2027-02-28')).toEqual({ ...days, ...decide, end, renews });
    if (renews) expect(shown(one, '2027-03-01')).toMatchObject(renewed);
    else expect(shown(one, '2027-03-01')).toMatchObject(days);
  });
});

describe('the days of other licences', () => {
  it.each([
    // Begin, the day it is looked at; first and last day of that period, cancel by, reminder.
    ['2026-01-31', '2026-02-01', '2026-01-31', '2027-01-30', '2026-12-30', '2026-11-30'],
    ['2026-03-31', '2026-04-01', '2026-03-31', '2027-03-30', '2027-02-28', '2027-01-30'],
    ['2027-03-31', '2027-04-01', '2027-03-31', '2028-03-30', '2028-02-29', '2028-01-30'],
    ['2028-02-29', '2028-03-01', '2028-02-29', '2029-02-27', '2029-01-27', '2028-12-27'],
    ['2028-02-29', '2029-02-27', '2028-02-29', '2029-02-27', '2029-01-27', '2028-12-27'],
    ['2028-02-29', '2029-02-28', '2029-02-28', '2030-02-27', '2030-01-27', '2029-12-27'],
    ['2028-02-29', '2032-02-28', '2031-02-28', '2032-02-28', '2032-01-28', '2031-12-28'],
    ['2028-02-29', '2032-02-29', '2032-02-29', '2033-02-27', '2033-01-27', '2032-12-27'],
    ['2027-03-01', '2028-02-29', '2027-03-01', '2028-02-29', '2028-01-29', '2027-12-29'],
    ['2026-01-01', '2026-12-31', '2026-01-01', '2026-12-31', '2026-11-30', '2026-10-31'],
    ['2026-01-01', '2025-06-01', '2026-01-01', '2026-12-31', '2026-11-30', '2026-10-31'],
  ])('from %s, on %s', (from, day, first, last, cancelBy, reminder) => {
    expect(shown(licence(from), day)).toMatchObject({ first, last, cancelBy, reminder });
  });

  it.each([
    ['2026-01-31', '2026-02-27'],
    ['2028-01-31', '2028-02-28'],
    ['2026-02-01', '2026-02-28'],
    ['2026-03-31', '2026-04-29'],
    ['2026-12-15', '2027-01-14'],
  ])('a month from %s ends by itself, whenever it is cancelled', (from, end) => {
    for (const given of [{}, { cancelled: from }, { cancelled: '2027-06-01' }]) {
      const month = licence(from, { period: 'month', ...given });
      const days = { first: from, last: end, end, renews: false };
      const never = { cancelBy: 'never', reminder: 'never' };
      for (const day of ['2020-01-01', from, '2030-01-01']) {
        expect(shown(month, day)).toEqual({ ...days, ...never });
      }
    }
  });

  it('agree with a walk from period to period, for every day of begin and cancellation', () => {
    const wrong: string[] = [];
    for (let from = parseIsoDay('2027-12-25'); from < parseIsoDay('2028-04-05'); from++) {
      const one = licence(formatIsoDay(from));
      const begin = [0, 1, 2, 3].map((k) => inYear(from, k));
      for (let day = from; day < (begin[2] ?? 0); day++) {
        const k = day < (begin[1] ?? 0) ? 0 : 1;
        const [first = 0, next = 0, afterNext = 0] = begin.slice(k);
        const { firstDay, lastDay, cancelByDay = 0 } = licenceDays(one, day);
        const { endDay = 0 } = licenceDays({ ...one, cancelledDay: day }, from);
        const isInTime = day <= cancelByDay;
        const ends = isInTime ? [next - 1] : [next - 1, afterNext - 1];
        if (firstDay === first && lastDay === next - 1 && ends.includes(endDay)) continue;
        wrong.push(`${formatIsoDay(from)} ${formatIsoDay(day)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** The same day `years` later; 28 February where there is no 29th. */
function inYear(day: number, years: number): number {
  const [year, ...rest] = formatIsoDay(day).split('-');
  const text = [Number(year) + years, ...rest].join('-');
  const same = parseIsoDay(text);
  return Number.isNaN(same) ? parseIsoDay(text.replace('-29', '-28')) : same;
}

describe('what covers a day', () => {
  const on = (licences: readonly Licence[], day: string, kind: Licence['kind'] = 'advertiser') => {
    const cover = coverOf(licences, kind, parseIsoDay(day));
    if (cover === undefined) return undefined;
    const end = cover.endDay === undefined ? 'never' : formatIsoDay(cover.endDay);
    return [cover.licence.id, formatIsoDay(cover.periodLastDay), end];
  };
  const month = (id: string, from: string) => licence(from, { id, period: 'month' });

  it('is a licence from its first day to its last, of its own kind', () => {
    const year = licence('2026-03-01', { cancelled: '2026-05-01' });
    expect(on([year], '2026-02-28')).toBe(undefined);
    expect(on([year], '2026-03-01')).toEqual(['L', '2027-02-28', '2027-02-28']);
    expect(on([year], '2027-02-28')).toEqual(['L', '2027-02-28', '2027-02-28']);
    expect(on([year], '2027-03-01')).toBe(undefined);
    expect(on([year], '2026-03-01', 'service-provider')).toBe(undefined);
    expect(on([licence('2026-03-01')], '2031-07-01')).toEqual(['L', '2032-02-29', 'never']);
  });

  it('goes on from licence to licence without a gap', () => {
    const months = [month('c', '2026-03-01'), month('a', '2026-01-01'), month('b', '2026-02-01')];
    expect(on(months, '2026-01-15')).toEqual(['a', '2026-01-31', '2026-03-31']);
    expect(on([...months, licence('2026-03-15')], '2026-01-15')).toEqual([
      ...['a', '2026-01-31', 'never'],
    ]);
    expect(on([month('a', '2026-01-01'), month('b', '2026-02-02')], '2026-01-15')).toEqual([
      ...['a', '2026-01-31', '2026-01-31'],
    ]);
  });

  it('is the licence that ends last', () => {
    const both = [month('m', '2026-03-01'), licence('2026-03-01', { id: 'y' })];
    expect(on(both, '2026-03-10')).toEqual(['y', '2027-02-28', 'never']);
  });
});
