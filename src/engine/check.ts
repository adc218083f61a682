import { formatE164 } from '../phone/plan.ts';
import { readPhoneText } from '../phone/read.ts';
import { whyTextUnreadable } from '../phone/unreadable.ts';
import type { RegisterView } from '../registers/view.ts';
import type { Approach } from '../verdict/approach.ts';
import {
  REASON_OBJECTION,
  type Reason,
  reasonOfUnread,
  verdictOfReason,
} from '../verdict/reason.ts';
import { VERDICT_NOT_APPLICABLE, VERDICT_UNREADABLE, type Verdict } from '../verdict/verdict.ts';
import type { KeyJudge } from './key-judge.ts';

/** One number as written, and everything but the list that its verdict depends on. */
interface PhoneCheck {
  readonly phoneNumber: string;
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  /** Epoch day of the opt-in, 0 = none. */
  readonly optInDay: number;
  /** Today in Brussels. */
  readonly todayDay: number;
  readonly approach: Approach;
  /** Undefined = there are no registers. */
  readonly registers: RegisterView | undefined;
  /** How many lists are asked: answers name the objections after them. */
  readonly listCount: number;
}

/** The verdict of one number and the reason for it. */
interface PhoneVerdict {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** `+32475123456`, empty if the verdict is unreadable. */
  readonly e164: string;
  /** Epoch day of the registration, 0 = not on the list, unknown, or the list does not apply. */
  readonly registeredDay: number;
  /** The lists and registers it is on, a bit for each; 0 = on none, or the list does not apply. */
  readonly matchedLists: number;
}

/** For the thread's current check: nothing awaits between writing and reading it. */
const unread = new Uint8Array(1);

/** Checks one number. `keys` belongs to this thread and has room for one. */
export function checkPhoneNumber(keys: KeyJudge, check: PhoneCheck): PhoneVerdict {
  const { phoneNumber, belgian, todayDay, approach, registers } = check;
  const read = readPhoneText(phoneNumber, belgian);
  if (read < 0) unread[0] = reasonOfUnread(whyTextUnreadable(phoneNumber, belgian));
  const key = Math.max(read, 0);
  keys.words[0] = key % 0x1_0000_0000;
  keys.words[1] = Math.floor(key / 0x1_0000_0000);
  keys.optInDays[0] = check.optInDay;
  keys.registeredDays[0] = 0;
  keys.matchedLists[0] = 0;
  // Each array has at least one element, and every key gets a reason, which has a verdict.
  const call = { hasOptIns: true, wantsLists: true, todayDay, approach, registers };
  const reason = keys.reasons(1, call, unread)[0] as Reason;
  const verdict = verdictOfReason(reason);
  const objected = Number(reason === REASON_OBJECTION) << check.listCount;
  const applies = verdict !== VERDICT_NOT_APPLICABLE;
  return {
    verdict,
    reason,
    e164: verdict === VERDICT_UNREADABLE ? '' : formatE164(key),
    registeredDay: applies ? (keys.registeredDays[0] as number) : 0,
    matchedLists: applies ? (keys.matchedLists[0] as number) | objected : 0,
  };
}
