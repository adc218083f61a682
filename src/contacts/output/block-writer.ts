import { orAbort } from '../abort.ts';
import type { RunContext } from '../plan.ts';
import type { BlockMemory } from '../scan/block-memory.ts';
import type { PartitionedRows } from '../scan/block-partition.ts';
import type { Block, BlockReader } from '../scan/blocks.ts';
import type { Scanners } from '../scan/scanners.ts';
import type { Partition } from './partition.ts';

/** The dependencies of a {@link BlockWriter}. */
export interface BlockWriterParts {
  readonly context: RunContext;
  readonly memory: BlockMemory;
  readonly blocks: BlockReader;
  readonly scanners: Scanners;
  readonly partition: Partition;
  /** Aborted when writing fails. */
  readonly failure: AbortController;
  /** Aborts waiting. */
  readonly stop: AbortSignal;
}

/** Writes partitioned rows in order. */
export class BlockWriter {
  readonly #parts: BlockWriterParts;
  #written: Promise<void> = Promise.resolve();
  #rows = 0;

  constructor(parts: BlockWriterParts) {
    this.#parts = parts;
  }

  /** Resolves when all rows so far are written. Errors: those of partitioning and writing. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** Writes rows once they are partitioned and the rows before them are written. */
  write(partitioned: Promise<PartitionedRows>): void {
    const { failure, stop } = this.#parts;
    // This is awaited later, or never if something failed earlier.
    partitioned.catch(() => undefined);
    this.#written = this.#written.then(async () =>
      this.#writePart(await orAbort(partitioned, stop)),
    );
    this.#written.catch((error: unknown) => failure.abort(error));
  }

  /** Releases a block once all rows so far are written. */
  release(block: Block): void {
    this.#written = this.#written.then(() => this.#parts.blocks.release(block));
    this.#written.catch(() => undefined);
  }

  async #writePart(part: PartitionedRows): Promise<void> {
    const { context, memory, partition } = this.#parts;
    const { options, input } = context;
    await partition.write(memory.memory.buffer, part);
    this.#rows += part.rows;
    options.onProgress?.(this.#rows, input.bytesRead, input.totalBytes);
  }
}
