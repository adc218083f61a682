/**
 * The days of DNCM's licences, all of them Brussels' and all of them epoch days. Period k begins at
 * `fromDay` + k years or months, reckoned from `fromDay` and clamped to the month's end; its last
 * day is the one before the next begins. Source: DNCM's FAQ for companies,
 * dncm.be/en/purchase_the_list/frequently_asked_questions.
 */
import { addMonths, DAY_MS } from '../calendar/day.ts';

export const KINDS = ['advertiser', 'service-provider'] as const;
/** What a party is, and what a licence lets it do: approach people, or do so for others. */
export type Kind = (typeof KINDS)[number];

export const PERIODS = ['year', 'month'] as const;

/** A licence as it was bought. */
export interface Licence {
  /** Unique among those of its party. */
  readonly id: string;
  readonly kind: Kind;
  /** A year renews itself; a month does not, and is for advertisers only. */
  readonly period: (typeof PERIODS)[number];
  readonly fromDay: number;
  /** Undefined = not cancelled. Without effect on a month. */
  readonly cancelledDay: number | undefined;
}

/** Where a licence stands on a day. */
interface LicenceDays {
  /** First and last day of the period that the day is in, or of the nearest there is. */
  readonly firstDay: number;
  readonly lastDay: number;
  /** Whether another period follows. */
  readonly renews: boolean;
  /** The last day of all; undefined while nothing ends it. */
  readonly endDay: number | undefined;
  /** The last day on which a cancellation is sure to end it with this period; a year's only. */
  readonly cancelByDay: number | undefined;
  /** The last day on which DNCM reminds of that; a year's only. */
  readonly reminderDay: number | undefined;
}

const PERIOD_MONTHS = { year: 12, month: 1 } as const;

/** The first day of period `k`. */
function beginOf({ fromDay, period }: Licence, k: number): number {
  return addMonths(fromDay, k * PERIOD_MONTHS[period]);
}

/** The period that a day is in; the first for every day before it. */
function periodAt(licence: Licence, day: number): number {
  const years = yearOf(day) - yearOf(licence.fromDay);
  // A period begins within the year that is reckoned, so the day is in this one or the one before.
  return Math.max(0, day < beginOf(licence, years) ? years - 1 : years);
}

function yearOf(day: number): number {
  return new Date(day * DAY_MS).getUTCFullYear();
}

/**
 * The last period of a licence; undefined while it renews. The FAQ lets a licence be cancelled "at
 * the latest one month before it ends", and leaves open whether that is its last day or the day
 * after. Whoever cancels must keep to the earlier, see `cancelByDay`; a cancellation between the
 * two ends the licence all the same, so that nobody relies on a licence that may be over.
 */
function lastPeriodOf(licence: Licence): number | undefined {
  const { period, cancelledDay } = licence;
  if (period === 'month') return 0;
  if (cancelledDay === undefined) return undefined;
  const k = periodAt(licence, cancelledDay);
  return cancelledDay <= addMonths(beginOf(licence, k + 1), -1) ? k : k + 1;
}

/** Where a licence stands on a day; see {@link LicenceDays}. */
export function licenceDays(licence: Licence, day: number): LicenceDays {
  const last = lastPeriodOf(licence);
  const isYear = licence.period === 'year';
  const k = Math.min(isYear ? periodAt(licence, day) : 0, last ?? Number.POSITIVE_INFINITY);
  const lastDay = beginOf(licence, k + 1) - 1;
  return {
    firstDay: beginOf(licence, k),
    lastDay,
    renews: last === undefined || k < last,
    endDay: last === undefined ? undefined : beginOf(licence, last + 1) - 1,
    cancelByDay: isYear ? addMonths(lastDay, -1) : undefined,
    reminderDay: isYear ? addMonths(lastDay, -2) : undefined,
  };
}

/** Licences of one kind that hold one after the other without a gap. */
interface Cover {
  /** The one that holds on the day asked for; of several, the one that ends last. */
  readonly licence: Licence;
  /** The last day of the period that the day is in. */
  readonly periodLastDay: number;
  /** The last day without a gap; undefined while one renews. */
  readonly endDay: number | undefined;
}

/** What covers a day, of the licences of one kind; undefined if none does. */
export function coverOf(licences: readonly Licence[], kind: Kind, day: number): Cover | undefined {
  const ofKind = licences.filter((licence) => licence.kind === kind);
  const first = longestOn(ofKind, day);
  if (first === undefined) return undefined;
  let next: Ending | undefined = first;
  let endDay = first.endDay;
  // Each turn ends later than the one before, so there are at most as many as licences.
  while (next !== undefined && endDay !== undefined) {
    next = longestOn(ofKind, endDay + 1);
    if (next !== undefined) endDay = next.endDay;
  }
  return {
    licence: first.licence,
    periodLastDay: licenceDays(first.licence, day).lastDay,
    endDay,
  };
}

interface Ending {
  readonly licence: Licence;
  readonly endDay: number | undefined;
}

/** The licence that holds on a day, of several the one that ends last. */
function longestOn(licences: readonly Licence[], day: number): Ending | undefined {
  let longest: Ending | undefined;
  const rank = ({ endDay = Number.POSITIVE_INFINITY }: Ending): number => endDay;
  for (const licence of licences) {
    const ending = { licence, endDay: licenceDays(licence, day).endDay };
    if (day < licence.fromDay || day > rank(ending)) continue;
    if (longest === undefined || rank(ending) > rank(longest)) longest = ending;
  }
  return longest;
}
