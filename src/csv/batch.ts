import { WIRE_LEN, writeVarint } from '../wire/fields.ts';
import { FIELD_OPT_INS, FIELD_PHONE_NUMBERS } from '../wire/request.ts';
import { decodePhoneCell, PHONE_CELL_BYTES_MAX } from './cells.ts';
import type { OptInReader } from './opt-ins.ts';
import type { RowTable } from './rows.ts';

const TAG_PHONE_NUMBERS = (FIELD_PHONE_NUMBERS << 3) | WIRE_LEN;
const TAG_OPT_INS = (FIELD_OPT_INS << 3) | WIRE_LEN;

/** Tag and length of an entry: texts of less than 128 bytes have a length of one byte. */
const ENTRY_HEAD_BYTES = 2;
const DAY_BYTES = 4;
/** Tag and length of the packed opt-ins. */
const OPT_INS_HEAD_BYTES = 8;
const ENTRY_BYTES_MAX = ENTRY_HEAD_BYTES + PHONE_CELL_BYTES_MAX + DAY_BYTES;

/** The phone numbers of consecutive rows, one each. */
export interface ContactBatch {
  /** How many numbers the request holds, 1 or more. */
  readonly count: number;
  /** The bytes of a `DedupeRequest`; the receiver's to keep or to transfer. */
  readonly request: Uint8Array;
}

/** How many rows always fit a request of `bytesMax`, however long their cells; 0 = not even one. */
export function rowsThatFit(bytesMax: number): number {
  return Math.max(0, Math.floor((bytesMax - OPT_INS_HEAD_BYTES) / ENTRY_BYTES_MAX));
}

/** Encodes the phone and opt-in cells of scanned rows. Owns scratch memory for `rowsMax` rows. */
export class BatchEncoder {
  readonly #charset: number;
  readonly #optIns: OptInReader | undefined;
  readonly #scratch: Uint8Array;
  readonly #days: Uint32Array;

  /** @param optIns undefined = the file has none */
  constructor(rowsMax: number, charset: number, optIns: OptInReader | undefined) {
    this.#charset = charset;
    this.#optIns = optIns;
    this.#scratch = new Uint8Array(rowsMax * ENTRY_BYTES_MAX + OPT_INS_HEAD_BYTES);
    this.#days = new Uint32Array(rowsMax);
  }

  /** One request for all rows of `table`, offsets into `bytes`. */
  encode(bytes: Uint8Array, table: RowTable): ContactBatch {
    let offset = this.#writePhoneNumbers(bytes, table);
    if (this.#optIns?.read(bytes, table, this.#days) === true) {
      offset = this.#writeOptIns(table.count, offset);
    }
    return { count: table.count, request: this.#scratch.slice(0, offset) };
  }

  #writePhoneNumbers(bytes: Uint8Array, table: RowTable): number {
    const { count, phoneStarts, phoneEnds } = table;
    const scratch = this.#scratch;
    const charset = this.#charset;
    const cell = { start: 0, end: 0 };
    let offset = 0;
    for (let row = 0; row < count; row++) {
      cell.start = phoneStarts[row] ?? 0;
      cell.end = phoneEnds[row] ?? 0;
      const textStart = offset + ENTRY_HEAD_BYTES;
      const textEnd = decodePhoneCell(bytes, cell, charset, scratch, textStart);
      scratch[offset] = TAG_PHONE_NUMBERS;
      scratch[offset + 1] = textEnd - textStart;
      offset = textEnd;
    }
    return offset;
  }

  #writeOptIns(count: number, offset: number): number {
    const scratch = this.#scratch;
    scratch[offset] = TAG_OPT_INS;
    let at = writeVarint(scratch, offset + 1, count * DAY_BYTES);
    for (let row = 0; row < count; row++) {
      const day = this.#days[row] ?? 0;
      scratch[at++] = day & 0xff;
      scratch[at++] = (day >> 8) & 0xff;
      scratch[at++] = (day >> 16) & 0xff;
      scratch[at++] = day >>> 24;
    }
    return at;
  }
}
