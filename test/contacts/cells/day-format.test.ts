import { expect, test } from 'vitest';
import { DAY_UNREADABLE, parseDayFormat, readDay } from '#tacet/contacts/cells/day-format.js';

function read(text: string, format: string): number {
  const bytes = Buffer.from(text);
  return readDay(bytes, 0, bytes.length, parseDayFormat(format));
}

test.each([
  ['2026-01-31', 'YYYY-MM-DD', 20_484],
  ['31/01/2026', 'DD/MM/YYYY', 20_484],
  ['01/31/2026', 'MM/DD/YYYY', 20_484],
  ['20260131', 'YYYYMMDD', 20_484],
  ['31. 01. 2026', 'DD. MM. YYYY', 20_484],
  [' \t2026-01-31  ', 'YYYY-MM-DD', 20_484],
  ['1970-01-02', 'YYYY-MM-DD', 1],
  ['2024-02-29', 'YYYY-MM-DD', 19_782],
  ['9999-12-31', 'YYYY-MM-DD', 2_932_896],
  ['', 'YYYY-MM-DD', 0],
  ['   ', 'YYYY-MM-DD', 0],
])('%j in %s is day %i', (text, format, day) => {
  expect(read(text, format)).toBe(day);
});

test.each([
  ['1970-01-01'],
  ['1969-12-31'],
  ['2025-02-29'],
  ['2026-13-01'],
  ['2026-1-31'],
  ['26-01-31'],
  ['2026/01/31'],
  ['2026-01-31 24:00'],
  ['2026-01-31 10:60'],
  ['2026-01-31 10'],
  ['2026-01-31x10:00'],
  ['2026-01-31T10:00:61'],
  ['2026-01-31T10:00:00 CET'],
  ['2026-01-31T10:00+15:00'],
  ['2026-01-31T10:00+01:60'],
  ['2026-01-31 13:00 PM'],
  ['2026-01-31 0:10 AM'],
  ['2026-01-31T10:00Z, sure'],
  ['2026-01-31T10:00:00.1234567890'],
  ['2026-02-29T10:00Z'],
  ['2026-01-3x'],
  ['0000-00-00'],
  ['31-01-2026'],
  ['-'],
])('%j counts for nothing and is told', (text) => {
  expect(read(text, 'YYYY-MM-DD')).toBe(DAY_UNREADABLE);
});

test.each([
  [''],
  ['YYYY-MM'],
  ['YY-MM-DD'],
  ['YYYY-MM-DD-DD'],
  ['yyyy-mm-dd'],
  ['YYYY-MM-DDTHH'],
  ['D/M/YYYY'],
  [' YYYY-MM-DD'],
  ['YYYY0MM0DD'],
  ['YYYY\u2013MM\u2013DD'],
  [`YYYY${'-'.repeat(30)}MMDD`],
])('%j is no format', (format) => {
  expect(() => parseDayFormat(format)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
});

test.each([
  ['2026-01-31 10:00', 20_484],
  ['2026-01-31T23:59:59', 20_484],
  ['2026-01-31 0:00', 20_484],
  ['2026-01-31t10:20:30,5', 20_484],
  ['2026-01-31 11:30 PM', 20_484],
  ['2026-01-31 12:00 am', 20_484],
  ['2026-01-31  9:05 a.m.', 20_484],
  ['2026-01-31T22:59:59Z', 20_484],
  ['2026-01-31T00:00:00z', 20_484],
  ['2026-01-31 10:00 UTC', 20_484],
  ['2026-01-31T23:30:00+01:00', 20_484],
  ['2026-02-01T00:30:00+02:00', 20_484],
  ['2026-01-30T23:30:00Z', 20_484],
  ['2026-01-31T00:30:00+0100', 20_484],
  ['2026-01-30T20:00-05', 20_484],
  ['2026-01-31T23:30:00Z', 20_485],
  ['2026-01-31T23:00:00.000Z', 20_485],
  ['2026-01-31T18:30:00-05:00', 20_485],
  ['2026-01-31 11:30 PM GMT', 20_485],
  // In summer Brussels is two hours ahead; the clock goes forward on 29 March at 01:00 UTC.
  ['2026-07-01T22:00:00Z', 20_636],
  ['2026-07-01T21:59:59Z', 20_635],
  ['2026-03-28T23:00:00Z', 20_541],
  ['2026-03-29T22:00:00Z', 20_542],
  ['2026-10-24T22:00:00Z', 20_751],
  ['2026-10-25T22:59:00Z', 20_751],
  ['2026-10-25T23:00:00Z', 20_752],
  ['1970-01-02T23:30:00Z', 2],
])('the day of %j in Brussels is %i', (text, day) => {
  expect(read(text, 'YYYY-MM-DD')).toBe(day);
});

test('a time stands behind a date of any format', () => {
  expect(read('31/01/2026 23:30Z', 'DD/MM/YYYY')).toBe(20_485);
  expect(read('20260131T2330Z', 'YYYYMMDD')).toBe(DAY_UNREADABLE);
  expect(read('20260131T23:30', 'YYYYMMDD')).toBe(20_484);
});
