import { afterAll, describe, expect, it } from 'vitest';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { formatIsoDay, parseIsoDay } from '#tacet/calendar/day.js';
import { DateReader } from '#tacet/source/dates.js';
import {
  DAY_FORMS,
  type DateForm,
  datePartsOf,
  TIME_FORMS,
} from '#tacet/source/layout/date-forms.js';
import type { Layout } from '#tacet/source/layout/layout.js';
import { failureOf, LAYOUT, randomOf, read, temporaryDirectory, writeDate } from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

/** The day that a date of this form is, as a date; NaN where it is none. */
function dayOf(form: DateForm, text: string): string | number {
  const bytes = Buffer.from(`${text}0123456789`);
  const day = new DateReader(form).read(bytes, 0, text.length);
  return Number.isNaN(day) ? day : formatIsoDay(day);
}

describe('dates with a time of day', () => {
  it.each<[DateForm, string]>([
    ['YYYY-MM-DD HH:mm:ss', '2025-03-14 10:22:31'],
    ['YYYY-MM-DDTHH:mm:ss', '2025-03-14T10:22:31'],
    ['DD/MM/YYYY HH:mm', '14/03/2025 10:22'],
    ['YYYYMMDD HH:mm:ss.F', '20250314 23:59:59.5'],
    ['YYYY-MM-DD HH:mm:ss.F', '2025-03-14 00:00:00.123456789'],
    ['YYYY-MM-DDTHH:mm:ssZ', '2025-03-14T10:22:31Z'],
    ['YYYY-MM-DDTHH:mm:ss.FZ', '2025-03-14T10:22:31.1+02:00'],
    ['YYYY-MM-DD HH:mm:ssZ', '2025-03-14 10:22:31+02'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:22-0530'],
  ])('are found as %s, and the time is dropped', async (dateForm, date) => {
    const other = date.replace('14', '15');
    const lines = [`0475123456;${date}`, `0475123457;${other}`];
    for (const quote of ['', '"']) {
      const text = lines.map((line) => line.replace(/;(.*)/, `;${quote}$1${quote}\n`)).join('');
      const list = await read(directory.write(`Nummer;Datum\n${text}`));
      expect(list.layout).toEqual({ ...LAYOUT, header: true, quotes: quote === '"', dateForm });
      expect([...list.days].map(formatIsoDay)).toEqual(['2025-03-14', '2025-03-15']);
    }
  });

  it('are found where spaces separate the columns, in either order', async () => {
    for (const [columns, line] of [
      [['number', 'date'], '0475123456 2025-03-14 10:22:31'],
      [['date', 'number'], '2025-03-14 10:22:31   0475123456'],
      [['number', 'date', 'empty'], '0475123456  2025-03-14 10:22:31 '],
    ]) {
      const path = directory.write(`${line}\n${line}\n`);
      const { layout, days } = await read(path);
      expect(layout).toMatchObject({ separator: ' ', columns, dateForm: 'YYYY-MM-DD HH:mm:ss' });
      expect([...days].map(formatIsoDay)).toEqual(['2025-03-14']);
      expect((await read(path, { layout })).report.lines).toBe(2);
    }
  });

  it('are found in every form, and as given', async () => {
    for (const day of DAY_FORMS) {
      for (const time of TIME_FORMS) {
        const [a = 0, b = 0] = ['2025-03-14', '2024-12-31'].map(parseIsoDay);
        const written = time
          .replace('HH', '12')
          .replace('mm', '30')
          .replace('ss', '59')
          .replace('F', '250')
          .replace('Z', '+01:00');
        const lines = [a, b].map((date, i) => `047512345${i};${writeDate(date, day)}${written}\n`);
        const path = directory.write(lines.join(''), 'form.txt');
        const dateForm: DateForm = `${day}${time}`;
        for (const layout of ['auto', { ...LAYOUT, dateForm }] as const) {
          const list = await read(path, { layout });
          expect(list.layout).toEqual({ ...LAYOUT, dateForm });
          expect([...list.days]).toEqual([a, b]);
        }
      }
    }
  });

  it('are settled for the whole file, day and month as well', async () => {
    const ambiguous = '0475123456;03/04/2025 10:22\n'.repeat(20_000);
    const path = directory.write(`${ambiguous}0475999999;15/03/2021 00:00\n`);
    expect((await read(path)).layout.dateForm).toBe('DD/MM/YYYY HH:mm');
    expect(await failureOf(read(directory.write(ambiguous)))).toMatch(
      /^ERR_SOURCE_LAYOUT .*DD\/MM\/YYYY HH:mm and as MM\/DD\/YYYY HH:mm.*"dateForm" in it/,
    );
  });

  it('are not mixed with others: a line without, with another mark, or less exact', async () => {
    const first = '0475123456;2025-03-14 10:22:31\n';
    for (const date of [
      '2025-03-14',
      '2025-03-14T10:22:31',
      '2025-03-14 10:22',
      '2025-03-14 10:22:31.0',
      '2025-03-14 10:22:31Z',
    ]) {
      const path = directory.write(`${first}0475123457;${date}\n`);
      expect(await failureOf(read(path))).toMatch(
        /^ERR_SOURCE_LINE .*:2: .*no real date of the form YYYY-MM-DD HH:mm:ss/,
      );
      const reversed = directory.write(`0475123457;${date}\n${first}`);
      expect(await failureOf(read(reversed))).toMatch(/^ERR_SOURCE_LINE .*:2: .*no real date/);
    }
  });

  it('may be missing where the layout says so, and only then', async () => {
    const text = '0475123456;2025-03-14 10:22:31\n0475123457;2025-03-15\n';
    const path = directory.write(text);
    const layout: Layout = { ...LAYOUT, dateForm: 'YYYY-MM-DD[ HH:mm:ss]' };
    const list = await read(path, { layout });
    expect([...list.days].map(formatIsoDay)).toEqual(['2025-03-14', '2025-03-15']);
    expect(list.layout).toEqual(layout);
    const spaced: Layout = { ...layout, separator: ' ' };
    const other = directory.write(text.replaceAll(';', ' '));
    expect((await read(other, { layout: spaced })).report.lines).toBe(2);
    expect(await failureOf(read(path, { layout: { ...LAYOUT, dateForm: 'YYYY-MM-DD' } }))).toMatch(
      /^ERR_SOURCE_LINE .*:1: .*no real date of the form YYYY-MM-DD can/,
    );
  });

  it('later than the snapshot are malformed by their day', async () => {
    const path = directory.write('0475123456;2025-03-14 23:59:59\n');
    const snapshotDay = parseIsoDay('2025-03-14');
    expect((await read(path, { snapshotDay })).report.lines).toBe(1);
    expect(await failureOf(read(path, { snapshotDay: snapshotDay - 1 }))).toMatch(
      /:1: .*after the/,
    );
  });
});

describe('a time of day', () => {
  it.each<[DateForm, string]>([
    ['YYYY-MM-DD HH:mm', '2025-03-14 24:00'],
    ['YYYY-MM-DD HH:mm', '2025-03-14 23:60'],
    ['YYYY-MM-DD HH:mm', '2025-03-14 1:30'],
    ['YYYY-MM-DD HH:mm', '2025-03-14 10:3'],
    ['YYYY-MM-DD HH:mm', '2025-03-14 10-30'],
    ['YYYY-MM-DD HH:mm', '2025-03-14  10:30'],
    ['YYYY-MM-DD HH:mm', '2025-02-30 10:30'],
    ['YYYY-MM-DD HH:mm:ss', '2025-03-14 10:30:60'],
    ['YYYY-MM-DD HH:mm:ss', '2025-03-14 10:30'],
    ['YYYY-MM-DD HH:mm:ss.F', '2025-03-14 10:30:00.'],
    ['YYYY-MM-DD HH:mm:ss.F', '2025-03-14 10:30:00.1234567890'],
    ['YYYY-MM-DD HH:mm:ss.F', '2025-03-14 10:30:00,1'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30z'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30+2'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30+02:0'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30+02.00'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30+15:00'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30+02:60'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 10:30 02:00'],
    ['YYYY-MM-DD[ HH:mm]', '2025-03-14 '],
    ['YYYY-MM-DD[ HH:mm]', '2025-03-14 10'],
  ])('of the form %s is not %j', (form, text) => {
    expect(dayOf(form, text)).toBeNaN();
  });

  it.each<[DateForm, string, string]>([
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 22:59Z', '2025-03-14'],
    ['YYYY-MM-DD HH:mmZ', '2025-03-14 23:00Z', '2025-03-15'],
    ['YYYY-MM-DD HH:mmZ', '2025-07-14 21:59Z', '2025-07-14'],
    ['YYYY-MM-DD HH:mmZ', '2025-07-14 22:00Z', '2025-07-15'],
    ['YYYY-MM-DD HH:mmZ', '2025-07-14 00:00+02:00', '2025-07-14'],
    ['YYYY-MM-DD HH:mmZ', '2025-07-14 00:00+0300', '2025-07-13'],
    ['YYYY-MM-DD HH:mmZ', '2025-07-14 20:00-05', '2025-07-15'],
    ['YYYY-MM-DD HH:mmZ', '2024-12-31 23:30+00:00', '2025-01-01'],
    ['YYYY-MM-DD HH:mmZ', '1899-03-14 23:30Z', '1899-03-14'],
  ])('with a zone is of the day in Brussels: %s %s', (form, text, day) => {
    expect(dayOf(form, text)).toBe(day);
  });

  it('with a zone is of the day that the calendar says, at any instant', () => {
    const random = randomOf(31);
    const reader = new DateReader('YYYY-MM-DDTHH:mm:ss.FZ');
    for (let round = 0; round < 3_000; round++) {
      const unixMs = Date.UTC(1971, 0, 1) + random(2_000_000_000) * 1_000;
      const bytes = Buffer.from(new Date(unixMs).toISOString());
      expect(reader.read(bytes, 0, bytes.length)).toBe(brusselsDay(unixMs));
    }
  });
});

it('knows a form of a date by its parts, and nothing else', () => {
  for (const day of DAY_FORMS) {
    for (const time of TIME_FORMS) {
      expect(datePartsOf(`${day}${time}`)).toEqual({ day, time, optional: false });
      expect(datePartsOf(`${day}[${time}]`)).toEqual({ day, time, optional: true });
    }
  }
  for (const form of [
    '',
    'D/M/YYYY',
    'YYYY-MM-DD ',
    'YYYY-MM-DD[]',
    'YYYY-MM-DD[ HH:mm',
    'HH:mm',
  ]) {
    expect(datePartsOf(form)).toBeNull();
  }
});
