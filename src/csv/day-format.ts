import { epochDayOf } from '../calendar/day.ts';
import { shapeOf, TacetError } from '../errors.ts';

const YEAR = -1;
const MONTH = -2;
const DAY = -3;

const SPACE = 0x20;
const TAB = 0x09;

/** A date format as what each byte of a date must be: a literal, or a digit of one of its parts. */
export type DayFormat = Int16Array;

/** An opt-in that cannot be read, or lies before 1970-01-02: it counts for nothing. */
export const DAY_UNREADABLE = -1;

/**
 * Reads a format made of `YYYY`, `MM` and `DD`, once each, and separators that are neither letters
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
 * The epoch day written in `bytes[start, end)`, spaces around it aside: at least 1; 0 if there is
 * nothing; {@link DAY_UNREADABLE} for anything else.
 */
export function readDay(bytes: Uint8Array, start: number, end: number, format: DayFormat): number {
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from])) from++;
  while (to > from && isBlank(bytes[to - 1])) to--;
  if (from === to) return 0;
  if (to - from !== format.length) return DAY_UNREADABLE;
  let year = 0;
  let month = 0;
  let day = 0;
  for (let index = 0; index < format.length; index++) {
    const byte = bytes[from + index] ?? 0;
    const step = format[index] ?? 0;
    const digit = byte - 0x30;
    if (step >= 0 ? byte !== step : digit < 0 || digit > 9) return DAY_UNREADABLE;
    if (step === YEAR) year = year * 10 + digit;
    else if (step === MONTH) month = month * 10 + digit;
    else if (step === DAY) day = day * 10 + digit;
  }
  const epochDay = epochDayOf(year, month, day);
  return epochDay >= 1 ? epochDay : DAY_UNREADABLE; // also NaN: there is no such date
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
