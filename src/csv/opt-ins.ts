import { decodePhoneCell, PHONE_CELL_BYTES_MAX } from './cells.ts';
import { type DayFormat, readDay } from './day-format.ts';
import type { RowTable } from './rows.ts';

/** Reads the opt-in cells of scanned rows. */
export class OptInReader {
  readonly #charset: number;
  readonly #dayFormat: DayFormat;
  readonly #text = new Uint8Array(PHONE_CELL_BYTES_MAX);
  #unreadable = 0;

  constructor(charset: number, dayFormat: DayFormat) {
    this.#charset = charset;
    this.#dayFormat = dayFormat;
  }

  /** Writes the epoch day of each row of `table` to `days`, 0 = none; whether there is any. */
  read(bytes: Uint8Array, table: RowTable, days: Uint32Array): boolean {
    const cell = { start: 0, end: 0 };
    let any = false;
    for (let row = 0; row < table.count; row++) {
      cell.start = table.optInStarts[row] ?? 0;
      cell.end = table.optInEnds[row] ?? 0;
      const length = decodePhoneCell(bytes, cell, this.#charset, this.#text, 0);
      const day = readDay(this.#text, 0, length, this.#dayFormat);
      if (day > 0) any = true;
      else if (day < 0) this.#unreadable++;
      days[row] = Math.max(day, 0);
    }
    return any;
  }

  /** Rows whose opt-in could not be read, since the last call. */
  takeUnreadable(): number {
    const count = this.#unreadable;
    this.#unreadable = 0;
    return count;
  }
}
