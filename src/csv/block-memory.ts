import { readFileSync } from 'node:fs';
import { TacetError } from '../errors.ts';
import { type RowRange, type RowShape, RowTable } from './rows.ts';

/*
 * What the threads share, in one WebAssembly memory, so that the module that scans sees it:
 *
 *   +--------+---------+---------+-----+------+---------+---------+-----+-------+
 *   | unused | table 0 | table 1 | ... | head | block 0 | block 1 | ... | guard |
 *   +--------+---------+---------+-----+------+---------+---------+-----+-------+
 *
 * table: of one thread, the result of a scan and then a RowTable
 * head: the first block, which may be longer than the others
 * guard: 16 bytes are loaded wherever a block ends
 */
const UNUSED_BYTES = 65_536;
const PAGE_BYTES = 65_536;
const MEMORY_BYTES_MAX = 2 ** 32;
const RESULT_BYTES = 64;
const GUARD_BYTES = 64;
const ALIGNMENT = 64;
const BLOCKS_MIN = 2;

/** Sizes, in bytes and rows. Structured-cloneable. */
export interface BlockSizes {
  readonly threads: number;
  /** Rows a scan finds at most. */
  readonly rowsMax: number;
  readonly headBytes: number;
  readonly blockBytes: number;
  readonly blocksMax: number;
}

/** The memory of a run, the same on all its threads. Structured-cloneable. */
export interface BlockMemory {
  readonly memory: WebAssembly.Memory;
  readonly sizes: BlockSizes;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function tableBytes({ rowsMax }: BlockSizes): number {
  return RESULT_BYTES + roundUp(RowTable.bytesOf(rowsMax));
}

/** Where the table of a thread begins. */
function tableAt(sizes: BlockSizes, thread: number): number {
  return UNUSED_BYTES + tableBytes(sizes) * thread;
}

/** Where the first block begins. */
export function headAt(sizes: BlockSizes): number {
  return tableAt(sizes, sizes.threads);
}

/** Where another block begins; `index` from 0. */
export function blockAt(sizes: BlockSizes, index: number): number {
  return headAt(sizes) + roundUp(sizes.headBytes) + roundUp(sizes.blockBytes) * index;
}

/**
 * Memory for a run; with fewer blocks where as many as wanted are more than 4 GiB.
 * Errors: ERR_LIMIT where it cannot be had.
 */
export function allocateBlocks(wanted: BlockSizes): BlockMemory {
  const room = MEMORY_BYTES_MAX - blockAt(wanted, 0) - GUARD_BYTES;
  const fit = Math.floor(room / roundUp(wanted.blockBytes));
  const sizes = { ...wanted, blocksMax: Math.max(BLOCKS_MIN, Math.min(wanted.blocksMax, fit)) };
  const pages = Math.ceil((blockAt(sizes, sizes.blocksMax) + GUARD_BYTES) / PAGE_BYTES);
  try {
    return {
      memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
      sizes,
    };
  } catch (cause) {
    throw new TacetError('ERR_LIMIT', {
      what: `no memory for ${pages * PAGE_BYTES} bytes of contacts`,
      fix: 'Allow smaller blocks or rows, or fewer threads',
      cause,
    });
  }
}

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
}

let compiled: WebAssembly.Module | undefined;

/** The module, compiled once a thread. */
function moduleOf(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./rows.wasm', import.meta.url)));
  return compiled;
}

/** `scanRows` and `lastRowEnd` of rows.ts for blocks of a {@link BlockMemory}. One a thread. */
export class RowScanner {
  /** The rows of the last scan. */
  readonly table: RowTable;
  readonly #module: RowsModule;
  readonly #result: Int32Array;
  readonly #tableAt: number;

  constructor({ memory, sizes }: BlockMemory, thread: number) {
    const instance = new WebAssembly.Instance(moduleOf(), { env: { memory } });
    // As assembly/rows.ts exports them.
    this.#module = instance.exports as unknown as RowsModule;
    this.#tableAt = tableAt(sizes, thread);
    this.#result = new Int32Array(memory.buffer, this.#tableAt, 3);
    const at = this.#tableAt + RESULT_BYTES;
    this.table = new RowTable(sizes.rowsMax, { buffer: memory.buffer, byteOffset: at });
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
      this.#tableAt + RESULT_BYTES,
      this.#tableAt,
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
}
