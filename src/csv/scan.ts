import { readPhoneNumber } from '../phone/read.ts';
import type { KeyMatch } from '../verdict/key-match.ts';
import { VERDICT_OF_REASON } from '../verdict/reason.ts';
import { type ContactBatch, encodeBatch } from './batch.ts';
import type { BlockKernel, PartitionPlan } from './block-kernel.ts';
import type { BlockMemory } from './block-memory.ts';
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
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  /** Columns every row should have. */
  readonly columnCount: number;
  readonly partition: PartitionPlan;
}

/** What was found in a block: its rows, and their verdicts or the requests to ask for them. */
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

/** Finds the rows of blocks, and matches their numbers or encodes requests. One a thread. */
export class BlockScanner {
  readonly #plan: ScanPlan;
  readonly #kernel: BlockKernel;
  readonly #memory: ArrayBufferLike;
  readonly #match: KeyMatch | undefined;
  readonly #phones: PhoneCellReader;
  readonly #optIns: OptInReader | undefined;
  readonly #keys: BigUint64Array;
  readonly #optInDays: Uint32Array;

  /**
   * @param memory where the blocks are; its tables have no more rows than a request or `match`
   * @param kernel this thread's, of the same memory
   * @param match looks keys up here; without it requests are encoded
   */
  constructor(plan: ScanPlan, memory: BlockMemory, kernel: BlockKernel, match?: KeyMatch) {
    const { charset, dayFormat, hasOptIns } = plan;
    const { rowsMax } = memory.sizes;
    this.#plan = plan;
    this.#match = match;
    this.#kernel = kernel;
    this.#memory = memory.memory.buffer;
    this.#phones = new PhoneCellReader(plan);
    this.#optIns = hasOptIns ? new OptInReader(charset, dayFormat) : undefined;
    const { buffer, byteOffset } = kernel.keys;
    this.#keys = new BigUint64Array(buffer, byteOffset, rowsMax);
    this.#optInDays = match?.optInDays ?? new Uint32Array(rowsMax);
  }

  /** Scans the rows of the block at an address; those that are not whole are left out. */
  scan(address: number, range: RowRange): ScannedBlock {
    const bytes = new Uint8Array(this.#memory, address, range.end);
    const found = new FoundRows(this.#plan.columnCount);
    const { table } = this.#kernel;
    let start = range.start;
    do {
      this.#kernel.scan(address, { ...range, start }, this.#plan.shape);
      if (table.count > 0) {
        found.add(table);
        this.#readKeys(address, bytes);
        this.#use(this.#optIns?.read(bytes, table, this.#optInDays) === true, found);
      }
      start = table.end;
    } while (table.problem === ROWS_OK && table.count === table.rowsMax);
    found.problem = table.problem;
    found.optInUnreadable = this.#optIns?.takeUnreadable() ?? 0;
    return found.toBlock();
  }

  #readKeys(address: number, bytes: Uint8Array): void {
    const { keys, table } = this.#kernel;
    for (const row of this.#kernel.readKeys(address, this.#plan.belgian)) {
      const key = this.#phones.key(bytes, table.phoneStarts[row] ?? 0, table.phoneEnds[row] ?? 0);
      keys[row * 2] = key % 0x1_0000_0000;
      keys[row * 2 + 1] = key / 0x1_0000_0000;
    }
  }

  /** Matches the rows of the table here, or has them asked for. */
  #use(anyOptIn: boolean, found: FoundRows): void {
    const { count } = this.#kernel.table;
    const match = this.#match;
    if (match === undefined) {
      const days = anyOptIn ? this.#optInDays.subarray(0, count) : undefined;
      found.requests.push(encodeBatch(this.#keys.subarray(0, count), days));
      return;
    }
    match.words.set(this.#kernel.keys.subarray(0, count * 2));
    found.verdicts.push(
      match.match(count, anyOptIn).map((reason) => VERDICT_OF_REASON[reason] ?? 0),
    );
  }
}

/** Reads phone cells one by one, in whatever way they are written. */
class PhoneCellReader {
  readonly #charset: number;
  readonly #belgian: boolean;
  readonly #text = new Uint8Array(PHONE_CELL_BYTES_MAX);
  readonly #cell = { start: 0, end: 0 };

  constructor({ charset, belgian }: ScanPlan) {
    this.#charset = charset;
    this.#belgian = belgian;
  }

  /** The key of a phone number; 0, which is on no list and unreadable, of what is none. */
  key(bytes: Uint8Array, start: number, end: number): number {
    const belgian = this.#belgian;
    if (isPlain(bytes, start, end, this.#charset)) {
      return Math.max(0, readPhoneNumber(bytes, start, end, belgian));
    }
    this.#cell.start = start;
    this.#cell.end = end;
    const length = decodePhoneCell(bytes, this.#cell, this.#charset, this.#text, 0);
    return Math.max(0, readPhoneNumber(this.#text, 0, length, belgian));
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
