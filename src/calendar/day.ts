/**
 * Calendar days as whole days since 1970-01-01 (epoch days), the only form in which Tacet computes
 * with dates. Days carry no time of day and no zone.
 */

/** A day in UTC. */
export const DAY_MS = 86_400_000;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** The last day a u16 can hold: 2149-06-06. */
export const EPOCH_DAY_MAX = 65_535;

/**
 * The epoch day of a date in the proleptic Gregorian calendar, or NaN if there is no such date
 * (30 February, month 13, year 0). Years 1 to 9999; days before 1970 are negative.
 */
export function epochDayOf(year: number, month: number, day: number): number {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const leap = month === 2 && ((year % 4 === 0 && year % 100 !== 0) || year % 400 === 0) ? 1 : 0;
  if (day > (MONTH_DAYS[month - 1] ?? 0) + leap) return Number.NaN;
  // Days from civil, Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": the year
  // begins in March, so that the leap day comes last.
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/**
 * The day `months` later, or earlier if negative, at the same day of the month; where that month is
 * too short, at its last day: a month after 31 January is 28 or 29 February.
 */
export function addMonths(epochDay: number, months: number): number {
  const date = new Date(epochDay * DAY_MS);
  const target = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const [year, month] = [target.getUTCFullYear(), target.getUTCMonth() + 1];
  const lastOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return epochDayOf(year, month, Math.min(date.getUTCDate(), lastOfMonth));
}

/** Reads `YYYY-MM-DD`; NaN for anything else, including dates that do not exist. */
export function parseIsoDay(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return Number.NaN;
  return epochDayOf(Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8)));
}

/** Writes an epoch day in the years 1 to 9999 as `YYYY-MM-DD`. */
export function formatIsoDay(epochDay: number): string {
  return new Date(epochDay * DAY_MS).toISOString().slice(0, 10);
}
