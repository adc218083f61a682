import { DAY_MS, EPOCH_DAY_MAX } from './day.ts';

const HOUR_MS = 3_600_000;

/** A list may be consulted until the start of the sixth day after its snapshot date. */
const VALID_DAYS = 6;

/** Created on first use: it takes 30 ms, which threads that never need it do not pay. */
let brusselsClock: Intl.DateTimeFormat | undefined;

function openBrusselsClock(): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/Brussels',
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** The wall-clock time in Brussels at `unixMs`, as if it were UTC. */
function brusselsWallMs(unixMs: number): number {
  brusselsClock ??= openBrusselsClock();
  const parts: Record<string, number> = {};
  for (const { type, value } of brusselsClock.formatToParts(unixMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * An instant for people, to the minute: `2026-11-28 14:05 Brussels time`, or with the name of the
 * zone in another language.
 */
export function brusselsTime(unixMs: number, zone = 'Brussels time'): string {
  const wall = new Date(brusselsWallMs(unixMs)).toISOString();
  return `${wall.slice(0, 10)} ${wall.slice(11, 16)} ${zone}`;
}

/** The last day returned, and when it begins and ends. */
let lastDay = { day: 0, startMs: 0, endMs: 0 };

/**
 * Today in Brussels, as an epoch day, at the instant `unixMs`; NaN for an invalid one. Every call
 * needs it and formatting a date takes 13 us, so the last day is cached until it ends.
 */
export function brusselsDay(unixMs: number): number {
  if (unixMs >= lastDay.startMs && unixMs < lastDay.endMs) return lastDay.day;
  const day = Math.floor(brusselsWallMs(unixMs) / DAY_MS);
  lastDay = { day, startMs: brusselsMidnightMs(day), endMs: brusselsMidnightMs(day + 1) };
  return day;
}

/**
 * The instant at which `epochDay` begins in Brussels, in Unix milliseconds. Brussels is one or two
 * hours ahead of UTC and changes at 01:00 UTC, so midnight always exists and exists once.
 */
export function brusselsMidnightMs(epochDay: number): number {
  const utcMidnightMs = epochDay * DAY_MS;
  const winterMs = utcMidnightMs - HOUR_MS;
  return brusselsWallMs(winterMs) === utcMidnightMs ? winterMs : utcMidnightMs - 2 * HOUR_MS;
}

/**
 * The instant from which a list with this snapshot date no longer answers, in Unix milliseconds:
 * 00:00 in Brussels on the sixth day after the snapshot.
 */
export function validUntilMs(snapshotDay: number): number {
  return brusselsMidnightMs(Math.min(snapshotDay, EPOCH_DAY_MAX) + VALID_DAYS);
}
