/** Days as text, and as the numbers that batches of integers and `registeredDays` hold. */
import { formatIsoDay, parseIsoDay } from '../calendar/day.ts';
import { shapeOf, TacetError } from '../errors.ts';

/**
 * Whole days since 1970-01-01 of a date, YYYY-MM-DD. Errors: ERR_REQUEST for anything else, also
 * for a day before 1970.
 *
 * @param where names the date in the error
 */
export function epochDay(date: string, where = 'date'): number {
  const day = typeof date === 'string' ? parseIsoDay(date) : Number.NaN;
  if (day >= 0) return day;
  throw new TacetError('ERR_REQUEST', {
    what: 'not a date',
    where,
    expected: 'YYYY-MM-DD, from 1970-01-01 on',
    got: typeof date === 'string' ? shapeOf(date) : typeof date,
  });
}

/** The date of an epoch day, YYYY-MM-DD; empty for 0, which stands for an unknown day or none. */
export function isoDate(day: number): string {
  return day === 0 ? '' : formatIsoDay(day);
}
