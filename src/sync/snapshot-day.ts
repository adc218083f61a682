import { brusselsDay } from '../calendar/brussels.ts';
import { parseIsoDay } from '../calendar/day.ts';
import type { SourceOrigin } from '../store/version.ts';

const HALF_DAY_S = 43_200;
const DAY_S = 86_400;

/** An origin with the time of its change. */
type Dated = SourceOrigin & { readonly modifiedAtUnix: number };

/** Whether the source tells when it was changed: after 1970, and not after it was fetched. */
function hasChangeTime(origin: SourceOrigin): origin is Dated {
  const { modifiedAtUnix, fetchedAtUnix } = origin;
  // A day of grace, for clocks that are wrong.
  return modifiedAtUnix !== null && modifiedAtUnix > 0 && modifiedAtUnix <= fetchedAtUnix + DAY_S;
}

/**
 * The epoch day a source is from by a rule; undefined means the newest registration in it.
 *
 * `fetched-day` is the day before the fetch, in Brussels: the file is built at the end of a day and
 * fetched the next morning. If the file was last changed long before the fetch, it is from an
 * earlier day: the day before the midnight nearest to that change. The earlier of the two counts,
 * so that a file that is no longer rebuilt does not look fresh. Without a time of change that can
 * be true it is the newest registration too, which is never late.
 */
export function snapshotDayBy(rule: string, origin: SourceOrigin): number | undefined {
  if (rule === 'newest') return undefined;
  if (rule !== 'fetched-day') return parseIsoDay(rule);
  const fetched = brusselsDay(origin.fetchedAtUnix * 1000) - 1;
  if (!hasChangeTime(origin)) return undefined;
  return Math.min(fetched, brusselsDay((origin.modifiedAtUnix + HALF_DAY_S) * 1000) - 1);
}
