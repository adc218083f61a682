import { brusselsDay } from '../../calendar/brussels.ts';
import { parseIsoDay } from '../../calendar/day.ts';
import { TacetError } from '../../errors.ts';
import { readPhoneText } from '../../phone/read.ts';
import { whyTextUnreadable } from '../../phone/unreadable.ts';
import { FIRM, REGISTERS, type RegisterOperation } from '../../registers/standing.ts';
import {
  REASON_NAMES,
  reasonOfUnlistedKey,
  reasonOfUnread,
  verdictOfReason,
} from '../../verdict/reason.ts';
import { VERDICT_UNREADABLE } from '../../verdict/verdict.ts';
import type { EditRequestMessage, RefusedNumberMessage } from '../../wire/gen/messages.ts';
import { JOB_ID, JOB_ID_RULE } from '../../wire/identity.ts';
import { EDIT_OPERATIONS } from '../../wire/registers/edit.ts';
import type { InputOf } from '../operations.ts';

/** Numbers that one edit may have. */
export const EDIT_NUMBERS_MAX = 10_000;
/** Characters of source, reference, by and reason. */
const TEXT_MAX = 200;

/** A request that was understood. */
interface ReadEdit {
  /** What the state does; its numbers are those that could be read, each once. */
  readonly edit: InputOf<'editRegister'>[0];
  /** For each number of the edit, where the request has it, ascending. */
  readonly indexes: readonly (readonly number[])[];
  readonly refused: readonly RefusedNumberMessage[];
}

/** How numbers are read, and when. */
interface Reading {
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  readonly nowMs: number;
}

/** Reads a request to edit a register. Errors: ERR_REQUEST; ERR_LIMIT for too many numbers. */
export function readEdit(request: EditRequestMessage, { belgian, nowMs }: Reading): ReadEdit {
  const { requestId, advertiser, source, reference, by, reason } = request;
  if (!JOB_ID.test(requestId)) throw invalid('malformed request_id', JOB_ID_RULE);
  const register = readRegister(request.register);
  const operation = EDIT_OPERATIONS[request.op];
  if (operation === undefined) throw invalid('unknown op', 'ADD, LIFT or LIFT_MISTAKE');
  checkAdvertiser(register, advertiser);
  for (const [name, text] of Object.entries({ source, reference, by, reason })) {
    checkText(name, text);
  }
  const dayAt = daysOf(request, { register, operation, todayDay: brusselsDay(nowMs) });
  const { phoneNumbers } = request;
  if (phoneNumbers.length === 0) throw invalid('no phone_numbers', 'at least one');
  const places = new Map<number, number[]>();
  const refused: RefusedNumberMessage[] = [];
  phoneNumbers.forEach((phoneNumber, index) => {
    const { key, reason: why } = readNumber(phoneNumber, belgian);
    const known = places.get(key);
    if (why !== undefined) refused.push({ index, reason: why });
    else if (known === undefined) places.set(key, [index]);
    else known.push(index);
  });
  const indexes = [...places.values()];
  const edit = {
    ...{ requestId, register, advertiser, operation },
    numbers: [...places.keys()],
    days: indexes.map((at) => Math.max(...at.map(dayAt))),
    isDayGiven: request.day !== '' || request.epochDays.length > 0,
    ...{ source, reference, by, reason, atMs: nowMs },
  };
  return { edit, indexes, refused };
}

/**
 * A number as written, and why it is none: what would be answered `unreadable` is a slip, and an
 * edit of it would be of no use to anybody.
 */
function readNumber(
  text: string,
  belgian: boolean,
): { readonly key: number; readonly reason: string | undefined } {
  const key = readPhoneText(text, belgian);
  const reason =
    key > 0 ? reasonOfUnlistedKey(key) : reasonOfUnread(whyTextUnreadable(text, belgian));
  const isUnreadable = verdictOfReason(reason) === VERDICT_UNREADABLE;
  return { key, reason: isUnreadable ? REASON_NAMES[reason] : undefined };
}

/** Errors: ERR_REQUEST for a text that names no register. */
export function readRegister(text: string): (typeof REGISTERS)[number] {
  const register = REGISTERS.find((name) => name === text);
  if (register === undefined) throw invalid('unknown register', REGISTERS.join(' or '));
  return register;
}

function checkAdvertiser(register: string, advertiser: string): void {
  if (advertiser === FIRM && register === 'objections') return;
  if (advertiser === FIRM) throw invalid('opt-ins of everybody', 'the id of one advertiser');
  if (!JOB_ID.test(advertiser)) {
    const firm = register === 'objections' ? '; * = of everybody' : '';
    throw invalid('malformed advertiser', `${JOB_ID_RULE}${firm}`);
  }
}

function checkText(name: string, text: string): void {
  if ([...text].length <= TEXT_MAX && !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text)) return;
  throw invalid(`malformed ${name}`, `at most ${TEXT_MAX} printable characters`);
}

/** The first day that an act can be of: 1970-01-02, as 0 stands for none. */
const DAY_MIN = 1;

/** Whether an act can be of a day: people act on days that were. */
export function isActDay(epochDay: number, todayDay: number): boolean {
  return Number.isInteger(epochDay) && epochDay >= DAY_MIN && epochDay <= todayDay;
}

/** What the days of a request depend on. */
interface DayRules {
  readonly register: string;
  readonly operation: RegisterOperation;
  readonly todayDay: number;
}

/** The epoch day of each number, by its index. */
function daysOf(
  { day, epochDays, phoneNumbers }: EditRequestMessage,
  { register, operation, todayDay }: DayRules,
): (index: number) => number {
  const { length } = phoneNumbers;
  if (length > EDIT_NUMBERS_MAX) throw tooMany(length);
  const expected = 'real days from 1970-01-02 on, not after today in Brussels';
  if (epochDays.length > 0) {
    if (day !== '') throw invalid('day and epoch_days', 'one of them');
    if (epochDays.length !== length) {
      throw invalid('epoch_days that do not match the numbers', `${length} of them`);
    }
    if (!epochDays.every((each) => isActDay(each, todayDay))) {
      throw invalid('epoch_days', expected);
    }
    // In range: as many as there are numbers.
    return (index) => epochDays[index] as number;
  }
  if (day === '') {
    const isOptIn = register === 'opt-ins';
    if (isOptIn && operation === 'add') throw invalid('no day', 'the day of each opt-in');
    return () => (isOptIn && operation === 'lift-mistake' ? 0 : todayDay);
  }
  const epochDay = parseIsoDay(day);
  if (!isActDay(epochDay, todayDay)) throw invalid('day', `YYYY-MM-DD, of ${expected}`);
  return () => epochDay;
}

function tooMany(count: number): TacetError {
  return new TacetError('ERR_LIMIT', {
    what: `${count} numbers in one edit`,
    expected: `at most ${EDIT_NUMBERS_MAX}`,
    fix: 'Send several edits',
    facts: { limit: 'numbers', max: String(EDIT_NUMBERS_MAX) },
  });
}

/** The error for a request that cannot be done by anybody. */
export function invalid(what: string, expected: string): TacetError {
  return new TacetError('ERR_REQUEST', { what, expected });
}
