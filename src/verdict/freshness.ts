import { brusselsDay, brusselsMidnightMs, validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';

/** Leave to consult a list past its valid_until, until this moment. */
interface Leave {
  readonly untilUnix: number;
}

/** What decides whether a list may be consulted. */
interface Dated {
  readonly name: string;
  readonly snapshotDay: number;
  /** Lets the list be consulted past its valid_until, while it lasts. */
  readonly override?: Leave | undefined;
  /** Whether its file was changed under the map: its answers cannot be trusted any more. */
  readonly changedInPlace?: boolean;
}

/**
 * Refuses a list that may not be consulted at `nowMs`: past its valid_until and no override lasts
 * (ERR_LIST_STALE), with a snapshot after today in Brussels (ERR_SNAPSHOT), which would make it
 * valid for too long, or changed in place (ERR_LIST_CHANGED).
 */
export function assertFresh(lists: readonly Dated[], nowMs: number): void {
  for (const { name, snapshotDay, override, changedInPlace } of lists) {
    if (changedInPlace === true) throw changed(name);
    const untilMs = knownValidUntilMs(snapshotDay);
    // Not `nowMs >= untilMs`: no time at all (NaN) is not a fresh one.
    if (!(nowMs < untilMs) && !lasts(override, nowMs)) {
      throw new TacetError('ERR_LIST_STALE', {
        what: `the list ${name} of ${formatIsoDay(snapshotDay)} may not be consulted any more`,
        expected: `a use before ${new Date(untilMs).toISOString()}`,
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

/** Whether leave is given at `nowMs`. */
export function lasts(override: Leave | undefined, nowMs: number): boolean {
  return override !== undefined && nowMs < override.untilUnix * 1000;
}

/** Sent to clients: it names no path. */
function changed(name: string): TacetError {
  return new TacetError('ERR_LIST_CHANGED', {
    what: `the file of the list ${name} was changed in place while it was in use`,
    fix: 'Rename a whole list file over it, never copy into it; a server reloads at SIGHUP',
  });
}

const untilMsByDay = new Map<number, number>();
const DAYS_KNOWN_MAX = 64;

/** `validUntilMs`, asked for with every message and the same for every list of a day. */
function knownValidUntilMs(snapshotDay: number): number {
  let untilMs = untilMsByDay.get(snapshotDay);
  if (untilMs === undefined) {
    untilMs = validUntilMs(snapshotDay);
    if (untilMsByDay.size >= DAYS_KNOWN_MAX) untilMsByDay.clear();
    untilMsByDay.set(snapshotDay, untilMs);
  }
  return untilMs;
}

/** How old a list is, from the best on: past `stale` only an override lets it be consulted. */
export const AGE_STATES = ['fresh', 'warning', 'critical', 'stale'] as const;

export type AgeState = (typeof AGE_STATES)[number];

/** From which age on people are told, in ms. */
export interface AgeLimits {
  readonly warningMs: number;
  readonly criticalMs: number;
}

/** The age of a list: how long ago its snapshot day ended in Brussels, in ms; negative before. */
export function listAgeMs(snapshotDay: number, nowMs: number): number {
  return nowMs - brusselsMidnightMs(snapshotDay + 1);
}

/** How old a list is at `nowMs`, in a word. */
export function ageStateOf(snapshotDay: number, nowMs: number, limits: AgeLimits): AgeState {
  if (!(nowMs < knownValidUntilMs(snapshotDay))) return 'stale';
  const ageMs = listAgeMs(snapshotDay, nowMs);
  if (ageMs >= limits.criticalMs) return 'critical';
  return ageMs >= limits.warningMs ? 'warning' : 'fresh';
}
