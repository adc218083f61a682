import { TacetError } from '../errors.ts';
import { orAbort } from './abort.ts';
import type { AnsweredRows, PartitionedRows } from './block-kernel.ts';
import type { BlockMemory } from './block-memory.ts';
import type { Block, BlockReader } from './blocks.ts';
import type { Partition } from './partition.ts';
import type { RunContext } from './plan.ts';
import type { Scanners } from './scanners.ts';

/** What a {@link BlockWriter} works with. */
export interface BlockWriterParts {
  readonly context: RunContext;
  readonly memory: BlockMemory;
  readonly blocks: BlockReader;
  readonly scanners: Scanners;
  readonly partition: Partition;
  /** Aborted when writing fails. */
  readonly failure: AbortController;
  /** Ends the waiting. */
  readonly stop: AbortSignal;
}

/** The rows of a block, from a row's beginning on. */
type BlockRows = Pick<AnsweredRows, 'start' | 'rowEnds'>;

/** Has blocks partitioned as soon as they are answered, and writes them in their order. */
export class BlockWriter {
  readonly #parts: BlockWriterParts;
  #written: Promise<void> = Promise.resolve();
  #rows = 0;

  constructor(parts: BlockWriterParts) {
    this.#parts = parts;
  }

  /** Resolves when all blocks so far are written. Errors: those of the answers and of writing. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** Writes rows once they are answered and those before written; then lets go of the block. */
  write(block: Block, { start, rowEnds }: BlockRows, answered: Promise<Uint8Array>): void {
    const { blocks, failure, stop } = this.#parts;
    const begun = answered.then((verdicts) =>
      this.#partitioned(block, { start, rowEnds, verdicts }),
    );
    // Met when its turn comes, or never, after an earlier failure.
    begun.catch(() => undefined);
    this.#written = this.#written.then(async () => {
      for (let next = await orAbort(begun, stop); next !== undefined; ) {
        await this.#writePart(next.part);
        next = await orAbort(this.#partitioned(block, next.rest), stop);
      }
      blocks.release(block);
    });
    this.#written.catch((error: unknown) => failure.abort(error));
  }

  /** The first of some rows, ready to be written, and what is left of them; undefined if none. */
  async #partitioned(
    block: Block,
    rows: AnsweredRows,
  ): Promise<{ part: PartitionedRows; rest: AnsweredRows } | undefined> {
    const { start, rowEnds, verdicts } = rows;
    if (rowEnds.length === 0) return undefined;
    const part = await this.#parts.scanners.partition(block, rows);
    const rest = {
      start: rowEnds[part.rows - 1] ?? start,
      rowEnds: rowEnds.subarray(part.rows),
      verdicts: verdicts.subarray(part.rows),
    };
    if (part.rows > 0) return { part, rest };
    // Any row has room.
    throw new TacetError('ERR_RECONCILE', { what: 'a row has no verdict' });
  }

  async #writePart(part: PartitionedRows): Promise<void> {
    const { context, memory, partition } = this.#parts;
    const { options, input } = context;
    await partition.write(memory.memory.buffer, part);
    this.#rows += part.rows;
    options.onProgress?.(this.#rows, input.bytesRead, input.totalBytes);
  }
}
