/** Dates of a source: digits at fixed places, read without a string. */
import { epochDayOf } from '../calendar/day.ts';
import type { DateForm } from './layout.ts';

/** Where year, month and day stand in a date of one form, and the marks between them. */
export interface DatePlaces {
  readonly yearAt: number;
  readonly monthAt: number;
  readonly dayAt: number;
  readonly bytes: number;
  /** The byte between the parts, 0 if there is none. */
  readonly mark: number;
  /** Where it stands; 0 if there is none. */
  readonly firstMarkAt: number;
  readonly lastMarkAt: number;
}

/** Derives the places from the form itself, `DD/MM/YYYY`. */
export function datePlacesOf(form: DateForm): DatePlaces {
  const [mark = ''] = form.replace(/[YMD]/g, '');
  return {
    yearAt: form.indexOf('YYYY'),
    monthAt: form.indexOf('MM'),
    dayAt: form.indexOf('DD'),
    bytes: form.length,
    mark: mark === '' ? 0 : mark.charCodeAt(0),
    firstMarkAt: mark === '' ? 0 : form.indexOf(mark),
    lastMarkAt: mark === '' ? 0 : form.lastIndexOf(mark),
  };
}

/** The epoch day of the date in `bytes[start, end)`, NaN unless it is a real date of this form. */
export function readDate(
  bytes: Uint8Array,
  start: number,
  end: number,
  places: DatePlaces,
): number {
  if (end - start !== places.bytes) return Number.NaN;
  if (places.mark !== 0) {
    if (bytes[start + places.firstMarkAt] !== places.mark) return Number.NaN;
    if (bytes[start + places.lastMarkAt] !== places.mark) return Number.NaN;
  }
  const century = twoDigits(bytes, start + places.yearAt);
  const yearOfCentury = twoDigits(bytes, start + places.yearAt + 2);
  const month = twoDigits(bytes, start + places.monthAt);
  const day = twoDigits(bytes, start + places.dayAt);
  if (century < 0 || yearOfCentury < 0) return Number.NaN;
  return epochDayOf(100 * century + yearOfCentury, month, day);
}

/** The value of two ASCII digits, -1 for anything else. The caller keeps `at + 1` inside. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30; // `!`: inside, see above
  const ones = bytes[at + 1]! - 0x30;
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? -1 : 10 * tens + ones;
}
