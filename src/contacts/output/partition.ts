import { OUTPUT_KINDS } from '../judge/outcome.ts';
import type { PartitionedRows } from '../scan/block-partition.ts';
import type { ContactOutput } from './output.ts';

/** Headers of the columns added to the blocked and undecided outputs. */
const ADDED_COLUMNS = ['tacet_verdict', 'tacet_reason'] as const;

/** Writes to each output its part of the rows. */
export class Partition {
  readonly #outputs: readonly ContactOutput[];
  readonly #headerCells: Buffer;

  constructor(outputs: readonly ContactOutput[], separator: string) {
    this.#outputs = outputs;
    this.#headerCells = Buffer.from(ADDED_COLUMNS.map((name) => separator + name).join(''));
  }

  /**
   * Begins every output with the bytes before the header, and the header.
   *
   * @param header undefined if there is none
   */
  async writeHead(
    prefix: Uint8Array,
    header: { readonly content: Uint8Array; readonly lineEnd: Uint8Array } | undefined,
  ): Promise<void> {
    for (const output of this.#outputs) {
      const cells = output.kind === 'callable' ? Buffer.alloc(0) : this.#headerCells;
      const row = header === undefined ? [] : [header.content, cells, header.lineEnd];
      await output.write(Buffer.concat([prefix, ...row]), 0);
    }
  }

  /** Writes rows that lie in `memory`, grouped by output. Errors: those of writing. */
  async write(memory: ArrayBufferLike, { written }: PartitionedRows): Promise<void> {
    const writing = this.#outputs.map((output) => {
      const part = written[OUTPUT_KINDS.indexOf(output.kind)];
      if (part === undefined) return undefined;
      return output.write(Buffer.from(memory, part.start, part.end - part.start), part.rows);
    });
    await Promise.all(writing);
  }
}
