import { TacetError } from '../errors.ts';
import {
  encodeKeys,
  encodeOptInDays,
  encodePhoneNumbers,
  type Keys,
} from '../wire/request-writer.ts';
import { assertList, assertTexts, describe } from './arguments.ts';
import { epochDay } from './dates.ts';

/** A number to ask about, and when its holder agreed to be called. Other fields stay with it. */
export interface Contact {
  /** As written: `0475/12.34.56`, `+32 475 12 34 56`. */
  readonly phoneNumber: string;
  /** The day of the opt-in to this advertiser, YYYY-MM-DD; empty or left out = none. */
  readonly optInDate?: string | undefined;
}

/** One batch: contacts, or numbers as text or as integers with the days of their opt-ins. */
export type Batch = ContactBatch | ((TextNumbers | IntegerNumbers) & OptIns);

/** Numbers, each with what belongs to it. */
export interface ContactBatch<Item extends Contact = Contact> {
  readonly contacts: readonly Item[];
  readonly phoneNumbers?: undefined;
  readonly keys?: undefined;
}

interface TextNumbers {
  /** As written. */
  readonly phoneNumbers: readonly string[];
  readonly keys?: undefined;
  readonly contacts?: undefined;
}

interface IntegerNumbers {
  readonly keys: Keys;
  readonly phoneNumbers?: undefined;
  readonly contacts?: undefined;
}

/** The days of opt-ins, one per number, in one of two forms. */
interface OptIns {
  /** YYYY-MM-DD; empty or undefined = none. */
  readonly optInDates?: readonly (string | undefined)[];
  /** Whole days since 1970-01-01, 0 = none: see `epochDay`. */
  readonly optInDays?: readonly number[] | Uint32Array;
}

/**
 * A batch that is already encoded, perhaps by another thread: the bytes of a `DedupeRequest`
 * without options, which must not change until it is answered. Not exported by the package.
 */
export class EncodedBatch {
  readonly request: Uint8Array;
  /** How many numbers it holds. */
  readonly count: number;

  constructor(request: Uint8Array, count: number) {
    this.request = request;
    this.count = count;
  }
}

const FORMS = ['contacts', 'phoneNumbers', 'keys'] as const;

/** Encodes a batch. Errors: ERR_REQUEST for a batch that no server would accept. */
export function encodeBatch(batch: Batch): EncodedBatch {
  const given = FORMS.filter((form) => Object(batch)[form] !== undefined);
  if (given.length !== 1) {
    throw new TacetError('ERR_REQUEST', {
      what: 'not a batch',
      expected: 'one of contacts, phoneNumbers and keys',
      got: given.join(' and ') || describe(batch),
      fix: 'Give { contacts: [{ phoneNumber, optInDate }] }, { phoneNumbers: [...] } or { keys }',
    });
  }
  const { contacts, phoneNumbers, keys } = batch;
  if (contacts !== undefined) return encodeContacts(contacts);
  const { optInDates, optInDays } = batch;
  const days = optInDates === undefined ? optInDays : optInDates.map(optInDay);
  if (phoneNumbers === undefined) {
    assertList(keys, 'keys');
    return withOptIns(encodeKeys(keys), keys.length, days);
  }
  assertList(phoneNumbers, 'phoneNumbers');
  assertTexts(phoneNumbers, (index) => `phoneNumbers[${index}]`);
  return withOptIns(encodePhoneNumbers(phoneNumbers), phoneNumbers.length, days);
}

function encodeContacts(contacts: readonly Contact[]): EncodedBatch {
  assertList(contacts, 'contacts');
  const phoneNumbers = contacts.map((contact) => Object(contact).phoneNumber);
  assertTexts(phoneNumbers, (index) => `contacts[${index}].phoneNumber`);
  const days = contacts.some(({ optInDate }) => optInDate)
    ? contacts.map(({ optInDate }, index) => optInDay(optInDate, index))
    : undefined;
  return withOptIns(encodePhoneNumbers(phoneNumbers), contacts.length, days);
}

function withOptIns(
  numbers: Buffer,
  count: number,
  days: readonly number[] | Uint32Array | undefined,
): EncodedBatch {
  if (days === undefined) return new EncodedBatch(numbers, count);
  if (days.length === count) {
    return new EncodedBatch(Buffer.concat([numbers, encodeOptInDays(days)]), count);
  }
  throw new TacetError('ERR_REQUEST', {
    what: 'opt-ins that do not match the numbers',
    expected: `${count} of them`,
    got: String(days.length),
    fix: 'Give one for each number, empty or 0 where there is none',
  });
}

/** 0 = none. Errors: ERR_REQUEST for what is no date. */
function optInDay(date: string | undefined, index: number): number {
  if (date === undefined || date === '') return 0;
  return epochDay(date, `optInDate ${index}`);
}
