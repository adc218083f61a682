import { formatE164 } from '../phone/plan.ts';
import { readPhoneText } from '../phone/read.ts';
import type { Matcher } from './matcher.ts';
import { VERDICT_UNREADABLE, type Verdict } from './verdict.ts';

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
  /** `+32475123456`, empty if the verdict is unreadable. */
  readonly e164: string;
  /** Epoch day of the registration, 0 = not on the list, or unknown. */
  readonly registeredDay: number;
}

/** Checks one number. */
export function checkPhoneNumber(matcher: Matcher, check: PhoneCheck): PhoneVerdict {
  const key = Math.max(readPhoneText(check.phoneNumber, check.belgian), 0);
  const verdicts = new Uint8Array(1);
  const registeredDays = new Uint32Array(1);
  matcher.match(
    {
      words: Uint32Array.of(key % 0x1_0000_0000, Math.floor(key / 0x1_0000_0000)),
      count: 1,
      optInDays: Uint32Array.of(check.optInDay),
      todayDay: check.todayDay,
    },
    { verdicts, offset: 0, registeredDays, counts: new Int32Array(VERDICT_UNREADABLE + 1) },
  );
  // Both arrays have one element, and the matcher gives every key a verdict.
  const verdict = verdicts[0] as Verdict;
  return {
    verdict,
    e164: verdict === VERDICT_UNREADABLE ? '' : formatE164(key),
    registeredDay: registeredDays[0] as number,
  };
}
