/**
 * Our reading and judging of phone numbers against libphonenumber-js, metadata "max". Every string
 * on which the two differ must belong to one named, narrow class of accepted differences.
 */

import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { classifyKey } from '#tacet/phone/plan.js';
import { readPhoneText } from '#tacet/phone/read.js';
import { IGNORED_CLASS } from './contract.ts';

/** E.164 digits ('' = no number) and the verdict of a number that is not on the list. */
export interface Reading {
  readonly digits: string;
  readonly verdict: 1 | 4 | 5;
}

const NOTHING: Reading = { digits: '', verdict: 5 };

export function ourReading(text: string): Reading {
  const key = readPhoneText(text, true);
  return key > 0 ? { digits: String(key), verdict: classifyKey(key) } : NOTHING;
}

const VERDICT_OF_TYPE: Record<string, 1 | 4> = {
  FIXED_LINE: 1,
  MOBILE: 1,
  TOLL_FREE: 4,
  SHARED_COST: 4,
  PREMIUM_RATE: 4,
  UAN: 4,
};

export function libraryReading(text: string): Reading {
  const number = parsePhoneNumberFromString(text, { defaultCountry: 'BE', extract: false });
  if (number === undefined) return NOTHING;
  const digits = number.number.slice(1);
  if (number.countryCallingCode === '32') {
    return { digits, verdict: VERDICT_OF_TYPE[number.getType() ?? ''] ?? 5 };
  }
  return { digits, verdict: digits.length >= 7 && digits.length <= 15 ? 4 : 5 };
}

export function sameReading(a: Reading, b: Reading): boolean {
  return a.digits === b.digits && a.verdict === b.verdict;
}

/** A string that the two read differently, and what helps to say why. */
interface Case {
  readonly text: string;
  /** The text with digits, plus and dot in ASCII. */
  readonly ascii: string;
  /** Plus and digits alone. */
  readonly skeleton: string;
  /** What follows the plus or 00 of international writing, else ''. */
  readonly international: string;
  readonly ours: Reading;
  /** What the library makes of the text. */
  readonly theirs: Reading;
  /** What the library makes of the skeleton. */
  readonly theirsBare: Reading;
}

/** What no phone number contains after its `tel:`, by contract; of folded text. */
const NEVER_PART = new RegExp(`[^\\d+${IGNORED_CLASS}]`, 'u');

/** Differences of writing: the library is asked again with bare digits, or we refuse the text. */
const ACCEPTED_OF_WRITING: Record<string, (c: Case) => boolean> = {
  // We read whole or not at all; the library cuts extensions off and skips tildes.
  'a character that is never part': ({ ascii, ours }) =>
    ours === NOTHING && NEVER_PART.test(ascii.replace(/^[^\p{L}\d+]*tel:/iu, '')),
  // We read 64 bytes, the library 250 characters.
  'more than 64 bytes': ({ text, ours }) => ours === NOTHING && Buffer.byteLength(text) > 64,
  // The library reads the decimals of a spreadsheet cell as digits: 32123456.00 as 012 34 56 00.
  'a decimal number': ({ ascii, skeleton, ours }) =>
    ours === NOTHING && /^[^+.]*\.[^1-9+.]*0[^\d+.]*$/.test(ascii) && /^[1-9]/.test(skeleton),
  // The library takes a full-width plus for a separator and reads on as national writing.
  'a full-width plus': ({ text, ours, theirsBare }) =>
    text.includes('\uff0b') && sameReading(ours, theirsBare),
  // The library knows ASCII, full-width and the two Arabic rows of digits alone.
  'digits of another script': ({ text, ours, theirs, theirsBare }) =>
    /(?![\d\uff10-\uff19\u0660-\u0669\u06f0-\u06f9])\p{Nd}/u.test(text) &&
    theirs === NOTHING &&
    sameReading(ours, theirsBare),
  // TEL:, tabs, narrow spaces, invisible marks, a bracket before the plus.
  'separators the library refuses': ({ ours, theirs, theirsBare }) =>
    theirs === NOTHING && sameReading(ours, theirsBare),
};

/** Differences that remain on bare digits. None of them may concern a callable number. */
const ACCEPTED_OF_DIGITS: Record<string, (c: Case) => boolean> = {
  // The library keeps a trunk zero where the rest is outside of the plan; we look up without it.
  'a trunk zero before nothing of the plan': ({ ours, theirsBare }) =>
    ours.verdict === 5 &&
    ours.digits.length > 2 &&
    theirsBare.digits === `320${ours.digits.slice(2)}`,
  // The library needs two digits behind a country code and three in all; we look up whatever.
  'too short for the library': ({ ours, theirsBare, skeleton }) =>
    ours.verdict === 5 && theirsBare === NOTHING && skeleton.length <= 6,
  // Not assigned, so unreadable; the digits are looked up all the same.
  'an unassigned country code': ({ ours, theirsBare, international }) =>
    ours.verdict === 5 && theirsBare === NOTHING && ours.digits === international,
  // The Vatican's own code, which ITU lists and the library does not.
  'country code 379': ({ ours, theirsBare, international }) =>
    theirsBare === NOTHING && international.startsWith('379') && ours.digits === international,
  // Foreign trunk prefixes: the library drops what each plan says, we drop `(0)` alone.
  'a foreign trunk prefix': ({ ours, theirsBare, international, ascii }) =>
    isForeign(ours) &&
    isForeign(theirsBare) &&
    ours.digits.slice(0, 1) === theirsBare.digits.slice(0, 1) &&
    (ours.digits === international || isWithoutBracketedZero(ours.digits, international, ascii)),
  // E.164 ends at 15 digits; the library lets 17 follow the country code.
  'more than 15 digits': ({ ours, skeleton, theirsBare }) =>
    ours === NOTHING && theirsBare.verdict !== 1 && e164Length(skeleton) > 15,
  // Neither a country code nor a Belgian number begins with a zero; the library keeps it.
  'a zero where a number begins': ({ ours, skeleton, theirsBare }) =>
    ours === NOTHING && theirsBare.verdict === 5 && /^(?:00$|000|(?:\+|00)?3200)/.test(skeleton),
};

/** How many digits the number has with its country code, without `00` or trunk zero. */
function e164Length(skeleton: string): number {
  const international = /^(?:\+|00)(.*)$/.exec(skeleton)?.[1];
  return international?.length ?? skeleton.replace(/^0/, '').length + 2;
}

function isForeign({ digits, verdict }: Reading): boolean {
  return digits !== '' && !digits.startsWith('32') && verdict !== 1;
}

/** Whether `digits` is `international` without the zero that stands in brackets. */
function isWithoutBracketedZero(digits: string, international: string, ascii: string): boolean {
  if (!/[([\uff08\uff3b][^\d]*0[^\d]*[)\]\uff09\uff3d]/.test(ascii)) return false;
  return [1, 2, 3].some(
    (at) =>
      international[at] === '0' &&
      digits === international.slice(0, at) + international.slice(at + 1),
  );
}

const ACCEPTED = { ...ACCEPTED_OF_WRITING, ...ACCEPTED_OF_DIGITS };

/** The names of all accepted differences. */
export const ACCEPTED_NAMES: readonly string[] = Object.keys(ACCEPTED);

/** The only reasons for not calling a number that the library takes for callable. */
const REFUSALS: ReadonlySet<string> = new Set([
  'a character that is never part',
  'more than 64 bytes',
  'a decimal number',
]);

/** What came of a run; the failures are empty where all is well. */
export interface Comparison {
  compared: number;
  callable: number;
  accepted: Map<string, number>;
  failures: string[];
}

export function createComparison(): Comparison {
  return { compared: 0, callable: 0, accepted: new Map(), failures: [] };
}

/** Reads one text both ways and books the outcome. */
export function compare(text: string, comparison: Comparison): void {
  const ours = ourReading(text);
  const theirs = libraryReading(text);
  comparison.compared++;
  if (ours.verdict === 1) comparison.callable++;
  if (sameReading(ours, theirs)) return;
  const different = caseOf(text, ours, theirs);
  const name = ACCEPTED_NAMES.find((candidate) => ACCEPTED[candidate]?.(different));
  if (name === undefined) comparison.failures.push(`not accepted: ${JSON.stringify(different)}`);
  else comparison.accepted.set(name, (comparison.accepted.get(name) ?? 0) + 1);
  // Whatever the class says: callable only if the library finds the same callable number.
  if (ours.verdict === 1 && !sameReading(ours, different.theirsBare)) {
    comparison.failures.push(`callable for us alone: ${JSON.stringify(different)}`);
  }
  const asked = text.includes('\uff0b') ? different.theirsBare : theirs;
  if (asked.verdict === 1 && !sameReading(ours, asked) && !REFUSALS.has(name ?? '')) {
    comparison.failures.push(`callable for the library alone: ${JSON.stringify(different)}`);
  }
}

function caseOf(text: string, ours: Reading, theirs: Reading): Case {
  const ascii = text
    .replace(/\uff0b/g, '+')
    .replace(/\uff0e/g, '.')
    .replace(/(?!\d)\p{Nd}/gu, (digit) => String(digitValue(digit)));
  const skeleton = ascii.replace(/[^\d+]/g, '');
  const international = /^(?:\+|00)(.*)$/.exec(skeleton)?.[1] ?? '';
  return {
    text,
    ascii,
    skeleton,
    international,
    ours,
    theirs,
    theirsBare: libraryReading(skeleton),
  };
}

/** Decimal digits come in runs of ten: how many of its run stand before this one. */
function digitValue(digit: string): number {
  const codePoint = digit.codePointAt(0) ?? 0;
  // Five runs follow each other without a gap from U+1D7CE on.
  if (codePoint >= 0x1d7ce && codePoint <= 0x1d7ff) return (codePoint - 0x1d7ce) % 10;
  let zero = codePoint;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return codePoint - zero;
}
