import { brusselsDay } from '../../calendar/brussels.ts';
import { formatIsoDay, parseIsoDay } from '../../calendar/day.ts';
import { checkPhoneNumber } from '../../engine/check.ts';
import type { Method } from '../../rpc/call.ts';
import { unaryMethod } from '../../rpc/unary-call.ts';
import { heldFor } from '../../serving/held-for.ts';
import type { CheckRequestMessage, CheckResponseMessage } from '../../wire/gen/messages.ts';
import { dedupeService } from '../../wire/service.ts';
import { BELGIUM, checkAdvertiser, invalid, regionOf, type ServiceContext } from '../context.ts';

/** `Check`: one number, answered on this thread. */
export function checkMethod(context: ServiceContext): Method {
  return unaryMethod(dedupeService.Check, (request) => check(context, request));
}

function check(context: ServiceContext, request: CheckRequestMessage): CheckResponseMessage {
  const belgian = regionOf(request.region, context) === BELGIUM;
  checkAdvertiser(request.advertiser);
  const optInDay = optInDayOf(request.optInDate);
  return heldFor(context.lists, '', ({ set, versions }) => {
    const { verdict, reason, e164, registeredDay } = checkPhoneNumber(
      context.pool.keyJudgeOf(set),
      {
        phoneNumber: request.phoneNumber,
        belgian,
        optInDay,
        todayDay: brusselsDay(Date.now()),
      },
    );
    context.countVerdict(verdict);
    const disclosed = context.options.discloseDates && registeredDay > 0;
    return {
      verdict,
      reason,
      e164,
      registrationDate: disclosed ? formatIsoDay(registeredDay) : '',
      lists: versions,
    };
  });
}

function optInDayOf(text: string): number {
  if (text === '') return 0;
  const day = parseIsoDay(text);
  if (Number.isNaN(day)) throw invalid('malformed opt_in_date', 'a real date as YYYY-MM-DD');
  // A day before 1970 is never later than a registration, so it counts as no opt-in.
  return Math.max(0, day);
}
