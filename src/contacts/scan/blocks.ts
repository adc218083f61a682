import { orAbort, throwIfAborted } from '../abort.ts';
import { type BlockMemory, blockAt, headAt } from './block-memory.ts';

/** A part of the file that begins with a row. */
export interface Block {
  readonly bytes: Buffer;
  /** Where `bytes` begin in the memory that threads share. */
  readonly address: number;
  /** How many of `bytes` are filled. */
  length: number;
  /** The file ends with this block. */
  final: boolean;
  /** How many users it has: the reader, until it has copied the rest; its rows, until written. */
  users: number;
}

/** Fills `into`, perhaps partly, from its beginning; resolves with how many bytes, 0 at the end. */
type ReadInto = (into: Uint8Array) => Promise<number>;

/** Sizes of the blocks. */
interface BlockOptions {
  /** Bytes of the first block, from which the file's format is detected. */
  readonly headBytes: number;
  /** Bytes added to the rest of the previous block. */
  readonly blockBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Cuts a file into blocks of whole rows. The rest of a block after its last whole row begins the
 * next one. Unused blocks are reused, so memory use does not depend on the file's length.
 *
 *      block n     [ row | row | row | ro ]
 *                                     |
 *      block n+1                    [ ro w | row | row ]
 */
export class BlockReader {
  readonly #read: ReadInto;
  readonly #options: BlockOptions;
  readonly #memory: BlockMemory;
  readonly #free: Buffer[] = [];
  /** Buffers made so far, except the first block's. */
  #made = 0;
  /** The reader waiting for a buffer; only one at a time. */
  #waiting: ((bytes: Buffer) => void) | undefined;
  #ended = false;

  /** @param read continues reading from the current position */
  constructor(read: ReadInto, memory: BlockMemory, options: BlockOptions) {
    this.#memory = memory;
    this.#read = read;
    this.#options = options;
  }

  /** The first block; for an empty file it has no bytes and is final. */
  first(): Promise<Block> {
    const { memory, sizes } = this.#memory;
    const bytes = Buffer.from(memory.buffer, headAt(sizes), sizes.headBytes);
    return this.#fill(bytes, 0, this.#options.headBytes);
  }

  /** The block after `block`, whose bytes before `scanned` are done; waits for a free buffer. */
  async next(block: Block, scanned: number): Promise<Block> {
    const { blockBytes } = this.#options;
    const bytes = await this.#buffer();
    const carry = block.bytes.copy(bytes, 0, scanned, block.length);
    this.release(block);
    return this.#fill(bytes, carry, carry + blockBytes);
  }

  /** Removes one user; the last one frees the block. */
  release(block: Block): void {
    block.users--;
    // The first block is not reused.
    if (block.users > 0 || block.address === headAt(this.#memory.sizes)) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#free.push(block.bytes);
    else waiting(block.bytes);
  }

  #buffer(): Buffer | Promise<Buffer> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const { memory, sizes } = this.#memory;
    if (this.#made < sizes.blocksMax) {
      const address = blockAt(sizes, this.#made++);
      return Buffer.from(memory.buffer, address, sizes.blockBytes);
    }
    const given = new Promise<Buffer>((resolve) => {
      this.#waiting = resolve;
    });
    return orAbort(given, this.#options.signal);
  }

  async #fill(bytes: Buffer, filled: number, target: number): Promise<Block> {
    let length = filled;
    throwIfAborted(this.#options.signal);
    while (length < target && !this.#ended) {
      const reading = this.#read(bytes.subarray(length, target));
      const read = await orAbort(reading, this.#options.signal);
      this.#ended = read === 0;
      length += read;
    }
    return { bytes, address: bytes.byteOffset, length, final: this.#ended, users: 1 };
  }
}
