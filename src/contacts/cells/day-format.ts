import { brusselsDay } from '../../calendar/brussels.ts';
import { epochDayOf } from '../../calendar/day.ts';
import { shapeOf, TacetError } from '../../errors.ts';

const YEAR = -1;
const MONTH = -2;
const DAY = -3;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A time of day after a date, perhaps with a zone: `T10:20:30.5Z`, ` 10:20 +01:00`. */
const TIME =
  /^(?:[Tt]|\s+)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s*(?:([AaPp])\.?[Mm]\.?)?\s*([Zz]|(?:UTC|GMT)|([+-])(\d\d):?(\d\d)?)?$/;

const SPACE = 0x20;
const TAB = 0x09;

/** A date format: for each byte of a date, the literal or the digit of a part it must be. */
export type DayFormat = Int16Array;

/** An opt-in that cannot be read or is before 1970-01-02: it does not count. */
export const DAY_UNREADABLE = -1;

/**
 * Parses a format made of `YYYY`, `MM` and `DD`, once each, and separators that are neither letters
 * nor digits, at most 32 characters: `YYYY-MM-DD`, `DD/MM/YYYY`, `YYYYMMDD`.
 * Errors: ERR_USAGE.
 */
export function parseDayFormat(format: string): DayFormat {
  const parts = format.match(/YYYY|MM|DD|[\x20-\x7e]/g) ?? [];
  const once = ['YYYY', 'MM', 'DD'].every((p) => parts.filter((part) => part === p).length === 1);
  const literals = parts.filter((part) => part.length === 1);
  const plain = literals.every((part) => !/[A-Za-z0-9]/.test(part));
  const trimmed = format.trim() === format && format.length <= 32;
  if (!once || !plain || !trimmed || parts.join('') !== format) {
    throw new TacetError('ERR_USAGE', {
      what: 'not a date format',
      where: '--opt-in-format',
      expected: 'YYYY, MM and DD once each with separators between',
      got: shapeOf(format),
      fix: 'For example YYYY-MM-DD, DD/MM/YYYY or YYYYMMDD',
    });
  }
  return Int16Array.from(parts.flatMap(stepsOf));
}

function stepsOf(part: string): number[] {
  if (part === 'YYYY') return [YEAR, YEAR, YEAR, YEAR];
  if (part === 'MM') return [MONTH, MONTH];
  if (part === 'DD') return [DAY, DAY];
  return [part.charCodeAt(0)];
}

/**
 * The epoch day written in `bytes[start, end)`, ignoring spaces around it: at least 1; 0 if it is
 * empty; {@link DAY_UNREADABLE} for anything else. A time of day after it is dropped; if it has a
 * zone, the day is that in Brussels at that time.
 */
export function readDay(bytes: Uint8Array, start: number, end: number, format: DayFormat): number {
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from])) from++;
  while (to > from && isBlank(bytes[to - 1])) to--;
  if (from === to) return 0;
  if (to - from < format.length) return DAY_UNREADABLE;
  const day = readDate(bytes, from, format);
  if (!(day >= 1)) return DAY_UNREADABLE; // also NaN: there is no such date
  return to - from === format.length ? day : dayAtTime(bytes, from + format.length, to, day);
}

/** The epoch day written in the bytes from `start` on; NaN if no such date exists. */
function readDate(bytes: Uint8Array, start: number, format: DayFormat): number {
  let year = 0;
  let month = 0;
  let day = 0;
  for (let index = 0; index < format.length; index++) {
    const byte = bytes[start + index] ?? 0;
    const step = format[index] ?? 0;
    const digit = byte - 0x30;
    if (step >= 0 ? byte !== step : digit < 0 || digit > 9) return Number.NaN;
    if (step === YEAR) year = year * 10 + digit;
    else if (step === MONTH) month = month * 10 + digit;
    else if (step === DAY) day = day * 10 + digit;
  }
  return epochDayOf(year, month, day);
}

/** The day in Brussels, if a time of day follows the date. */
function dayAtTime(bytes: Uint8Array, start: number, end: number, day: number): number {
  const text = String.fromCharCode(...bytes.subarray(start, end));
  const [, hourText, minuteText, secondText = '0', half, zone, sign, zoneHours, zoneMinutes = '0'] =
    TIME.exec(text) ?? [];
  if (hourText === undefined) return DAY_UNREADABLE;
  const hour = Number(hourText);
  const minute = Number(minuteText);
  const isClock = half === undefined ? hour <= 23 : hour >= 1 && hour <= 12;
  // A leap second has 60 seconds.
  if (!isClock || minute > 59 || Number(secondText) > 60) return DAY_UNREADABLE;
  if (zone === undefined) return day;
  const offset = sign === undefined ? 0 : Number(zoneHours) * 60 + Number(zoneMinutes);
  // Zones range from -12:00 to +14:00.
  if (offset > 14 * 60 || Number(zoneMinutes) > 59) return DAY_UNREADABLE;
  const afternoon = half?.toLowerCase() === 'p';
  const hour24 = half === undefined ? hour : (hour % 12) + (afternoon ? 12 : 0);
  const minutes = hour24 * 60 + minute - (sign === '-' ? -offset : offset);
  const found = brusselsDay(day * DAY_MS + minutes * MINUTE_MS);
  return found >= 1 ? found : DAY_UNREADABLE;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
