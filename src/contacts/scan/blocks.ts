import { orAbort, throwIfAborted } from '../abort.ts';
import { type BlockMemory, blockAt, headAt } from './block-memory.ts';

/** A stretch of the file that begins where a row begins. */
export interface Block {
  readonly bytes: Buffer;
  /** Where `bytes` begin in the memory that threads share. */
  readonly address: number;
  /** How many of `bytes` are filled. */
  length: number;
  /** The file ends with this block. */
  final: boolean;
  /** Who needs it: the reader, until what is left of it is copied; its rows, until written. */
  users: number;
}

/** Fills some of `into`, from its beginning; resolves with how many bytes, 0 at the end. */
type ReadInto = (into: Uint8Array) => Promise<number>;

/** Sizes of the blocks. */
interface BlockOptions {
  /** Bytes of the first block, by which the file is judged. */
  readonly headBytes: number;
  /** Bytes added to what is left of the block before. */
  readonly blockBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Cuts a file into blocks that hold whole rows. What remains of a block behind its
 * last whole row begins the next one. Blocks are reused once nobody uses them, so that memory
 * stays the same however long the file is.
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
  /** Buffers made so far, the first block's aside. */
  #made = 0;
  /** Who waits for a buffer: one reader, one at a time. */
  #waiting: ((bytes: Buffer) => void) | undefined;
  #ended = false;

  /** @param read reads on from where it stood */
  constructor(read: ReadInto, memory: BlockMemory, options: BlockOptions) {
    this.#memory = memory;
    this.#read = read;
    this.#options = options;
  }

  /** The first block; the bytes of an empty file are none, and final. */
  first(): Promise<Block> {
    const { memory, sizes } = this.#memory;
    const bytes = Buffer.from(memory.buffer, headAt(sizes), sizes.headBytes);
    return this.#fill(bytes, 0, this.#options.headBytes);
  }

  /** The block after `block`, whose bytes before `scanned` are done with; waits for a free one. */
  async next(block: Block, scanned: number): Promise<Block> {
    const { blockBytes } = this.#options;
    const bytes = await this.#buffer();
    const carry = block.bytes.copy(bytes, 0, scanned, block.length);
    this.release(block);
    return this.#fill(bytes, carry, carry + blockBytes);
  }

  /** One user less; the last one gives the block back. */
  release(block: Block): void {
    block.users--;
    // The first block is used once.
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
