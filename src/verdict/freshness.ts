import {
  brusselsDay,
  brusselsMidnightMs,
  brusselsTime,
  validUntilMs,
} from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';

/** Permission to consult a list past its valid_until, until this moment. */
interface Leave {
  readonly untilUnix: number;
}

/** What decides whether a list may be consulted. */
interface Dated {
  readonly name: string;
  readonly snapshotDay: number;
  /** While in force, lets the list be consulted past its valid_until. */
  readonly override?: Leave | undefined;
  /** Whether its file was changed under the map, so that its answers cannot be trusted. */
  readonly changedInPlace?: boolean;
}

/**
 * Refuses a list that may not be consulted at `nowMs`: it is past its valid_until without an
 * override in force (ERR_LIST_STALE), its snapshot is after today in Brussels (ERR_SNAPSHOT), which
 * would make it valid for too long, or it was changed in place (ERR_LIST_CHANGED).
 */
export function assertFresh(lists: readonly Dated[], nowMs: number): void {
  for (const { name, snapshotDay, override, changedInPlace } of lists) {
    if (changedInPlace === true) throw changed(name);
    const untilMs = knownValidUntilMs(snapshotDay);
    // Not `nowMs >= untilMs`: with NaN the list must count as stale.
    if (!(nowMs < untilMs) && !lasts(override, nowMs)) {
      throw new TacetError('ERR_LIST_STALE', {
        what: `the list ${name} of ${formatIsoDay(snapshotDay)} may not be consulted any more`,
        expected: `a use before ${brusselsTime(untilMs)}`,
        fix: 'Fetch the list again and pack it: it must be fetched at least every 5 days',
      });
    }
    if (snapshotDay > brusselsDay(nowMs)) {
      throw new TacetError('ERR_SNAPSHOT', {
        what: `the list ${name} claims a snapshot date in the future: ${formatIsoDay(snapshotDay)}`,
        fix: 'Check the clock of this machine, or pack the list with its real snapshot date',
      });
    }
  }
}

/** Whether the permission is in force at `nowMs`. */
export function lasts(override: Leave | undefined, nowMs: number): boolean {
  return override !== undefined && nowMs < override.untilUnix * 1000;
}

/** Clients see this error, so it names no path. */
function changed(name: string): TacetError {
  return new TacetError('ERR_LIST_CHANGED', {
    what: `the file of the list ${name} was changed in place while it was in use`,
    fix: 'Rename a whole list file over it, never copy into it; a server reloads at SIGHUP',
  });
}

const untilMsByDay = new Map<number, number>();
const DAYS_KNOWN_MAX = 64;

/** Cached `validUntilMs`: every message needs it, and it is the same for all lists of a day. */
function knownValidUntilMs(snapshotDay: number): number {
  let untilMs = untilMsByDay.get(snapshotDay);
  if (untilMs === undefined) {
    untilMs = validUntilMs(snapshotDay);
    if (untilMsByDay.size >= DAYS_KNOWN_MAX) untilMsByDay.clear();
    untilMsByDay.set(snapshotDay, untilMs);
  }
  return untilMs;
}

/** How old a list is, best first: from `stale` on, only an override lets it be consulted. */
export const AGE_STATES = ['fresh', 'warning', 'critical', 'stale'] as const;

export type AgeState = (typeof AGE_STATES)[number];

/** The ages from which operators are alerted, in ms. */
export interface AgeLimits {
  readonly warningMs: number;
  readonly criticalMs: number;
}

/** The age of a list in ms, from the end of its snapshot day in Brussels; negative until then. */
export function listAgeMs(snapshotDay: number, nowMs: number): number {
  return nowMs - brusselsMidnightMs(snapshotDay + 1);
}

/** The age state of a list at `nowMs`. */
export function ageStateOf(snapshotDay: number, nowMs: number, limits: AgeLimits): AgeState {
  if (!(nowMs < knownValidUntilMs(snapshotDay))) return 'stale';
  const ageMs = listAgeMs(snapshotDay, nowMs);
  if (ageMs >= limits.criticalMs) return 'critical';
  return ageMs >= limits.warningMs ? 'warning' : 'fresh';
}
