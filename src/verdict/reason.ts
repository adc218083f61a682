/**
 * Why a verdict is what it is: one reason per number, with the values of `tacet.v1.Reason`. Each
 * reason has exactly one verdict, so the reason alone determines the verdict. `docs/VERDICTS.md`
 * says what each means and what to do.
 */
import { classifyKey, EIGHT_DIGITS_BASE, EIGHT_DIGITS_COUNT, KEY_MAX } from '../phone/plan.ts';
import {
  BAD_CHARACTER,
  BAD_UTF8,
  DECIMAL_NUMBER,
  EMPTY,
  EXTENSION,
  LEADING_ZERO,
  NATIONAL_WRITING,
  NO_DIGITS,
  SCIENTIFIC,
  SEVERAL_NUMBERS,
  TOO_LONG,
  TOO_SHORT,
} from '../phone/reasons.ts';
import {
  VERDICT_BLOCKED,
  VERDICT_CALLABLE,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NOT_APPLICABLE,
  VERDICT_NOT_COVERED,
  VERDICT_UNREADABLE,
  type Verdict,
} from './verdict.ts';

/** Not on the list. */
export const REASON_NOT_LISTED = 1;
/** On the list, but the opt-in is later. */
export const REASON_OPT_IN_LATER = 2;
/** Declared a service call: the list was not applied. */
export const REASON_SERVICE_CALL = 3;
/** The channel needs an opt-in, and it is there. */
export const REASON_OPT_IN_GIVEN = 4;
/** On the list, without an opt-in; by machine, without one that counts and is later. */
export const REASON_LISTED = 10;
/** On the list, since the day of the opt-in or later. */
export const REASON_OPT_IN_NOT_LATER = 11;
/** On the list, and the opt-in is after today. */
export const REASON_OPT_IN_IN_FUTURE = 12;
/** On the list since an unknown day, so that no opt-in can be later. */
export const REASON_REGISTRATION_UNDATED = 13;
/** Somebody has objected to calls of this advertiser, or of the firm. */
export const REASON_OBJECTION = 14;
/** The channel needs an opt-in, and none that counts is there. */
export const REASON_CHANNEL_NEEDS_OPT_IN = 15;
/** A number of another country. */
export const REASON_FOREIGN = 20;
/** Toll free, shared cost, premium or universal. */
export const REASON_SPECIAL_NUMBER = 21;
/** Nothing but spaces. */
export const REASON_EMPTY = 30;
/** No digit. */
export const REASON_NO_DIGITS = 31;
/** Too few digits. */
export const REASON_TOO_SHORT = 32;
/** Too many digits, or more than 64 bytes. */
export const REASON_TOO_LONG = 33;
/** A character that no phone number has. */
export const REASON_BAD_CHARACTER = 34;
/** More than one number. */
export const REASON_SEVERAL_NUMBERS = 35;
/** A number with an extension. */
export const REASON_EXTENSION = 36;
/** Written as 4.75E+08, as spreadsheets do: digits are lost. */
export const REASON_SCIENTIFIC = 37;
/** Written as a decimal number. */
export const REASON_DECIMAL = 38;
/** Belgian digits that the numbering plan does not have. */
export const REASON_NOT_IN_PLAN = 39;
/** Written nationally, and the country is not known. */
export const REASON_NATIONAL_WRITING = 40;
/** Bytes that are no UTF-8. */
export const REASON_BAD_UTF8 = 41;

/** A reason with one of this version's verdicts. */
export type Reason =
  | (1 | 2 | 3 | 4)
  | (10 | 11 | 12 | 13 | 14 | 15)
  | (20 | 21)
  | (30 | 31 | 32 | 33 | 34 | 35 | 36 | 37 | 38 | 39 | 40 | 41);

// biome-ignore format: a table
const REASONS: readonly (readonly [Reason, Verdict, string])[] = [
  [REASON_NOT_LISTED, VERDICT_CALLABLE, 'not-listed'],
  [REASON_OPT_IN_LATER, VERDICT_CALLABLE_OPT_IN, 'opt-in-later'],
  [REASON_SERVICE_CALL, VERDICT_NOT_APPLICABLE, 'service-call'],
  [REASON_OPT_IN_GIVEN, VERDICT_CALLABLE_OPT_IN, 'opt-in-given'],
  [REASON_LISTED, VERDICT_BLOCKED, 'listed'],
  [REASON_OPT_IN_NOT_LATER, VERDICT_BLOCKED, 'opt-in-not-later'],
  [REASON_OPT_IN_IN_FUTURE, VERDICT_BLOCKED, 'opt-in-in-future'],
  [REASON_REGISTRATION_UNDATED, VERDICT_BLOCKED, 'registration-undated'],
  [REASON_OBJECTION, VERDICT_BLOCKED, 'objection'],
  [REASON_CHANNEL_NEEDS_OPT_IN, VERDICT_BLOCKED, 'channel-needs-opt-in'],
  [REASON_FOREIGN, VERDICT_NOT_COVERED, 'foreign'],
  [REASON_SPECIAL_NUMBER, VERDICT_NOT_COVERED, 'special-number'],
  [REASON_EMPTY, VERDICT_UNREADABLE, 'empty'],
  [REASON_NO_DIGITS, VERDICT_UNREADABLE, 'no-digits'],
  [REASON_TOO_SHORT, VERDICT_UNREADABLE, 'too-short'],
  [REASON_TOO_LONG, VERDICT_UNREADABLE, 'too-long'],
  [REASON_BAD_CHARACTER, VERDICT_UNREADABLE, 'bad-character'],
  [REASON_SEVERAL_NUMBERS, VERDICT_UNREADABLE, 'several-numbers'],
  [REASON_EXTENSION, VERDICT_UNREADABLE, 'extension'],
  [REASON_SCIENTIFIC, VERDICT_UNREADABLE, 'scientific'],
  [REASON_DECIMAL, VERDICT_UNREADABLE, 'decimal'],
  [REASON_NOT_IN_PLAN, VERDICT_UNREADABLE, 'not-in-plan'],
  [REASON_NATIONAL_WRITING, VERDICT_UNREADABLE, 'national-writing'],
  [REASON_BAD_UTF8, VERDICT_UNREADABLE, 'bad-utf8'],
];

/** How each reason is printed, by its value; empty if no reason has the value. */
export const REASON_NAMES: readonly string[] = buildNames();

function buildNames(): string[] {
  const names = new Array<string>(REASON_BAD_UTF8 + 1).fill('');
  for (const [reason, , name] of REASONS) names[reason] = name;
  return names;
}

/**
 * The verdict of each reason, by any byte; 0 if no reason has that value. Read only; exported for
 * loops over bytes that may not be reasons.
 */
export const VERDICT_OF_REASON: Readonly<Uint8Array> = buildVerdicts();

function buildVerdicts(): Uint8Array {
  const verdicts = new Uint8Array(256);
  for (const [reason, verdict] of REASONS) verdicts[reason] = verdict;
  return verdicts;
}

/** The verdict of a reason. Throws a RangeError for anything but a {@link Reason}. */
export function verdictOfReason(reason: number): Verdict {
  const verdict = VERDICT_OF_REASON[reason] ?? 0;
  if (verdict === 0) throw new RangeError(`no reason has the value ${reason}`);
  return verdict as Verdict; // proof: the table holds verdicts and 0 alone
}

/** By the negated reason of `src/phone/reasons.ts`. */
const REASON_OF_UNREAD = buildReasonOfUnread();

function buildReasonOfUnread(): Reason[] {
  const table: Reason[] = [];
  table[-EMPTY] = REASON_EMPTY;
  table[-NO_DIGITS] = REASON_NO_DIGITS;
  table[-TOO_SHORT] = REASON_TOO_SHORT;
  table[-TOO_LONG] = REASON_TOO_LONG;
  table[-BAD_CHARACTER] = REASON_BAD_CHARACTER;
  table[-SEVERAL_NUMBERS] = REASON_SEVERAL_NUMBERS;
  table[-EXTENSION] = REASON_EXTENSION;
  table[-SCIENTIFIC] = REASON_SCIENTIFIC;
  table[-DECIMAL_NUMBER] = REASON_DECIMAL;
  table[-LEADING_ZERO] = REASON_NOT_IN_PLAN;
  table[-NATIONAL_WRITING] = REASON_NATIONAL_WRITING;
  table[-BAD_UTF8] = REASON_BAD_UTF8;
  return table;
}

/**
 * The reason of a text that gave no key, from the negative result of `whyUnreadable` or
 * `readPhoneNumber`. Any other value counts as a bad character: unreadable in any case.
 */
export function reasonOfUnread(phoneReason: number): Reason {
  return REASON_OF_UNREAD[-phoneReason] ?? REASON_BAD_CHARACTER;
}

/** Country code 32 followed by eight or nine digits is a Belgian number. */
const NATIONAL_DIGITS_MIN = 8;
const NATIONAL_DIGITS_MAX = 9;
/** The smallest foreign number: seven digits in all. */
const FOREIGN_MIN = 1_000_000;

/**
 * The reason of a key that is on no list; {@link classifyKey} has its verdict. Key 0 counts as
 * empty: for a text that gave no key, use {@link reasonOfUnread}.
 */
export function reasonOfUnlistedKey(key: number): Reason {
  const keyClass = classifyKey(key);
  if (keyClass === VERDICT_CALLABLE) return REASON_NOT_LISTED;
  if (keyClass === VERDICT_NOT_COVERED) {
    const isBelgian = key >= EIGHT_DIGITS_BASE && key < EIGHT_DIGITS_BASE + EIGHT_DIGITS_COUNT;
    return isBelgian ? REASON_SPECIAL_NUMBER : REASON_FOREIGN;
  }
  if (key === 0) return REASON_EMPTY;
  if (!(key <= KEY_MAX)) return REASON_TOO_LONG;
  // Place value of the country code, with `national` digits after it.
  let unit = 1;
  let national = 0;
  for (; key >= unit * 100; national++) unit *= 10;
  if (key < 32 * unit || key >= 33 * unit)
    return key < FOREIGN_MIN ? REASON_TOO_SHORT : REASON_NOT_IN_PLAN;
  if (national < NATIONAL_DIGITS_MIN) return REASON_TOO_SHORT;
  return national > NATIONAL_DIGITS_MAX ? REASON_TOO_LONG : REASON_NOT_IN_PLAN;
}
