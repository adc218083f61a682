/**
 * One line of a source under a settled layout: the general reader, which accepts every writing the
 * layout allows and says why a line is malformed. It makes no string unless a line is malformed.
 */
import { EPOCH_DAY_MAX, formatIsoDay } from '../calendar/day.ts';
import { shapeOf } from '../errors.ts';
import { reasonText } from '../phone/reasons.ts';
import {
  cutLine,
  dropSpaces,
  joinColumns,
  NO_SEPARATOR,
  skipSpaces,
  splitLine,
} from './columns.ts';
import { DateReader } from './dates.ts';
import { type Column, type Encoding, type Layout, NUMBER_PATTERNS } from './layout/layout.ts';
import type { Span } from './line-ends.ts';
import { readSourceNumber, type SourceNumber } from './numbers.ts';

/** Reads lines one by one; `key` and `day` hold the result of the last line. */
export class LineReader {
  /** E.164 digits of the last line that was read. */
  key = 0;
  /** Its registration as an epoch day; 0 = unknown, before 1970-01-02, or no date column. */
  day = 0;
  readonly #layout: Layout;
  readonly #dayMax: number;
  readonly #dates: DateReader | null;
  readonly #columns: readonly Column[];
  readonly #separator: number;
  readonly #numberAt: number;
  readonly #dateAt: number;
  /** Start and end of each column, with room for one more than the layout has. */
  readonly #bounds: Int32Array;
  readonly #number: SourceNumber = { key: 0, form: 'trunk' };

  /** A registration after the epoch day `dayMax` is malformed; Infinity = any date is valid. */
  constructor(layout: Layout, dayMax: number) {
    this.#layout = layout;
    this.#dayMax = dayMax;
    this.#dates = layout.dateForm === null ? null : new DateReader(layout.dateForm);
    this.#columns = layout.kind === 'separated' ? layout.columns : ['number', 'date'];
    this.#separator =
      layout.kind === 'fixed' || layout.columns.length === 1
        ? NO_SEPARATOR
        : layout.separator.charCodeAt(0);
    this.#numberAt = 2 * this.#columns.indexOf('number');
    this.#dateAt = 2 * this.#columns.indexOf('date');
    this.#bounds = new Int32Array(2 * this.#columns.length + 2);
  }

  /**
   * Reads the line `bytes[start, end)`, without its line end. Returns null and sets `key` and
   * `day`, or says in one clause why the line is malformed, user data as a shape only.
   */
  read(bytes: Uint8Array, start: number, end: number): string | null {
    const cut = this.#cut(bytes, start, end);
    if (cut !== null) return cut;
    const number = this.#readNumber(bytes);
    if (number !== null) return number;
    if (this.#dates !== null) return this.#readDate(bytes, this.#dates);
    this.day = 0;
    return null;
  }

  #cut(bytes: Uint8Array, start: number, end: number): string | null {
    const layout = this.#layout;
    const bounds = this.#bounds;
    if (layout.kind === 'fixed') {
      if (cutLine(bytes, start, end, layout, bounds)) return null;
      const got = shapeOfBytes(bytes, start, end);
      return `drifts from the layout: expected columns at fixed places, got ${got}`;
    }
    const wanted = this.#columns.length;
    const count = splitLine(bytes, start, end, this.#separator, layout.quotes, bounds);
    const fits = count === wanted || (count === wanted + 1 && this.#joinTime());
    if (fits && this.#emptiesAreEmpty(bytes)) return null;
    const got = shapeOfBytes(bytes, start, end);
    return `drifts from the layout: expected the columns ${this.#columns.join(', ')}, got ${got}`;
  }

  /** If spaces separate columns, they also separate the date from its time of day. */
  #joinTime(): boolean {
    const layout = this.#layout;
    if (layout.kind === 'fixed' || layout.separator !== ' ') return false;
    if (layout.dateForm?.includes(' ') !== true) return false;
    joinColumns(this.#bounds, this.#dateAt);
    return true;
  }

  #emptiesAreEmpty(bytes: Uint8Array): boolean {
    const bounds = this.#bounds;
    return this.#columns.every((column, index) => {
      if (column !== 'empty') return true;
      const to = bounds[2 * index + 1] ?? 0;
      return skipSpaces(bytes, bounds[2 * index] ?? 0, to) === to;
    });
  }

  #readNumber(bytes: Uint8Array): string | null {
    const { encoding, numberForm } = this.#layout;
    const from = this.#bounds[this.#numberAt] ?? 0;
    const to = this.#bounds[this.#numberAt + 1] ?? 0;
    const number = this.#number;
    readSourceNumber(bytes, from, to, encoding, number);
    const { key, form } = number;
    if (key <= 0) {
      const got = shapeOfBytes(bytes, from, to);
      return `no phone number can be read from ${got}: ${reasonText(key)}`;
    }
    // A foreign number has no national writing: its international forms fit any layout.
    const isInternational = form === 'plus' || form === 'international';
    if (numberForm !== 'any' && form !== numberForm && !(isInternational && !isBelgian(key))) {
      const expected = `a number written like ${NUMBER_PATTERNS[numberForm]}`;
      const got = shapeOfBytes(bytes, from, to);
      return `drifts from the layout: expected ${expected}, got ${got}`;
    }
    this.key = key;
    return null;
  }

  #readDate(bytes: Uint8Array, dates: DateReader): string | null {
    const end = this.#bounds[this.#dateAt + 1] ?? 0;
    const from = skipSpaces(bytes, this.#bounds[this.#dateAt] ?? 0, end);
    const to = dropSpaces(bytes, from, end);
    const day = dates.read(bytes, from, to);
    if (Number.isNaN(day)) {
      const got = shapeOfBytes(bytes, from, to);
      return `no real date of the form ${this.#layout.dateForm} can be read from ${got}`;
    }
    if (day > this.#dayMax) {
      const limit = formatIsoDay(this.#dayMax);
      return this.#dayMax === EPOCH_DAY_MAX
        ? `the registration is after ${limit}, the last day a list can hold`
        : `the registration is after the snapshot date ${limit}`;
    }
    this.day = Math.max(day, 0);
    return null;
  }
}

/** Whether a key has the country code 32. */
function isBelgian(key: number): boolean {
  return String(key).startsWith('32');
}

/** The text of a piece of the source. */
export function textIn(bytes: Uint8Array, { start, end }: Span, encoding: Encoding): string {
  // Latin-1 distinguishes letters and digits of windows-1252 well enough.
  const name = encoding === 'utf-8' ? 'utf8' : 'latin1';
  return Buffer.from(bytes.subarray(start, end)).toString(name);
}

/** The shape of a piece of the source, for the reason of a malformed line. */
export function shapeOfBytes(bytes: Uint8Array, start: number, end: number): string {
  // More bytes than shapeOf shows characters, so that it marks the text as shortened.
  const piece = bytes.subarray(start, Math.min(end, start + 200));
  return shapeOf(Buffer.from(piece).toString('utf8'));
}
