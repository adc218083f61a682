import { brusselsDay, validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';

/** What decides whether a list may be consulted. */
export interface Dated {
  readonly name: string;
  readonly snapshotDay: number;
}

/**
 * Refuses a list that may not be consulted at `nowMs`: past its valid_until (ERR_LIST_STALE), or
 * with a snapshot after today in Brussels (ERR_SNAPSHOT), which would make it valid for too long.
 */
export function assertFresh(lists: readonly Dated[], nowMs: number): void {
  for (const { name, snapshotDay } of lists) {
    const untilMs = knownValidUntilMs(snapshotDay);
    // Not `nowMs >= untilMs`: no time at all (NaN) is not a fresh one.
    if (!(nowMs < untilMs)) {
      throw new TacetError('ERR_LIST_STALE', {
        what: `the list ${name} of ${formatIsoDay(snapshotDay)} may not be consulted any more`,
        expected: `a use before ${new Date(untilMs).toISOString()}`,
        fix: 'Fetch the list again and pack it: it must be fetched at least every 5 days',
      });
    }
    if (snapshotDay > brusselsDay(nowMs)) {
      throw new TacetError('ERR_SNAPSHOT', {
        what: `the list ${name} claims the snapshot date ${formatIsoDay(snapshotDay)}, a day to come`,
        fix: 'Check the clock of this machine, or pack the list with its real snapshot date',
      });
    }
  }
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
