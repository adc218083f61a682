import { type BlockMemory, rowsPlace } from './block-memory.ts';

/**
 * Rows of a block as offsets into it, in order: those of all its scans since the first. They are
 * stored beside the block, for any thread that works on it.
 */
export interface BlockRows {
  readonly starts: Int32Array;
  /** Without the line end, and without empty cells beyond the header's. */
  readonly contentEnds: Int32Array;
  readonly ends: Int32Array;
  /** Number of missing cells; complemented (`~`) if its last quote is open. */
  readonly pads: Int32Array;
  /** The outcome of each row, see `outcome.ts`. */
  readonly outcomes: Uint8Array;
}

/** The rows of all blocks in a memory. */
export class RowsOfBlocks {
  readonly #blocks: BlockMemory;
  readonly #fields: Int32Array;
  readonly #known = new Map<number, BlockRows>();

  /** @param fields where a thread's module reads which rows it works on */
  constructor(blocks: BlockMemory, fields: number) {
    this.#blocks = blocks;
    this.#fields = new Int32Array(blocks.memory.buffer, fields, 4);
  }

  /** The rows of the block at an address. */
  of(block: number): BlockRows {
    const known = this.#known.get(block);
    if (known !== undefined) return known;
    const { memory, sizes } = this.#blocks;
    const place = rowsPlace(sizes, block);
    const ints = (at: number) => new Int32Array(memory.buffer, at, sizes.rowsMax);
    const rows = {
      starts: ints(place.starts),
      contentEnds: ints(place.contentEnds),
      ends: ints(place.ends),
      pads: ints(place.pads),
      outcomes: new Uint8Array(memory.buffer, place.outcomes, sizes.rowsMax),
    };
    this.#known.set(block, rows);
    return rows;
  }

  /** Makes the module work on the rows of a block; returns the address of their outcomes. */
  use(block: number): number {
    const { starts, contentEnds, ends, pads, outcomes } = this.of(block);
    this.#fields.set([starts, contentEnds, ends, pads].map(({ byteOffset }) => byteOffset));
    return outcomes.byteOffset;
  }
}
