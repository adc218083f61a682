import { DAY_UNREADABLE, type DayFormat, readDay } from './day-format.ts';
import { decodePhoneCell, PHONE_CELL_BYTES_MAX, unwrappedText } from './text.ts';

/** Reads the opt-in cells of rows. */
export class OptInReader {
  readonly #charset: number;
  readonly #dayFormat: DayFormat;
  readonly #text = new Uint8Array(PHONE_CELL_BYTES_MAX);

  constructor(charset: number, dayFormat: DayFormat) {
    this.#charset = charset;
    this.#dayFormat = dayFormat;
  }

  /** The epoch day in a cell; 0 if it is empty, negative if it has no readable date. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return 0;
    const length = decodePhoneCell(bytes, start, end, this.#charset, this.#text);
    const day = readDay(this.#text, 0, length, this.#dayFormat);
    return day === DAY_UNREADABLE ? this.#readWrapped(bytes, start, end) : day;
  }

  #readWrapped(bytes: Uint8Array, start: number, end: number): number {
    const text = Buffer.from(unwrappedText(bytes, start, end, this.#charset) ?? '?');
    return readDay(text, 0, text.length, this.#dayFormat);
  }
}
