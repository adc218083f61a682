/** Dates of a source: digits at fixed places, read without making a string. */
import { brusselsMidnightMs } from '../calendar/brussels.ts';
import { DAY_MS, EPOCH_DAY_MAX, epochDayOf } from '../calendar/day.ts';
import {
  type DateForm,
  type DateParts,
  type DayForm,
  datePartsOf,
  type TimeForm,
} from './layout/date-forms.ts';

const COLON = 0x3a;
const DOT = 0x2e;
const PLUS = 0x2b;
const MINUS = 0x2d;
const UPPER_Z = 0x5a;
const FRACTION_DIGITS_MAX = 9;
/** No time zone is further from UTC. */
const ZONE_HOURS_MAX = 14;

/** Where the year, month, day and the marks between them are in a day of one form. */
export interface DayPlaces {
  readonly yearAt: number;
  readonly monthAt: number;
  readonly dayAt: number;
  readonly bytes: number;
  /** The byte between the parts, 0 if there is none. */
  readonly mark: number;
  /** Where the first mark is; 0 if there is none. */
  readonly firstMarkAt: number;
  readonly lastMarkAt: number;
}

/** Derives the places from the form itself, `DD/MM/YYYY`. */
export function dayPlacesOf(form: DayForm): DayPlaces {
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

/** The epoch day of the day in `bytes[start, end)`, NaN unless it is a real one of this form. */
function readDay(bytes: Uint8Array, start: number, end: number, places: DayPlaces): number {
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

/** Reads dates of one form, with or without a time of day, which is checked and dropped. */
export class DateReader {
  readonly #places: DayPlaces;
  readonly #time: TimePlaces | null;
  readonly #optional: boolean;
  /** Midnights in Brussels by epoch day: each takes about 30 us, and a list has few days. */
  readonly #midnights = new Map<number, number>();

  constructor(form: DateForm) {
    // By its type, a DateForm has parts.
    const { day, time, optional } = datePartsOf(form) as DateParts;
    this.#places = dayPlacesOf(day);
    this.#time = time === null ? null : timePlacesOf(time);
    this.#optional = optional;
  }

  /**
   * The epoch day of the date in `bytes[start, end)`; with a zone, the day in Brussels at that
   * moment. NaN unless it is a real date of this form.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const time = this.#time;
    const dayEnd = start + this.#places.bytes;
    if (time === null || (this.#optional && end === dayEnd)) {
      return readDay(bytes, start, end, this.#places);
    }
    if (end < dayEnd + time.bytes) return Number.NaN;
    const day = readDay(bytes, start, dayEnd, this.#places);
    const ofDay = readTime(bytes, dayEnd, end, time);
    if (Number.isNaN(ofDay)) return Number.NaN;
    // A day before 1970 is unknown to the list, whatever the zone.
    return time.zone && day >= 0 ? this.#brusselsDay(day * DAY_MS + ofDay) : day;
  }

  /** Brussels is ahead of UTC by an hour or two: its day is that of UTC or the next. */
  #brusselsDay(unixMs: number): number {
    const utcDay = Math.floor(unixMs / DAY_MS);
    if (utcDay < 0 || utcDay > EPOCH_DAY_MAX) return utcDay;
    let nextMs = this.#midnights.get(utcDay + 1);
    if (nextMs === undefined) {
      nextMs = brusselsMidnightMs(utcDay + 1);
      this.#midnights.set(utcDay + 1, nextMs);
    }
    return unixMs < nextMs ? utcDay : utcDay + 1;
  }
}

interface TimePlaces {
  /** The byte between day and time. */
  readonly mark: number;
  readonly seconds: boolean;
  readonly fraction: boolean;
  readonly zone: boolean;
  /** The minimum length, with the mark. */
  readonly bytes: number;
}

function timePlacesOf(form: TimeForm): TimePlaces {
  return {
    mark: form.charCodeAt(0),
    seconds: form.includes(':ss'),
    fraction: form.includes('.F'),
    zone: form.endsWith('Z'),
    bytes: form.length,
  };
}

/** Milliseconds from midnight UTC of the day to the time in `bytes[start, end)`; NaN if none. */
function readTime(bytes: Uint8Array, start: number, end: number, time: TimePlaces): number {
  let at = start + 3;
  const hour = twoDigits(bytes, start + 1);
  const minute = minutesAt(bytes, at);
  at += 3;
  const second = time.seconds ? minutesAt(bytes, at) : 0;
  if (time.seconds) at += 3;
  if (bytes[start] !== time.mark || hour > 23 || hour < 0 || minute < 0 || second < 0) {
    return Number.NaN;
  }
  if (time.fraction) {
    const digitsEnd = skipDigits(bytes, at + 1, Math.min(end, at + 1 + FRACTION_DIGITS_MAX));
    if (bytes[at] !== DOT || digitsEnd === at + 1) return Number.NaN;
    at = digitsEnd;
  }
  const zoneMinutes = time.zone ? readZone(bytes, at, end) : 0;
  if (!time.zone && at !== end) return Number.NaN;
  return (3_600 * hour + 60 * (minute - zoneMinutes) + second) * 1_000;
}

/** The two digits after a colon, 0 to 59; -1 for anything else. */
function minutesAt(bytes: Uint8Array, at: number): number {
  const minutes = bytes[at] === COLON ? twoDigits(bytes, at + 1) : -1;
  return minutes > 59 ? -1 : minutes;
}

/** How far the zone in `bytes[start, end)` is ahead of UTC, in minutes; NaN if it is no zone. */
function readZone(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 1) return bytes[start] === UPPER_Z ? 0 : Number.NaN;
  const sign = bytes[start] === PLUS ? 1 : bytes[start] === MINUS ? -1 : Number.NaN;
  const hasColon = length === 6 && bytes[start + 3] === COLON;
  if (length !== 3 && length !== 5 && !hasColon) return Number.NaN;
  const hours = twoDigits(bytes, start + 1);
  const minutes = length === 3 ? 0 : twoDigits(bytes, end - 2);
  const isReal = hours >= 0 && hours <= ZONE_HOURS_MAX && minutes >= 0 && minutes <= 59;
  return isReal ? sign * (60 * hours + minutes) : Number.NaN;
}

function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at]! - 0x30) >>> 0 <= 9) at++; // `!`: inside, since at < end
  return at;
}
