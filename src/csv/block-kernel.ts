import { readFileSync } from 'node:fs';
import {
  type BlockMemory,
  type BlockSizes,
  type ThreadPlace,
  threadPlace,
  writtenAt,
  writtenBytes,
} from './block-memory.ts';
import { OUTPUT_KINDS } from './places.ts';
import { type RowRange, type RowShape, RowTable } from './rows.ts';

const CELL_BYTES = 16;
/** The last byte of a cell says how long it is. */
const CELL_LENGTH = 15;
const VERDICTS = 6;

/** What `assembly/rows.ts` exports. */
interface RowsModule {
  scanRows(
    origin: number,
    start: number,
    end: number,
    final: number,
    separator: number,
    phoneColumn: number,
    optInColumn: number,
    rowBytesMax: number,
    rowsMax: number,
    table: number,
    result: number,
  ): void;
  lastRowEnd(start: number, end: number, separator: number): number;
  readKeys(
    origin: number,
    starts: number,
    ends: number,
    count: number,
    belgian: number,
    keys: number,
    others: number,
  ): number;
  partitionRows(
    block: number,
    start: number,
    rowEnds: number,
    verdicts: number,
    count: number,
    into: number,
    intoEnd: number,
    wanted: number,
    cells: number,
    result: number,
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The module, compiled once a thread. */
function moduleOf(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./rows.wasm', import.meta.url)));
  return compiled;
}

/** Rows of a block, from a row's beginning on, and their verdicts, values 1 to 5. */
export interface AnsweredRows {
  readonly start: number;
  /** Behind each row, as offsets into the block, ascending. */
  readonly rowEnds: Int32Array;
  /** One a row. */
  readonly verdicts: Uint8Array;
}

/** What one output gets of a block, as addresses. */
export interface Written {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

/** The first of some answered rows, by the outputs they go to. */
export interface PartitionedRows {
  readonly rows: number;
  /** As OUTPUT_KINDS; empty where an output is not wanted. */
  readonly written: readonly Written[];
  /** How many of the rows have each verdict. */
  readonly counts: readonly number[];
}

/** What is written of the rows. Structured-cloneable. */
export interface PartitionPlan {
  /** Which outputs are written, as OUTPUT_KINDS. */
  readonly wanted: readonly boolean[];
  /** What is added to a row that is not callable, by its verdict; at most 15 bytes each. */
  readonly cells: readonly Uint8Array[];
}

/**
 * `assembly/rows.ts` for the blocks of a {@link BlockMemory}, with the place of one thread: no two
 * threads may use the same one, {@link lastRowEnd} aside.
 */
export class BlockKernel {
  /** The rows of the last scan. */
  readonly table: RowTable;
  /** The keys of these rows as pairs of u32 (low, high), once they are read. */
  readonly keys: Uint32Array;
  readonly #module: RowsModule;
  readonly #sizes: BlockSizes;
  readonly #place: ThreadPlace;
  readonly #result: Int32Array;
  readonly #others: Int32Array;
  readonly #rowEnds: Int32Array;
  readonly #verdicts: Uint8Array;
  readonly #cells: Uint8Array;

  constructor({ memory, sizes }: BlockMemory, thread: number) {
    const instance = new WebAssembly.Instance(moduleOf(), { env: { memory } });
    // As assembly/rows.ts exports them.
    this.#module = instance.exports as unknown as RowsModule;
    const { buffer } = memory;
    const place = threadPlace(sizes, thread);
    this.#sizes = sizes;
    this.#place = place;
    this.#result = new Int32Array(buffer, place.result, 16);
    this.keys = new Uint32Array(buffer, place.keys, sizes.rowsMax * 2);
    this.#others = new Int32Array(buffer, place.others, sizes.rowsMax);
    this.#rowEnds = new Int32Array(buffer, place.rowEnds, sizes.partRowsMax);
    this.#verdicts = new Uint8Array(buffer, place.verdicts, sizes.partRowsMax);
    this.#cells = new Uint8Array(buffer, place.cells, CELL_BYTES * VERDICTS);
    this.table = new RowTable(sizes.rowsMax, { buffer, byteOffset: place.table });
  }

  /** As `scanRows` for the block at address `block`; the rows are in {@link table}. */
  scan(block: number, { start, end, final }: RowRange, shape: RowShape): void {
    const { separator, phoneColumn, optInColumn, rowBytesMax } = shape;
    const { table } = this;
    this.#module.scanRows(
      block,
      block + start,
      block + end,
      final ? 1 : 0,
      separator,
      phoneColumn,
      optInColumn,
      rowBytesMax,
      table.rowsMax,
      this.#place.table,
      this.#place.result,
    );
    const [count = 0, quotedLines = 0, problem = 0] = this.#result;
    table.count = count;
    table.start = start;
    table.quotedLines = quotedLines;
    table.problem = problem;
  }

  /**
   * The offset behind the last whole row of `[start, end)`, which begins with a row; `start` if no
   * row ends there.
   */
  lastRowEnd(block: number, range: { start: number; end: number }, separator: number): number {
    return this.#module.lastRowEnd(block + range.start, block + range.end, separator) - block;
  }

  /**
   * Reads the phone numbers of {@link table} into {@link keys}, where their writing is a usual one.
   * `belgian`: national writing is read as Belgian. Returns the indexes of the other rows, ascending
   * and valid until the next call.
   */
  readKeys(block: number, belgian: boolean): Int32Array {
    const { table, keys, others } = this.#place;
    const stride = this.table.rowsMax * 4;
    const count = this.#module.readKeys(
      block,
      table + stride,
      table + stride * 2,
      this.table.count,
      belgian ? 1 : 0,
      keys,
      others,
    );
    return this.#others.subarray(0, count);
  }

  /**
   * Puts as many of the rows as have room behind the block at address `block`, by their verdicts.
   * No rows: the verdict of the first one is none. Valid until the next call for the same block.
   */
  partition(block: number, rows: AnsweredRows, { wanted, cells }: PartitionPlan): PartitionedRows {
    const { partRowsMax } = this.#sizes;
    const count = Math.min(rows.rowEnds.length, partRowsMax);
    this.#rowEnds.set(rows.rowEnds.subarray(0, count));
    this.#verdicts.set(rows.verdicts.subarray(0, count));
    cells.forEach((cell, verdict) => {
      this.#cells.set(cell, verdict * CELL_BYTES);
      this.#cells[verdict * CELL_BYTES + CELL_LENGTH] = cell.length;
    });
    const into = writtenAt(this.#sizes, block);
    this.#module.partitionRows(
      block,
      block + rows.start,
      this.#place.rowEnds,
      this.#place.verdicts,
      count,
      into,
      into + writtenBytes(this.#sizes),
      wanted.reduce((bits, is, kind) => bits | (Number(is) << kind), 0),
      this.#place.cells,
      this.#place.result,
    );
    const [done = 0, ...fields] = new Uint32Array(this.#result);
    const kindsEnd = OUTPUT_KINDS.length * 3;
    const written = OUTPUT_KINDS.map((_, kind) => {
      const [start = 0, end = 0, rows = 0] = fields.slice(kind * 3, kind * 3 + 3);
      return { start, end, rows };
    });
    return { rows: done, written, counts: fields.slice(kindsEnd, kindsEnd + VERDICTS) };
  }
}
