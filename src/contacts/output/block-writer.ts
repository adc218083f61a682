import { orAbort } from '../abort.ts';
import { OUTPUT_KINDS } from '../judge/outcome.ts';
import type { Plan, RunContext } from '../plan.ts';
import type { BlockMemory } from '../scan/block-memory.ts';
import type { PartitionedRows } from '../scan/block-partition.ts';
import type { Block, BlockReader } from '../scan/blocks.ts';

/** Headers of the columns added to the blocked and undecided outputs. */
const ADDED_COLUMNS = ['tacet_verdict', 'tacet_reason'] as const;

/** The dependencies of a {@link BlockWriter}. */
export interface BlockWriterParts {
  readonly context: RunContext;
  readonly memory: BlockMemory;
  readonly blocks: BlockReader;
  /** Aborted when writing fails. */
  readonly failure: AbortController;
  /** Aborts waiting. */
  readonly stop: AbortSignal;
}

/** Writes partitioned rows in order, to each output its part. */
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

  /** Begins every output with what precedes the rows in the first block: prefix and header. */
  async writeHead(bytes: Uint8Array, plan: Plan): Promise<void> {
    const { dialect, prefixEnd, start, headerContentEnd, contactsStart } = plan;
    const separator = dialect.separator ?? ',';
    const names = contactsStart > start ? ADDED_COLUMNS : [];
    const added = Buffer.from(names.map((name) => separator + name).join(''));
    const prefix = bytes.subarray(0, prefixEnd);
    const content = bytes.subarray(start, headerContentEnd);
    const lineEnd = bytes.subarray(headerContentEnd, contactsStart);
    for (const output of this.#parts.context.outputs) {
      const row = output.kind === 'callable' ? [content, lineEnd] : [content, added, lineEnd];
      await output.write(Buffer.concat([prefix, ...row]), 0);
    }
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

  async #writePart({ rows, written }: PartitionedRows): Promise<void> {
    const { context, memory } = this.#parts;
    const { options, input, outputs } = context;
    const writing = outputs.map((output) => {
      const part = written[OUTPUT_KINDS.indexOf(output.kind)];
      if (part === undefined) return undefined;
      const { start, end } = part;
      return output.write(Buffer.from(memory.memory.buffer, start, end - start), part.rows);
    });
    await Promise.all(writing);
    this.#rows += rows;
    options.onProgress?.(this.#rows, input.bytesRead, input.totalBytes);
  }
}
