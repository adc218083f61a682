import { REASON_OPT_IN_LATER, reasonOfListed } from './reason.ts';
import { VERDICT_BLOCKED, VERDICT_CALLABLE_OPT_IN } from './verdict.ts';

/** The verdict of a number on the list, by the rule of {@link reasonOfListed}. */
export function verdictOfListed(
  registeredDay: number,
  optInDay: number,
  todayDay: number,
): typeof VERDICT_BLOCKED | typeof VERDICT_CALLABLE_OPT_IN {
  return reasonOfListed(registeredDay, optInDay, todayDay) === REASON_OPT_IN_LATER
    ? VERDICT_CALLABLE_OPT_IN
    : VERDICT_BLOCKED;
}
