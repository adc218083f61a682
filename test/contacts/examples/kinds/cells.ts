/** What stands in a phone cell or in the cell of an opt-in, and how it is wrapped. */

import {
  callableNational,
  foreign,
  LIST,
  listedNational,
  pick,
  type Random,
  written,
} from '../numbers.ts';
import {
  type Asked,
  CALLABLE,
  type ContactCase,
  FOREIGN,
  LISTED,
  OPTED_IN,
  Sheet,
  unreadable,
} from '../sheet.ts';
import { contacts, formOf } from './structure.ts';

const CONTROLS = ['\u0001', '\u000b', '\u000c', '\u001f', '\u007f', '\u0008'] as const;

/** How spreadsheets and CRMs wrap a number. */
const WRAPPINGS: readonly ((phone: string, random: Random) => string)[] = [
  (phone) => `'${phone}`,
  (phone) => `"'${phone}"`,
  (phone) => `  '${phone}`,
  (phone) => `="${phone}"`,
  (phone) => `"=""${phone}"""`,
  (phone) => ` ="${phone}" `,
  (phone, random) => pick(random, CONTROLS) + phone,
  (phone, random) => `"${phone}${pick(random, CONTROLS)}"`,
  (phone, random) => phone.slice(0, 3) + pick(random, CONTROLS) + phone.slice(3),
  (phone, random) => ' '.repeat(65 + random(100)) + phone,
  (phone, random) => phone + ' '.repeat(65 + random(100)),
  (phone, random) => `"${' '.repeat(40 + random(40))}${phone}${' '.repeat(40 + random(40))}"`,
  (phone, random) => '\u00a0'.repeat(33 + random(40)) + phone,
  (phone, random) => `${' '.repeat(70)}'${phone}${pick(random, CONTROLS)}${' '.repeat(70)}`,
];

/** Every wrapping, around a listed number and around another. */
export function wrappings(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random));
  for (const wrapping of WRAPPINGS) {
    const listed = written(random, listedNational(random));
    const callable = written(random, callableNational(random));
    sheet.judged(['An', wrapping(listed, random), 'x'], [LISTED]);
    sheet.judged(['An', wrapping(callable, random), 'x'], [CALLABLE]);
  }
  return sheet.case(title, ['--column', 'phone']);
}

/** Each reason that a number may not be called, with cells that have it. */
export const REASON_CELLS: readonly (readonly [Asked, readonly string[]])[] = [
  [FOREIGN, ['+33 1 40 00 00 00', '0031201234567', '+49 30 123456']],
  [
    { verdict: 'not-covered', reason: 'special-number' },
    ['0800 12 345', '070 24 50 00', '090012345'],
  ],
  [unreadable('empty'), ['', '""', ' ']],
  [unreadable('no-digits'), ['geen', '?', '-', 'n/a']],
  [unreadable('too-short'), ['0475', '12', '04.75']],
  [unreadable('too-long'), ['04751234567890123456', '+3247512345678901234']],
  [unreadable('bad-character'), ['0475*000*000', '0475q000000', '0475_00_00_00']],
  [unreadable('several-numbers'), ['0475000000 / 0475000002', '022268852 0475000000']],
  [unreadable('extension'), ['022268852 ext 12', '022268852 ext. 3']],
  [unreadable('scientific'), ['4.75E+08', '"4,75E+08"', '3.2475E+10']],
  [unreadable('decimal'), ['475000000.0', '32475000000.00']],
  [unreadable('not-in-plan'), ['0400000000', '029999999']],
];

export function reasons(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random, { separator: pick(random, [';', '\t', '|']) }));
  contacts(random, sheet, 4);
  for (const [asked, cells] of REASON_CELLS) {
    sheet.judged(['An', pick(random, cells), 'x'], [asked]);
  }
  sheet.judged(['An', foreign(random), 'x'], [FOREIGN]);
  return sheet.case(title, ['--column', 'phone']);
}

/** The day before or after, as YYYY-MM-DD. */
function beside(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

const NOT_LATER: Asked = { verdict: 'blocked', reason: 'opt-in-not-later' };
const IN_FUTURE: Asked = { verdict: 'blocked', reason: 'opt-in-in-future' };

/** An opt-in, and what it makes of a number registered on `day`, so many hours ahead of UTC. */
function datesOf(day: string, hoursAhead: number): readonly (readonly [string, Asked])[] {
  const [before, after] = [beside(day, -1), beside(day, 1)];
  const midnight = 24 - hoursAhead;
  return [
    ['', LISTED],
    [after, OPTED_IN],
    [day, NOT_LATER],
    [`${after} 00:00`, OPTED_IN],
    [`${after}T00:00:00`, OPTED_IN],
    [`${day} 23:59:59`, NOT_LATER],
    [`${day}T23:59:59.999`, NOT_LATER],
    [`${day}T${midnight}:00:00Z`, OPTED_IN],
    [`${day}T${midnight - 1}:59:59Z`, NOT_LATER],
    [`${after}T00:30:00+0${hoursAhead + 1}:00`, NOT_LATER],
    [`${after}T04:30:00+05:30`, OPTED_IN],
    [`${day}T18:00:00-05:00`, OPTED_IN],
    [`${before}T23:30:00Z`, NOT_LATER],
    ['2090-01-01', IN_FUTURE],
  ];
}

/** Registered in winter and in summer: Brussels is one hour ahead of UTC, and two. */
const REGISTERED = [
  ['475123456', 1],
  ['456123456', 2],
] as const;

/** Dates with a time of day, which is dropped, and with a zone: the day is Brussels'. */
export function optInDates(random: Random, title: string): ContactCase {
  const [national, hoursAhead] = pick(random, REGISTERED);
  const sheet = new Sheet(formOf(random, { columns: ['ok', 'name', 'phone'], dialled: [] }));
  for (const [date, asked] of datesOf(LIST.get(national) ?? '', hoursAhead)) {
    const cell = random(4) === 0 ? `"${date}"` : date;
    sheet.judged([cell, 'An', written(random, national)], [asked]);
  }
  return sheet.case(title, ['--column', 'phone', '--opt-in-column', 'ok']);
}

/** The same in the format of the user; what cannot be read counts for nothing, and is counted. */
export function optInFormats(random: Random, title: string): ContactCase {
  const national = listedNational(random);
  const day = LIST.get(national) ?? '';
  const [year, month, date] = beside(day, 1).split('-');
  const format = pick(random, ['DD/MM/YYYY', 'DD-MM-YYYY', 'YYYYMMDD', 'DD.MM.YYYY']);
  const inFormat = format
    .replace('YYYY', year ?? '')
    .replace('MM', month ?? '')
    .replace('DD', date ?? '');
  const sheet = new Sheet(formOf(random, { columns: ['phone', 'ok'], dialled: [] }));
  for (const time of ['', ' 13:45', ' 13:45:10', 'T00:00:00']) {
    sheet.judged([written(random, national), inFormat + time], [OPTED_IN]);
  }
  const unread = ['soon', '31/31/2024', `${inFormat} 25:00`, `${inFormat} 13:45 x`, `${inFormat}1`];
  for (const text of unread) sheet.judged([written(random, national), text], [LISTED]);
  const given = sheet.case(title, ['--opt-in-column', 'ok', '--opt-in-format', format]);
  if ('refused' in given.right) return given;
  const { summary } = given.right;
  const counts = { ...summary.counts, opt_in_unreadable: unread.length };
  return { ...given, right: { ...given.right, summary: { ...summary, counts } } };
}
