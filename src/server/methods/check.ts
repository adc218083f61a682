import type { Caller } from '../../access/access.ts';
import { brusselsDay } from '../../calendar/brussels.ts';
import { formatIsoDay, parseIsoDay } from '../../calendar/day.ts';
import { checkPhoneNumber } from '../../engine/check.ts';
import { type RegisterView, saying } from '../../registers/view.ts';
import type { Method } from '../../rpc/call.ts';
import { type UnaryCall, unaryMethod } from '../../rpc/unary-call.ts';
import { heldFor } from '../../serving/held-for.ts';
import { type Approach, isUsual } from '../../verdict/approach.ts';
import { assertFresh } from '../../verdict/freshness.ts';
import { VERDICT_BLOCKED } from '../../verdict/verdict.ts';
import { encodeApproach } from '../../wire/approach.ts';
import type { CheckRequestMessage, CheckResponseMessage } from '../../wire/gen/messages.ts';
import { dedupeService } from '../../wire/service.ts';
import {
  approachOf,
  BELGIUM,
  checkAdvertiser,
  invalid,
  mayHaveDates,
  regionOf,
  type ServiceContext,
} from '../context.ts';

const AMOUNTS = { numbers: 1, checks: 1 };

/** `Check`: one number, answered on this thread. */
export function checkMethod(context: ServiceContext): Method {
  return unaryMethod(dedupeService.Check, (request, call) => check(context, request, call));
}

function check(
  context: ServiceContext,
  request: CheckRequestMessage,
  call: UnaryCall<CheckRequestMessage, CheckResponseMessage>,
): CheckResponseMessage | Promise<CheckResponseMessage> {
  const belgian = regionOf(request.region, context) === BELGIUM;
  const { advertiser } = request;
  checkAdvertiser(advertiser);
  const optInDay = optInDayOf(request.optInDate);
  const approach = approachOf(request);
  const { notices, caller } = context.admission.admit(call.caller, {
    ...{ permissions: ['check'], advertiser, ...approach },
  });
  context.charging.check(caller, AMOUNTS);
  const answer = (view: RegisterView | undefined) =>
    checkBy(context, { request, call, view, belgian, optInDay, approach, notices, caller });
  const view = context.registers.viewOf(advertiser);
  return view instanceof Promise ? view.then(answer) : answer(view);
}

/** What a check was admitted with. */
interface Admitted {
  readonly request: CheckRequestMessage;
  readonly call: UnaryCall<CheckRequestMessage, CheckResponseMessage>;
  readonly view: RegisterView | undefined;
  readonly belgian: boolean;
  readonly optInDay: number;
  readonly approach: Approach;
  readonly notices: readonly string[];
  readonly caller: Caller | undefined;
}

function checkBy(
  context: ServiceContext,
  { request, call, view, belgian, optInDay, approach, notices, caller }: Admitted,
): CheckResponseMessage | Promise<CheckResponseMessage> {
  const { registers } = context;
  return heldFor(context.lists, {}, ({ set, versions, lists }) => {
    const keys = context.pool.keyJudgeOf(set);
    const { verdict, reason, e164, registeredDay, matchedLists } = checkPhoneNumber(keys, {
      phoneNumber: request.phoneNumber,
      belgian,
      optInDay,
      listCount: lists.length,
      todayDay: brusselsDay(Date.now()),
      approach,
      registers: saying(view),
    });
    context.witnessOf(caller, approach)?.(keys.answered(1, { hasOptIns: optInDay > 0 }));
    const answered = (): CheckResponseMessage => {
      context.countVerdict(verdict, call.metadata);
      const disclosed = registeredDay > 0 && mayHaveDates(context, caller);
      return {
        verdict,
        reason,
        e164,
        registrationDate: disclosed ? formatIsoDay(registeredDay) : '',
        lists: view === undefined ? versions : [...versions, ...registers.versionsOf(view)],
        notices: [...notices, ...registers.noticesOf(request.advertiser, view)],
        matchedLists,
        ...encodeApproach(approach),
      };
    };
    const blocked = isUsual(approach) ? Number(verdict === VERDICT_BLOCKED) : undefined;
    const charging = context.charging.charge(caller, { ...AMOUNTS, blocked }, call);
    if (charging === undefined) return answered();
    return charging.then(() => {
      // It may have waited for its budget past midnight.
      assertFresh(lists, Date.now());
      registers.assertFresh();
      return answered();
    });
  });
}

function optInDayOf(text: string): number {
  if (text === '') return 0;
  const day = parseIsoDay(text);
  if (Number.isNaN(day)) throw invalid('malformed opt_in_date', 'a real date as YYYY-MM-DD');
  // A day before 1970 counts as no opt-in; no registration is older.
  return Math.max(0, day);
}
