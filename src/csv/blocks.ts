import { orAbort, throwIfAborted } from './abort.ts';

/** A stretch of the file that begins where a row begins. */
export interface Block {
  readonly bytes: Buffer;
  /** How many of `bytes` are filled. */
  length: number;
  /** The file ends with this block. */
  final: boolean;
  /** Batches whose rows lie in this block and are not written yet, and the scan itself. */
  users: number;
}

/** Sizes of the blocks. */
export interface BlockOptions {
  /** Bytes of the first block, by which the file is judged. */
  readonly headBytes: number;
  /** Bytes added to what is left of the block before. */
  readonly blockBytes: number;
  /** The most that can be left of the block before. */
  readonly carryBytesMax: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Cuts a stream of chunks into blocks that hold whole rows. What remains of a block behind its
 * last whole row begins the next one. Blocks are reused once nobody uses them, so that memory
 * stays the same however long the file is.
 *
 *      block n     [ row | row | row | ro ]
 *                                     |
 *      block n+1                    [ ro w | row | row ]
 */
export class BlockReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #options: BlockOptions;
  readonly #free: Buffer[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(chunks: AsyncIterator<Buffer>, options: BlockOptions) {
    this.#chunks = chunks;
    this.#options = options;
  }

  /** The first block; the bytes of an empty file are none, and final. */
  first(): Promise<Block> {
    const { headBytes, carryBytesMax } = this.#options;
    return this.#fill(Buffer.allocUnsafeSlow(headBytes + carryBytesMax), 0, headBytes);
  }

  /** The block after `block`, whose bytes before `scanned` are done with. */
  next(block: Block, scanned: number): Promise<Block> {
    const { blockBytes, carryBytesMax } = this.#options;
    const bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes + carryBytesMax);
    const carry = block.bytes.copy(bytes, 0, scanned, block.length);
    return this.#fill(bytes, carry, carry + blockBytes);
  }

  /** One user less; the last one gives the block back. */
  release(block: Block): void {
    block.users--;
    const { blockBytes, carryBytesMax } = this.#options;
    if (block.users > 0 || block.bytes.length !== blockBytes + carryBytesMax) return;
    this.#free.push(block.bytes);
  }

  async #fill(bytes: Buffer, filled: number, target: number): Promise<Block> {
    let length = filled;
    throwIfAborted(this.#options.signal);
    while (length < target) {
      if (this.#rest.length === 0 && !(await this.#pull())) break;
      const copied = this.#rest.copy(bytes, length, 0, target - length);
      this.#rest = this.#rest.subarray(copied);
      length += copied;
    }
    return { bytes, length, final: this.#ended, users: 1 };
  }

  async #pull(): Promise<boolean> {
    const { value, done } = await orAbort(this.#chunks.next(), this.#options.signal);
    if (done) this.#ended = true;
    else this.#rest = value;
    return !done;
  }
}
