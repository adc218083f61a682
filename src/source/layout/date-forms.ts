/** The ways a source may write its dates and times of day. */

/** Every way to write the day: two-digit days and months, four-digit years. */
export const DAY_FORMS = [
  'YYYY-MM-DD',
  'YYYY/MM/DD',
  'YYYY.MM.DD',
  'YYYYMMDD',
  'DD-MM-YYYY',
  'DD/MM/YYYY',
  'DD.MM.YYYY',
  'DDMMYYYY',
  'MM-DD-YYYY',
  'MM/DD/YYYY',
  'MM.DD.YYYY',
  'MMDDYYYY',
] as const;

const TIME_MARKS = [' ', 'T'] as const;
const TIMES = ['HH:mm', 'HH:mm:ss', 'HH:mm:ss.F'] as const;
const ZONES = ['', 'Z'] as const;

export type DayForm = (typeof DAY_FORMS)[number];

/**
 * A time of day: `.F` is a fraction of one to nine digits, `Z` a zone, which is written as `Z`,
 * `+02`, `+0200` or `+02:00`.
 */
export type TimeForm =
  `${(typeof TIME_MARKS)[number]}${(typeof TIMES)[number]}${(typeof ZONES)[number]}`;

/** A day, alone or followed by a time of day; in square brackets the time is optional. */
export type DateForm = DayForm | `${DayForm}${TimeForm}` | `${DayForm}[${TimeForm}]`;

export const TIME_FORMS: readonly TimeForm[] = TIME_MARKS.flatMap((mark) =>
  TIMES.flatMap((time) => ZONES.map((zone): TimeForm => `${mark}${time}${zone}`)),
);

/** The parts of a date form. */
export interface DateParts {
  readonly day: DayForm;
  /** null = no time of day. */
  readonly time: TimeForm | null;
  /** Whether the time may be missing. */
  readonly optional: boolean;
}

/** The parts of a {@link DateForm}; null if the text is none. */
export function datePartsOf(form: string): DateParts | null {
  // No day form is the beginning of another.
  const day = DAY_FORMS.find((known) => form.startsWith(known));
  if (day === undefined) return null;
  const rest = form.slice(day.length);
  if (rest === '') return { day, time: null, optional: false };
  const optional = rest.startsWith('[') && rest.endsWith(']');
  const written = optional ? rest.slice(1, -1) : rest;
  const time = TIME_FORMS.find((known) => known === written);
  return time === undefined ? null : { day, time, optional };
}
