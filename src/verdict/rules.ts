import { VERDICT_BLOCKED, VERDICT_CALLABLE_OPT_IN } from './verdict.ts';

/**
 * The rule for a number that is on the list: the last act wins. An opt-in later than the
 * registration makes the number callable again. Days decide; the same day cannot be decided and is
 * blocked, and so is a number whose registration day is unknown. An opt-in in the future counts
 * for nothing.
 *
 * @param registeredDay epoch day of the registration, 0 = unknown
 * @param optInDay epoch day of this advertiser's opt-in, 0 = none
 * @param todayDay today in Brussels when the stream began
 *
 * Source: royal decree of 12 May 2015 and the FPS Economy's guidelines of 6 January 2017.
 */
export function verdictOfListed(
  registeredDay: number,
  optInDay: number,
  todayDay: number,
): typeof VERDICT_BLOCKED | typeof VERDICT_CALLABLE_OPT_IN {
  const counts = registeredDay !== 0 && optInDay > registeredDay && optInDay <= todayDay;
  return counts ? VERDICT_CALLABLE_OPT_IN : VERDICT_BLOCKED;
}
