/**
 * The common shape of a line, read in one pass without calls: a Belgian number of eight or nine
 * national digits in its plainest writing, one separator, a date. It leaves every other line,
 * including malformed ones, to the general reader, so it never judges.
 */
import { epochDayOf } from '../calendar/day.ts';
import { type DayPlaces, dayPlacesOf, twoDigits } from './dates.ts';
import { datePartsOf } from './layout/date-forms.ts';
import type { Layout, OneNumberForm } from './layout/layout.ts';
import type { Entries } from './radix.ts';

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** The prefix of the national number in each form. */
const PREFIXES: Readonly<Record<OneNumberForm, string>> = {
  trunk: '0',
  plus: '+32',
  international: '0032',
  'country-code': '32',
  national: '',
};

/** The low words of 32 followed by eight and nine digits, and the high word of the latter. */
const EIGHT_LOW = 3_200_000_000;
const NINE_HIGH = 7;
const NINE_LOW = 32_000_000_000 - NINE_HIGH * 4_294_967_296;

/** The years whose dates are looked up; the general reader takes the others. */
const FIRST_YEAR = 1_900;
const YEARS = 256;
/** Not an epoch day of those years. */
const NO_DAY = -1_000_000;

/** At `(year - FIRST_YEAR) * 16 + month`: the day before the first, and the month's length. */
interface Calendar {
  readonly dayBefore: Int32Array;
  readonly lengths: Uint8Array;
}

/** A layout compiled for the fast path. */
export interface FastShape {
  readonly prefix: Uint8Array;
  /** The byte after the number; a line end if there is no date. */
  readonly separator: number;
  readonly date: DayPlaces | null;
  readonly crlf: boolean;
  /** The longest line it reads, with its line end: this many bytes must be left. */
  readonly lineBytes: number;
  readonly calendar: Calendar;
}

/** The progress of a scan; the caller owns it. */
export interface FastProgress {
  /** Where the first unread line begins. */
  position: number;
  /** The newest registration met so far, 0 = none. */
  newestDay: number;
  /** The line of this scan that has it, 1-based; 0 = not in this scan. */
  newestAt: number;
}

/** Compiles a layout; null if only the general reader can read it. */
export function fastShapeOf(layout: Layout): FastShape | null {
  if (layout.kind === 'fixed' || layout.lineEnd === 'cr' || layout.numberForm === 'any')
    return null;
  const order = layout.columns.join();
  if (order !== 'number,date' && order !== 'number') return null;
  if (order === 'number,date' && layout.separator === ' ') return null;
  const parts = layout.dateForm === null ? null : datePartsOf(layout.dateForm);
  if (parts !== null && parts.time !== null) return null;
  const crlf = layout.lineEnd === 'crlf';
  const date = parts === null ? null : dayPlacesOf(parts.day);
  const prefix = Buffer.from(PREFIXES[layout.numberForm], 'latin1');
  const lineEnd = crlf ? CARRIAGE_RETURN : LINE_FEED;
  return {
    prefix,
    separator: date === null ? lineEnd : layout.separator.charCodeAt(0),
    date,
    crlf,
    lineBytes: prefix.length + 9 + (date === null ? 0 : 1 + date.bytes) + (crlf ? 2 : 1),
    calendar: buildCalendar(),
  };
}

function buildCalendar(): Calendar {
  const dayBefore = new Int32Array(YEARS * 16);
  const lengths = new Uint8Array(YEARS * 16);
  for (let year = 0; year < YEARS; year++) {
    for (let month = 1; month <= 12; month++) {
      const first = epochDayOf(FIRST_YEAR + year, month, 1);
      const next = epochDayOf(FIRST_YEAR + year + (month === 12 ? 1 : 0), (month % 12) + 1, 1);
      dayBefore[16 * year + month] = first - 1;
      lengths[16 * year + month] = next - first;
    }
  }
  return { dayBefore, lengths };
}

/**
 * Reads lines of `bytes[progress.position, end)` into the current block of `entries`, until one
 * does not fit, the bytes run short, or the block is full. Returns the number of lines read;
 * `progress` holds where it stopped and the newest registration. `dayMax`: a later day does not
 * fit.
 *
 * `!`: a line is begun only if `shape.lineBytes` bytes are left.
 */
export function scanFast(
  bytes: Uint8Array,
  end: number,
  shape: FastShape,
  entries: Entries,
  dayMax: number,
  progress: FastProgress,
): number {
  const { prefix, separator, date, crlf } = shape;
  const { words, days, blockEntries } = entries;
  const prefixBytes = prefix.length;
  const lastStart = end - shape.lineBytes;
  const firstCount = entries.blockCount;
  let count = firstCount;
  let position = progress.position;
  let { newestDay, newestAt } = progress;
  lines: while (position <= lastStart && count < blockEntries) {
    let at = position;
    for (let i = 0; i < prefixBytes; i++) {
      if (bytes[at++] !== prefix[i]) break lines;
    }
    const firstDigit = bytes[at]! - 0x30;
    if (firstDigit < 1 || firstDigit > 9) break;
    let national = firstDigit;
    const digitsEnd = at + 9;
    for (at++; at < digitsEnd; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit >>> 0 > 9) break;
      national = national * 10 + digit;
    }
    const digits = at + 9 - digitsEnd;
    if (digits < 8 || bytes[at] !== separator) break;
    at++;
    let day = 0;
    if (date !== null) {
      day = fastDay(bytes, at, date, shape.calendar);
      if (day === NO_DAY || day > dayMax) break;
      if (day < 0) day = 0;
      at += date.bytes;
      if (crlf && bytes[at++] !== CARRIAGE_RETURN) break;
      if (bytes[at++] !== LINE_FEED) break;
    } else if (crlf && bytes[at++] !== LINE_FEED) {
      break;
    }
    const isNine = digits === 9;
    words[2 * count] = national + (isNine ? NINE_LOW : EIGHT_LOW);
    words[2 * count + 1] = isNine ? NINE_HIGH : 0;
    days[count++] = day;
    position = at;
    if (day > newestDay) {
      newestDay = day;
      newestAt = count - firstCount;
    }
  }
  entries.blockCount = count;
  progress.position = position;
  progress.newestDay = newestDay;
  progress.newestAt = newestAt;
  return count - firstCount;
}

/** The epoch day of the date at `bytes[at]`, or NO_DAY if the general reader has to decide. */
function fastDay(bytes: Uint8Array, at: number, date: DayPlaces, calendar: Calendar): number {
  if (date.mark !== 0) {
    if (bytes[at + date.firstMarkAt] !== date.mark) return NO_DAY;
    if (bytes[at + date.lastMarkAt] !== date.mark) return NO_DAY;
  }
  const century = twoDigits(bytes, at + date.yearAt);
  const yearOfCentury = twoDigits(bytes, at + date.yearAt + 2);
  const month = twoDigits(bytes, at + date.monthAt);
  const dayOfMonth = twoDigits(bytes, at + date.dayAt);
  const year = 100 * century + yearOfCentury - FIRST_YEAR;
  if (century < 0 || yearOfCentury < 0 || year < 0 || year >= YEARS) return NO_DAY;
  if (month < 1 || month > 12) return NO_DAY;
  const monthAt = 16 * year + month;
  // `!`: year and month were just checked, so the place is below 16 * YEARS.
  if (dayOfMonth < 1 || dayOfMonth > calendar.lengths[monthAt]!) return NO_DAY;
  return calendar.dayBefore[monthAt]! + dayOfMonth;
}
