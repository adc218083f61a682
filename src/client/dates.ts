/** Days as text, and as the numbers that batches of integers and `registeredDays` hold. */
import { formatIsoDay, parseIsoDay } from '../calendar/day.ts';
import { shapeOf, TacetError } from '../errors.ts';

/**
 * Whole days since 1970-01-01 of a date, YYYY-MM-DD; 0, which is none, for a day before: no
 * registration is as old. Errors: ERR_REQUEST for anything else.
 *
 * @param where names the date in the error
 */
export function epochDay(date: string, where = 'date'): number {
  const day = typeof date === 'string' ? parseIsoDay(date) : Number.NaN;
  if (!Number.isNaN(day)) return Math.max(0, day);
  throw new TacetError('ERR_REQUEST', {
    what: 'not a date',
    where,
    expected: 'YYYY-MM-DD',
    got: typeof date === 'string' ? shapeOf(date) : typeof date,
  });
}

/** The date of an epoch day, YYYY-MM-DD; empty for 0, which stands for an unknown day or none. */
export function isoDate(day: number): string {
  return day === 0 ? '' : formatIsoDay(day);
}
