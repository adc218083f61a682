/** The rules that a verdict follows, for one number that the list covers or that is on it. */
import type { Approach } from './approach.ts';
import {
  REASON_CHANNEL_NEEDS_OPT_IN,
  REASON_LISTED,
  REASON_NOT_LISTED,
  REASON_OPT_IN_GIVEN,
  REASON_OPT_IN_IN_FUTURE,
  REASON_OPT_IN_LATER,
  REASON_OPT_IN_NOT_LATER,
  REASON_REGISTRATION_UNDATED,
  REASON_SERVICE_CALL,
  type Reason,
} from './reason.ts';
import { VERDICT_BLOCKED, VERDICT_CALLABLE_OPT_IN } from './verdict.ts';

/**
 * The reason of a number, which has its verdict. A service call needs nothing of the list. Direct
 * marketing by a person follows the list; by machine it needs an opt-in besides, and by SMS or fax
 * nothing but an opt-in.
 *
 * @param isListed whether it is on the list; else the list covers it, or it is a service call
 * @param registeredDay epoch day of the registration, 0 = unknown; read for listed numbers alone
 * @param optInDay epoch day of this advertiser's opt-in, 0 = none
 * @param todayDay today in Brussels when the stream began
 *
 * Sources: Code of Economic Law, VI.110 to VI.115; directive 2002/58/EC, art. 13(1), for automated
 * calls, SMS and fax; DNCM's FAQ for companies, for service calls. docs/VERDICTS.md has the table.
 */
export function reasonOf(
  { purpose, channel }: Approach,
  isListed: boolean,
  registeredDay: number,
  optInDay: number,
  todayDay: number,
): Reason {
  if (purpose === 'service') return REASON_SERVICE_CALL;
  if (channel === 'person') {
    return isListed ? reasonOfListed(registeredDay, optInDay, todayDay) : REASON_NOT_LISTED;
  }
  if (channel === 'automated' && isListed) {
    const isLater = reasonOfListed(registeredDay, optInDay, todayDay) === REASON_OPT_IN_LATER;
    return isLater ? REASON_OPT_IN_GIVEN : REASON_LISTED;
  }
  // What is NaN does not count, either.
  return optInDay > 0 && optInDay <= todayDay ? REASON_OPT_IN_GIVEN : REASON_CHANNEL_NEEDS_OPT_IN;
}

/**
 * The rule for a number on the list, called by a person: the last act wins. An opt-in later than
 * the registration makes the number callable again. Only days are compared: if both fall on the
 * same day, or the registration day is unknown, the number is blocked. An opt-in in the future does
 * not count. Days as for {@link reasonOf}.
 *
 * Source: royal decree of 12 May 2015 and the FPS Economy's guidelines of 6 January 2017.
 */
export function reasonOfListed(registeredDay: number, optInDay: number, todayDay: number): Reason {
  // Not `optInDay === 0`: NaN is no opt-in either.
  if (!(optInDay > 0)) return REASON_LISTED;
  if (!(registeredDay > 0)) return REASON_REGISTRATION_UNDATED;
  if (!(optInDay <= todayDay)) return REASON_OPT_IN_IN_FUTURE;
  return optInDay > registeredDay ? REASON_OPT_IN_LATER : REASON_OPT_IN_NOT_LATER;
}

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
