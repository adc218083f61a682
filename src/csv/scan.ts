import { readPhoneNumber } from '../phone/read.ts';
import type { KeyMatch } from '../verdict/key-match.ts';
import { BatchEncoder, type ContactBatch } from './batch.ts';
import { type BlockMemory, RowScanner } from './block-memory.ts';
import { CHARSET_UTF8, decodePhoneCell, PHONE_CELL_BYTES_MAX } from './cells.ts';
import type { DayFormat } from './day-format.ts';
import { OptInReader } from './opt-ins.ts';
import { ROWS_OK, type RowRange, type RowShape, type RowTable } from './rows.ts';

/** How many uneven rows of a run are told by their number. */
export const UNEVEN_ROWS_LISTED_MAX = 10;
const QUOTE = 0x22;

/** What a scanner must know of a file. Structured-cloneable. */
export interface ScanPlan {
  readonly shape: RowShape;
  readonly charset: number;
  readonly dayFormat: DayFormat;
  readonly hasOptIns: boolean;
  /** Columns every row should have. */
  readonly columnCount: number;
}

/** What was found in a block: its rows, and either their verdicts or the requests to ask for them. */
export interface ScannedBlock {
  /** Behind each row, as offsets into the block, ascending. */
  readonly rowEnds: Int32Array;
  /** Of all rows, if they are matched here; else of none. */
  readonly verdicts: Uint8Array;
  /** For all rows in order, if they are not matched here. */
  readonly requests: readonly ContactBatch[];
  /** Line ends inside quoted cells. */
  readonly quotedLines: number;
  readonly optInUnreadable: number;
  readonly unevenCount: number;
  /** Indexes of the first uneven rows, from 0. */
  readonly unevenRows: readonly number[];
  /** ROWS_OK, or what is wrong with the row behind the last one. */
  readonly problem: number;
}

/** What becomes of rows: they are matched, or encoded. */
interface RowsUse {
  /** Takes the rows of a table, offsets into `bytes`; what comes of it goes to `found`. */
  take(bytes: Uint8Array, table: RowTable, found: FoundRows): void;
}

/** Finds the rows of blocks, and matches their numbers or encodes them. One a thread. */
export class BlockScanner {
  readonly #plan: ScanPlan;
  readonly #rows: RowScanner;
  readonly #memory: ArrayBufferLike;
  readonly #optIns: OptInReader | undefined;
  readonly #use: RowsUse;

  /**
   * @param memory where the blocks are; its tables have no more rows than a request or `match`
   * @param match looks keys up here; without it requests are encoded
   */
  constructor(plan: ScanPlan, memory: BlockMemory, thread: number, match?: KeyMatch) {
    const { charset, dayFormat, hasOptIns } = plan;
    this.#plan = plan;
    this.#rows = new RowScanner(memory, thread);
    this.#memory = memory.memory.buffer;
    this.#optIns = hasOptIns ? new OptInReader(charset, dayFormat) : undefined;
    this.#use =
      match === undefined
        ? new EncodedRows(new BatchEncoder(memory.sizes.rowsMax, charset, this.#optIns))
        : new MatchedRows(match, charset, this.#optIns);
  }

  /** Scans the rows of the block at an address; those that are not whole are left out. */
  scan(address: number, range: RowRange): ScannedBlock {
    const bytes = new Uint8Array(this.#memory, address, range.end);
    const found = new FoundRows(this.#plan.columnCount);
    const { table } = this.#rows;
    let start = range.start;
    do {
      this.#rows.scan(address, { ...range, start }, this.#plan.shape);
      if (table.count > 0) {
        found.add(table);
        this.#use.take(bytes, table, found);
      }
      start = table.end;
    } while (table.problem === ROWS_OK && table.count === table.rowsMax);
    found.problem = table.problem;
    found.optInUnreadable = this.#optIns?.takeUnreadable() ?? 0;
    return found.toBlock();
  }
}

/** Rows that are answered by a server: their numbers as requests. */
class EncodedRows implements RowsUse {
  readonly #encoder: BatchEncoder;

  constructor(encoder: BatchEncoder) {
    this.#encoder = encoder;
  }

  take(bytes: Uint8Array, table: RowTable, found: FoundRows): void {
    found.requests.push(this.#encoder.encode(bytes, table));
  }
}

/** Rows that are matched here. */
class MatchedRows implements RowsUse {
  readonly #match: KeyMatch;
  readonly #charset: number;
  readonly #optIns: OptInReader | undefined;
  readonly #text = new Uint8Array(PHONE_CELL_BYTES_MAX);
  readonly #cell = { start: 0, end: 0 };

  constructor(match: KeyMatch, charset: number, optIns: OptInReader | undefined) {
    this.#match = match;
    this.#charset = charset;
    this.#optIns = optIns;
  }

  take(bytes: Uint8Array, table: RowTable, found: FoundRows): void {
    const match = this.#match;
    const anyOptIn = this.#optIns?.read(bytes, table, match.optInDays) === true;
    this.#readKeys(bytes, table);
    found.verdicts.push(match.match(table.count, anyOptIn).slice());
  }

  #readKeys(bytes: Uint8Array, table: RowTable): void {
    const { count, phoneStarts, phoneEnds } = table;
    const { words, belgian } = this.#match;
    const charset = this.#charset;
    for (let row = 0; row < count; row++) {
      const start = phoneStarts[row] as number; // row < count, which is at most its length
      const end = phoneEnds[row] as number;
      let key: number;
      if (isPlain(bytes, start, end, charset)) key = readPhoneNumber(bytes, start, end, belgian);
      else key = this.#readDecoded(bytes, start, end);
      // What is no number is looked up as 0, which is on no list and unreadable.
      if (key < 0) key = 0;
      words[row * 2] = key % 0x1_0000_0000;
      words[row * 2 + 1] = key / 0x1_0000_0000;
    }
  }

  #readDecoded(bytes: Uint8Array, start: number, end: number): number {
    this.#cell.start = start;
    this.#cell.end = end;
    const length = decodePhoneCell(bytes, this.#cell, this.#charset, this.#text, 0);
    return readPhoneNumber(this.#text, 0, length, this.#match.belgian);
  }
}

/** Whether the bytes of a cell are its text: not quoted, and ASCII or surely UTF-8. */
function isPlain(bytes: Uint8Array, start: number, end: number, charset: number): boolean {
  if (start < end && bytes[start] === QUOTE) return false;
  if (charset === CHARSET_UTF8) return true;
  let high = 0;
  for (let at = start; at < end; at++) high |= bytes[at] as number; // end is within the bytes
  return high < 0x80;
}

/** Gathers what the scans of one block find. */
class FoundRows {
  readonly verdicts: Uint8Array[] = [];
  readonly requests: ContactBatch[] = [];
  optInUnreadable = 0;
  problem = ROWS_OK;
  readonly #columnCount: number;
  readonly #rowEnds: Int32Array[] = [];
  #rows = 0;
  #quotedLines = 0;
  #unevenCount = 0;
  readonly #unevenRows: number[] = [];

  constructor(columnCount: number) {
    this.#columnCount = columnCount;
  }

  add(table: RowTable): void {
    this.#rowEnds.push(table.rowEnds.slice(0, table.count));
    this.#quotedLines += table.quotedLines;
    for (let row = 0; row < table.count; row++) {
      if (table.columnCounts[row] === this.#columnCount) continue;
      this.#unevenCount++;
      if (this.#unevenRows.length < UNEVEN_ROWS_LISTED_MAX) this.#unevenRows.push(this.#rows + row);
    }
    this.#rows += table.count;
  }

  toBlock(): ScannedBlock {
    return {
      rowEnds: joined(new Int32Array(this.#rows), this.#rowEnds),
      verdicts: joined(new Uint8Array(this.verdicts.length === 0 ? 0 : this.#rows), this.verdicts),
      requests: this.requests,
      quotedLines: this.#quotedLines,
      optInUnreadable: this.optInUnreadable,
      unevenCount: this.#unevenCount,
      unevenRows: this.#unevenRows,
      problem: this.problem,
    };
  }
}

function joined<Values extends Int32Array | Uint8Array>(
  into: Values,
  parts: readonly ArrayLike<number>[],
): Values {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}
