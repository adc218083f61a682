import { OUTCOME_BYTES, OUTPUT_KINDS, outcomeTable } from '../judge/outcome.ts';
import {
  type BlockMemory,
  type BlockSizes,
  type ThreadPlace,
  writtenAt,
  writtenBytes,
} from './block-memory.ts';
import type { RowsOfBlocks } from './block-rows.ts';
import type { RowsModule } from './rows-module.ts';

/** The gaps between the outputs, see `assembly/partition.ts`. */
const GAPS_BYTES = 96;

/** The part of a block that one output gets, as addresses. */
interface Written {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

/** Judged rows, grouped by output. */
export interface PartitionedRows {
  readonly rows: number;
  /** In the order of OUTPUT_KINDS; empty if an output is not wanted. */
  readonly written: readonly Written[];
}

/** Places the judged rows of blocks where they are written from, grouped by output. */
export class BlockPartition {
  readonly #module: RowsModule;
  readonly #sizes: BlockSizes;
  readonly #place: ThreadPlace;
  readonly #rows: RowsOfBlocks;
  readonly #bytes: Uint8Array;
  readonly #result: Uint32Array;
  #separator = 0;
  #wanted = 0;

  /** @param thread the thread whose place to use */
  constructor(
    { memory, sizes }: BlockMemory,
    thread: { place: ThreadPlace; module: RowsModule; rows: RowsOfBlocks },
  ) {
    this.#module = thread.module;
    this.#sizes = sizes;
    this.#place = thread.place;
    this.#rows = thread.rows;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#result = new Uint32Array(memory.buffer, thread.place.result, 16);
  }

  /**
   * Sets which outputs are written, in the order of OUTPUT_KINDS, and the separator of added cells.
   */
  setOutputs(wanted: readonly boolean[], separator: string): void {
    this.#wanted = wanted.reduce((bits, is, kind) => bits | (Number(is) << kind), 0);
    this.#separator = separator.charCodeAt(0);
    this.#bytes.set(outcomeTable(separator), this.#place.outcomeTable);
  }

  /** How many bytes of one block may be written at once. */
  get room(): number {
    return writtenBytes(this.#sizes) - GAPS_BYTES;
  }

  /**
   * How many of the rows that a scan found, from index `from` on, fit into `room` bytes, and how
   * many bytes they need at most.
   */
  rowsThatFit(
    block: number,
    from: number,
    found: { readonly rows: number; readonly pads: number },
    room: number,
  ): { rows: number; bytes: number } {
    const { starts, ends, pads } = this.#rows.of(block);
    for (let rows = Math.min(found.rows, this.#sizes.rowsMax - from); rows > 0; rows >>= 1) {
      const end = from + rows;
      let bytes = (ends[end - 1] as number) - (starts[from] as number) + rows * OUTCOME_BYTES;
      if (rows === found.rows) bytes += found.pads;
      else for (let row = from; row < end; row++) bytes += Math.abs(pads[row] as number);
      if (bytes <= room) return { rows, bytes };
    }
    return { rows: 0, bytes: 0 };
  }

  /**
   * Places the first `count` rows of the block at address `block` after it, grouped by output;
   * there must be room. Stops at a row whose outcome is unknown. Valid until the next call for the
   * block.
   */
  put(block: number, count: number): PartitionedRows {
    const { fields, outcomeTable, result } = this.#place;
    const into = writtenAt(this.#sizes, block);
    this.#module.partitionRows(
      block,
      fields,
      count,
      this.#rows.use(block),
      into,
      into + writtenBytes(this.#sizes),
      this.#wanted,
      outcomeTable,
      this.#separator,
      result,
    );
    const [rows = 0, ...written] = this.#result;
    return {
      rows,
      written: OUTPUT_KINDS.map((_, kind) => {
        const [start = 0, end = 0, kindRows = 0] = written.slice(kind * 3, kind * 3 + 3);
        return { start, end, rows: kindRows };
      }),
    };
  }
}
