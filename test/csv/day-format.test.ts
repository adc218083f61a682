import { expect, test } from 'vitest';
import { DAY_UNREADABLE, parseDayFormat, readDay } from '#tacet/csv/day-format.js';

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
  ['2026-01-31 10:00'],
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
