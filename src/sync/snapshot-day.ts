import { brusselsDay } from '../calendar/brussels.ts';
import { parseIsoDay } from '../calendar/day.ts';
import type { SourceOrigin } from '../store/version.ts';

const HALF_DAY_S = 43_200;

/**
 * The epoch day a source is from by a rule; undefined means the newest registration in it.
 *
 * `fetched-day` is the day before the fetch, in Brussels: the file is built at the end of a day and
 * fetched the next morning. If the file was last changed long before the fetch, it is from an
 * earlier day: the day before the midnight nearest to that change. The earlier of the two counts,
 * so that a file that is no longer rebuilt does not look fresh.
 */
export function snapshotDayBy(rule: string, origin: SourceOrigin): number | undefined {
  if (rule === 'newest') return undefined;
  if (rule !== 'fetched-day') return parseIsoDay(rule);
  const fetched = brusselsDay(origin.fetchedAtUnix * 1000) - 1;
  if (origin.modifiedAtUnix === null) return fetched;
  return Math.min(fetched, brusselsDay((origin.modifiedAtUnix + HALF_DAY_S) * 1000) - 1);
}
