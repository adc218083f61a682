/**
 * What Tacet must answer, worked out independently: slowly and obviously, with strings and regular
 * expressions, and with none of the code it is compared with. Import nothing here.
 *
 * Rules: national writing is Belgian; look up first, classify second; the later act wins.
 */

export type VerdictName = 'callable' | 'blocked' | 'callable-opt-in' | 'not-covered' | 'unreadable';

/** National digits (`475123456`) on the list, each with its latest date (`2021-03-15`). */
export type TruthList = Map<string, string>;

/** A longer text, in bytes, is unreadable. */
const TEXT_BYTES_MAX = 64;

const ASCII_SEPARATORS = /[\t\n\v\f\r ./-]/g;

/** Spaces, dots, slashes and hyphens of other kinds. */
const SEPARATORS = /[\p{Zs}\uFF0E\uFF0F\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]/gu;

/** Zero-width and bidi marks. */
const MARKS = /[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u00AD]/gu;

/** Country codes in use; 32 is Belgium's. */
const COUNTRY_CODES = [
  '1|7',
  '20|21[12368]|22\\d|23\\d|24\\d|25[0-8]|26\\d|27|29[01789]',
  '3[0-469]|35\\d|37\\d|38[0-35-79]',
  '4[013-9]|42[013]',
  '50\\d|5[1-8]|59\\d',
  '6[0-6]|67[02-9]|68[0-35-9]|69[012]',
  '80[08]|8[1246]|85[02356]|87[08]|88[01236]|888',
  '9[0-58]|96[0-8]|97[0-79]|99[2-68]',
].join('|');

const KNOWN_COUNTRY = new RegExp(`^(?:${COUNTRY_CODES})`);

/** A trunk zero put between the country code and the rest, `+44 (0)20`, which is not dialled. */
const BRACKETED_ZERO = new RegExp(`^[()[\\]]*(${COUNTRY_CODES})[()[\\]]*[([]0[)\\]]`);

/** Italy, San Marino and the Vatican dial their leading zero: there it is part of the number. */
const ZERO_IS_DIALLED = /^(?:39|378|379)$/;

/** The numbering plan, as in google/libphonenumber's metadata of July 2026. */
const FIXED =
  /^(?:80[2-8]\d{5}|(?:1[0-69]|[23][2-8]|4[23]|5\d|6[013-57-9]|71|8[1-79]|9[2-4])\d{6})$/;
const MOBILE = /^4[5-9]\d{7}$/;
const TOLL_FREE = /^800[1-9]\d{4}$/;
const SHARED_COST = /^7879\d{4}$/;
const PREMIUM = /^(?:70(?:2[0-57]|3[04-7]|44|6[04-69]|7[0579])|90\d\d)\d{4}$/;
const UNIVERSAL = /^78(?:0[578]|1[014-8]|2[25]|3[15-8]|48|5[05]|60|7[06-8]|9\d)\d{4}$/;

/** The E.164 digits of a phone number as written; undefined if it cannot be read. */
export function truePhoneDigits(text: string): string | undefined {
  if (utf8Bytes(text) > TEXT_BYTES_MAX) return undefined;
  const bare = inAscii(withoutTel(text)).replace(ASCII_SEPARATORS, '');
  if (!/^[()[\]]*\+?[()[\]\d]*$/.test(bare) || !/\d/.test(bare)) return undefined;
  const digits = e164Digits(bare);
  return digits === undefined || digits.length > 15 ? undefined : digits;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7F]/.test(text);
}

function utf8Bytes(text: string): number {
  return isAscii(text) ? text.length : new TextEncoder().encode(text).length;
}

/** The characters of a phone number in ASCII: 0-9, plus, brackets. Others stay as they are. */
function inAscii(text: string): string {
  if (isAscii(text)) return text;
  return text
    .replace(SEPARATORS, ' ')
    .replace(MARKS, '')
    .replace(/[\uFF08\uFF3B]/g, '(')
    .replace(/[\uFF09\uFF3D]/g, ')')
    .replace(/\uFF0B/g, '+')
    .replace(/\p{Nd}/gu, asciiDigit);
}

/** `tel:` counts only at the start; ignored characters may come before it. */
function withoutTel(text: string): string {
  const start = text.search(/tel:/i);
  if (start < 0) return text;
  const before = inAscii(text.slice(0, start)).replace(ASCII_SEPARATORS, '');
  return /^[()[\]]*$/.test(before) ? text.slice(0, start) + text.slice(start + 4) : text;
}

/** A decimal digit of any script as 0 to 9: Unicode keeps digits in runs of ten, zero first. */
function asciiDigit(digit: string): string {
  if (/[0-9]/.test(digit)) return digit;
  const code = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before++;
  return String(before % 10);
}

/** @param bare digits, brackets and at most one plus before the first digit */
function e164Digits(bare: string): string | undefined {
  const digits = bare.replace(/\D/g, '');
  if (bare.includes('+')) return internationalDigits(bare.replace('+', ''));
  if (digits.startsWith('00')) {
    return internationalDigits(bare.replace(/^[()[\]]*0[()[\]]*0/, ''));
  }
  if (digits.startsWith('0')) {
    const national = digits.slice(1);
    return national === '' ? undefined : `32${national}`; // 00 was met above
  }
  if (digits.length >= 10 && digits.startsWith('32')) return internationalDigits(bare);
  return `32${digits}`;
}

/** @param body what follows the plus or 00: digits and brackets */
function internationalDigits(body: string): string | undefined {
  const digits = body.replace(/\D/g, '');
  if (digits === '' || digits.startsWith('0')) return undefined;
  if (digits.startsWith('32')) {
    const national = digits.slice(2).replace(/^0/, '');
    return national === '' || national.startsWith('0') ? undefined : `32${national}`;
  }
  const bracketed = BRACKETED_ZERO.exec(body);
  const countryCode = bracketed?.[1];
  if (bracketed === null || countryCode === undefined) return digits;
  if (ZERO_IS_DIALLED.test(countryCode)) return digits;
  return countryCode + body.slice(bracketed[0].length).replace(/\D/g, '');
}

/** The verdict on digits that are not on the list; undefined digits could not be read. */
export function trueVerdictOfUnlisted(digits: string | undefined): VerdictName {
  if (digits === undefined) return 'unreadable';
  if (!digits.startsWith('32')) {
    const isPhoneNumber = KNOWN_COUNTRY.test(digits) && /^\d{7,15}$/.test(digits);
    return isPhoneNumber ? 'not-covered' : 'unreadable';
  }
  const national = digits.slice(2);
  if (FIXED.test(national) || MOBILE.test(national)) return 'callable';
  for (const special of [TOLL_FREE, SHARED_COST, PREMIUM, UNIVERSAL]) {
    if (special.test(national)) return 'not-covered';
  }
  return 'unreadable';
}

/** A cell without what is wrapped around it: control characters, spaces, apostrophe, `="..."`. */
export function trueCellText(cell: string): string {
  const shown = cell.replace(/\p{Cc}/gu, '').trim();
  const bare = shown.replace(/^'\s*/, '');
  return bare.replace(/^="(.*)"$/s, '$1').trim();
}

/** A contact as the file has it. */
interface TruthContact {
  /** The cell, wrappings and all. */
  readonly phoneText: string;
  /** Counts only as `YYYY-MM-DD`. */
  readonly optInDate: string;
  /** Today in Brussels, `YYYY-MM-DD`. */
  readonly today: string;
}

/** The verdicts on one contact: with its opt-in, and as if it had none. */
export function trueVerdicts(
  list: TruthList,
  { phoneText, optInDate, today }: TruthContact,
): { withOptIn: VerdictName; withoutOptIn: VerdictName } {
  const digits = truePhoneDigits(trueCellText(phoneText));
  const registered = digits?.startsWith('32') ? list.get(digits.slice(2)) : undefined;
  if (registered === undefined) {
    const verdict = trueVerdictOfUnlisted(digits);
    return { withOptIn: verdict, withoutOptIn: verdict };
  }
  // ISO dates compare as text.
  const counts = isRealDate(optInDate) && optInDate > registered && optInDate <= today;
  return { withOptIn: counts ? 'callable-opt-in' : 'blocked', withoutOptIn: 'blocked' };
}

/** Whether the text is an existing day, `YYYY-MM-DD`. */
export function isRealDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]; // three groups
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthDays = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && day >= 1 && day <= (monthDays[month - 1] ?? 0);
}

const LIST_LINE =
  /^(?:\+32|0032|32|0|)([1-9]\d{7}|4\d{8})[;,\t| ](\d\d)[-/.](\d\d)[-/.](\d{4})\r?$/;

/**
 * Reads a line of a list, `0475123456;15/03/2021`, into national digits and `2021-03-15`;
 * undefined if the line has another form. Does not check that the day exists.
 */
export function readTruthLine(line: string): { national: string; date: string } | undefined {
  const match = LIST_LINE.exec(line);
  if (match === null) return undefined;
  const [, national = '', day, month, year] = match;
  return { national, date: `${year}-${month}-${day}` };
}

/** Adds a registration; a number keeps its latest one. */
export function rememberRegistration(list: TruthList, national: string, date: string): void {
  const known = list.get(national);
  if (known === undefined || known < date) list.set(national, date);
}
