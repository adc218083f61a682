import { formatE164 } from '../phone/plan.ts';
import { readPhoneText } from '../phone/read.ts';
import { whyTextUnreadable } from '../phone/unreadable.ts';
import { type Reason, reasonOfUnread, writeReasons } from '../verdict/reason.ts';
import { VERDICT_UNREADABLE, type Verdict } from '../verdict/verdict.ts';
import type { Matcher } from './matcher.ts';

/** One number as written, and what its verdict depends on besides the list. */
export interface PhoneCheck {
  readonly phoneNumber: string;
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  /** Epoch day of the opt-in, 0 = none. */
  readonly optInDay: number;
  /** Today in Brussels. */
  readonly todayDay: number;
}

/** The verdict of one number, and what led to it. */
export interface PhoneVerdict {
  readonly verdict: Verdict;
  /** Why it is that verdict. */
  readonly reason: Reason;
  /** `+32475123456`, empty if the verdict is unreadable. */
  readonly e164: string;
  /** Epoch day of the registration, 0 = not on the list, or unknown. */
  readonly registeredDay: number;
}

/** Of the one check that a thread is at: nothing waits between writing and reading them. */
const words = new Uint32Array(2);
const optInDays = new Uint32Array(1);
const verdicts = new Uint8Array(1);
const registeredDays = new Uint32Array(1);
const counts = new Int32Array(VERDICT_UNREADABLE + 1);
const unread = new Uint8Array(1);
const reasons = new Uint8Array(1);

/** Checks one number. */
export function checkPhoneNumber(matcher: Matcher, check: PhoneCheck): PhoneVerdict {
  const { phoneNumber, belgian, todayDay } = check;
  const read = readPhoneText(phoneNumber, belgian);
  if (read < 0) unread[0] = reasonOfUnread(whyTextUnreadable(phoneNumber, belgian));
  const key = Math.max(read, 0);
  words[0] = key % 0x1_0000_0000;
  words[1] = Math.floor(key / 0x1_0000_0000);
  optInDays[0] = check.optInDay;
  registeredDays[0] = 0;
  matcher.match(
    { words, count: 1, optInDays, todayDay },
    { verdicts, offset: 0, registeredDays, counts },
  );
  const judged = { words, count: 1, verdicts, optInDays, registeredDays, todayDay, unread };
  writeReasons(judged, reasons, 0);
  // The arrays have one element each, and every key has been given a verdict and a reason.
  const verdict = verdicts[0] as Verdict;
  return {
    verdict,
    reason: reasons[0] as Reason,
    e164: verdict === VERDICT_UNREADABLE ? '' : formatE164(key),
    registeredDay: registeredDays[0] as number,
  };
}
