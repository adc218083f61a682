/** Sources written by code: a list in any layout, in a directory that is removed afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIsoDay } from '#tacet/calendar/day.js';
import type { DateForm } from '#tacet/source/layout/date-forms.js';
import type { Layout, NumberForm, SeparatedLayout } from '#tacet/source/layout/layout.js';
import { readSource, type SourceList, type SourceOptions } from '#tacet/source/source.js';

/** The layout of `0475123456;15/03/2021`. */
export const LAYOUT: SeparatedLayout = {
  kind: 'separated',
  separator: ';',
  columns: ['number', 'date'],
  quotes: false,
  numberForm: 'trunk',
  dateForm: 'DD/MM/YYYY',
  header: false,
  encoding: 'utf-8',
  bom: false,
  lineEnd: 'lf',
};

export interface Entry {
  readonly key: number;
  readonly day: number;
}

/** A directory under the system's temporary one; `remove` it in afterAll. */
export function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'tacet-source-'));
  let files = 0;
  return {
    path,
    write: (content: string | Uint8Array, name = `${++files}.txt`): string => {
      const file = join(path, name);
      writeFileSync(file, content);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A generator of whole numbers below `limit`, the same for the same seed (mulberry32). */
export function randomOf(seed: number): (limit: number) => number {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
}

/** Belgian fixed and mobile numbers with dates from 1970-01-02 to 2026-11-20; duplicates occur. */
export function randomEntries(random: (limit: number) => number, count: number): Entry[] {
  const span = count < 100 ? 100_000 : 2 * count;
  return Array.from({ length: count }, () => ({
    key: random(2) === 0 ? 32_470_000_000 + random(span) : 3_222_000_000 + random(span),
    day: 1 + random(20_777),
  }));
}

/** Sorted, unique, the latest date of duplicates: what a source of these entries must give. */
export function expectedOf(entries: readonly Entry[], hasDates: boolean) {
  const latest = new Map<number, number>();
  for (const { key, day } of entries) {
    latest.set(key, Math.max(latest.get(key) ?? 0, hasDates ? day : 0));
  }
  const sorted = [...latest].sort(([a], [b]) => a - b);
  return { numbers: sorted.map(([key]) => BigInt(key)), days: sorted.map(([, day]) => day) };
}

export function writeNumber(key: number, form: NumberForm): string {
  const digits = String(key);
  const national = digits.slice(2);
  return {
    trunk: `0${national}`,
    plus: `+${digits}`,
    international: `00${digits}`,
    'country-code': digits,
    national,
    any: `0${national}`,
  }[form];
}

export function writeDate(day: number, form: DateForm): string {
  const [year = '', month = '', date = ''] = formatIsoDay(day).split('-');
  return form.replace('YYYY', year).replace('MM', month).replace('DD', date);
}

/** The whole file in this layout. The header holds an e with an accent. */
export function renderSource(entries: readonly Entry[], layout: Layout): Buffer {
  const lines = entries.map(({ key, day }) => {
    const number = writeNumber(key, layout.numberForm);
    const date = layout.dateForm === null ? '' : writeDate(day, layout.dateForm);
    return lineOf(layout, number, date);
  });
  if (layout.header) lines.unshift(lineOf(layout, 'Num\u00e9ro', 'Date'));
  const lineEnd = { lf: '\n', crlf: '\r\n', cr: '\r' }[layout.lineEnd];
  const text = lines.map((line) => line + lineEnd).join('');
  const bytes = Buffer.from(text, layout.encoding === 'utf-8' ? 'utf8' : 'latin1');
  return layout.bom ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]) : bytes;
}

function lineOf(layout: Layout, number: string, date: string): string {
  if (layout.kind === 'separated') {
    const quote = layout.quotes ? '"' : '';
    const [inQuotes, dated] = [quote + number + quote, quote + date + quote];
    const texts = { number: inQuotes, date: dated, empty: '', other: 'x' };
    return layout.columns.map((column) => texts[column]).join(layout.separator);
  }
  let line = '';
  const columns = [
    { ...layout.number, text: number },
    { offset: 0, ...layout.date, text: date },
  ];
  for (const { offset, text } of columns.sort((a, b) => a.offset - b.offset)) {
    line = text === '' ? line : line.padEnd(offset) + text;
  }
  return line;
}

/** Reads with a detected layout and no malformed line, unless `options` say otherwise. */
export async function read(path: string, options: Partial<SourceOptions> = {}) {
  return await readSource(path, { layout: 'auto', badLinesMax: 0, ...options });
}

/** Numbers and days as plain arrays. */
export function contentOf({ numbers, days }: SourceList) {
  return { numbers: [...numbers], days: [...days] };
}

/** A failure that is expected: its code and its text. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'it did not fail';
}
