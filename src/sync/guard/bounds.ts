/** The bounds for a new version: defaults, and overrides from the operator's guard.json. */
import { TacetError } from '../../errors.ts';

/** See {@link GUARD_DEFAULTS} for the reasons. Shares are of the entries of the serving version. */
export interface GuardBounds {
  readonly entries_min: number;
  readonly entries_max: number;
  /** Additions per day since the serving snapshot: the larger of a count and a share. */
  readonly added_per_day_max: number;
  readonly added_share_per_day_max: number;
  /** At most this many days count, however old the serving snapshot is. */
  readonly added_days_max: number;
  readonly removed_share_max: number;
  /** Numbers that stay but get another date. */
  readonly redated_share_max: number;
  /** Whether the last line must end in a line end: a truncated file rarely does. */
  readonly last_line_end: 'required' | 'optional';
  /** How many lines of the source to look up; 0 = none. */
  readonly sample_lines: number;
}

/**
 * Chosen from the known sizes of the Belgian list: 279,219 (2013), 1,172,967 (May 2017), 1,495,466
 * (2020), 1,561,022 (2022), 1,492,109 (March 2025).
 *
 * - Additions: its fastest years brought 620 a day on average. 20,000 a day, or 2 % of a larger
 *   list, is thirty times that; the 729,216 random registrations on two days in May 2021 are twelve
 *   times the 60,000 that a list of 1.5 M may gain in two days.
 * - A gap excuses at most 10 days, 20 % of the list: a list older than 5 days does not serve.
 * - Removals: operators report inactive numbers once a month, and a purge may take 10 %. It may do
 *   so in one night, so the number of days does not matter. Losing a third is a fault.
 * - Dates: numbers get a new date when they are registered again, a few at a time. If a tenth of
 *   them change at once, the dates are being read wrongly.
 */
export const GUARD_DEFAULTS: GuardBounds = {
  entries_min: 1,
  entries_max: 50_000_000,
  added_per_day_max: 20_000,
  added_share_per_day_max: 0.02,
  added_days_max: 10,
  removed_share_max: 0.1,
  redated_share_max: 0.1,
  last_line_end: 'required',
  sample_lines: 1_000,
};

interface Bound {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

const ENTRIES_LIMIT = 2 ** 31 - 1;
const SHARE: Bound = { expected: 'a share from 0 to 1', fits: (value) => isWithin(value, 0, 1) };

const BOUNDS: Readonly<Record<keyof GuardBounds, Bound>> = {
  entries_min: count(1, ENTRIES_LIMIT),
  entries_max: count(1, ENTRIES_LIMIT),
  added_per_day_max: count(0, ENTRIES_LIMIT),
  added_share_per_day_max: SHARE,
  added_days_max: count(1, 366),
  removed_share_max: SHARE,
  redated_share_max: SHARE,
  last_line_end: {
    expected: '"required" or "optional"',
    fits: (value) => value === 'required' || value === 'optional',
  },
  sample_lines: count(0, 100_000),
};

function count(min: number, max: number): Bound {
  return {
    expected: `a whole number from ${min} to ${max}`,
    fits: (value) => Number.isSafeInteger(value) && isWithin(value, min, max),
  };
}

/**
 * Reads guard.json: an object with any of the bounds; the others keep their defaults.
 * Errors: ERR_OPTION for anything that is not JSON, an unknown key, a bad value.
 *
 * @param where names the file in errors
 */
export function parseGuardBounds(json: string, where: string): GuardBounds {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch (cause) {
    const what = 'the bounds of the guard are not JSON';
    throw new TacetError('ERR_OPTION', { what, where, cause });
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TacetError('ERR_OPTION', {
      what: 'the bounds of the guard are not an object',
      where,
    });
  }
  for (const [key, value] of Object.entries(given)) checkBound(key, value, where);
  const bounds: GuardBounds = { ...GUARD_DEFAULTS, ...given };
  if (bounds.entries_min <= bounds.entries_max) return bounds;
  throw new TacetError('ERR_OPTION', {
    what: 'entries_min is larger than entries_max',
    where,
    fix: 'No list could pass',
  });
}

function checkBound(key: string, value: unknown, where: string): void {
  const bound = Object.entries(BOUNDS).find(([known]) => known === key)?.[1];
  if (bound === undefined) {
    throw new TacetError('ERR_OPTION', {
      what: `unknown key ${JSON.stringify(key.slice(0, 60))}`,
      expected: Object.keys(GUARD_DEFAULTS).join(', '),
      where,
    });
  }
  if (bound.fits(value)) return;
  const got = JSON.stringify(value).slice(0, 60); // It was parsed from JSON, so it is JSON.
  throw new TacetError('ERR_OPTION', {
    what: `bad "${key}"`,
    expected: bound.expected,
    got,
    where,
  });
}

function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}
