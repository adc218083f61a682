import zlib from 'node:zlib';
import { TacetError } from '../errors.ts';

const CHUNK_BYTES = 256 * 1024;

/** Whether a file that begins with these bytes is gzip. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Decompresses one gzip file of one or more members. */
export class Gunzip {
  readonly #name: string;
  readonly #stream = zlib.createGunzip({ chunkSize: CHUNK_BYTES });

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * The decompressed bytes of `raw`. A chunk of that is used up before the next is asked for. Errors: those of `raw`, and ERR_CSV for damaged or truncated gzip.
   */
  async *chunks(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let failure: unknown;
    const pumping = this.#pump(raw).catch((error: unknown) => {
      failure = error;
      this.#stream.destroy(new Error('the compressed bytes could not be read'));
    });
    try {
      yield* this.#stream;
    } catch (cause) {
      throw failure ?? this.#damaged(cause);
    }
    // Decompression may end before its input does (padding): what is left is still to be hashed.
    this.#stream.destroy();
    await pumping;
    if (failure !== undefined) throw failure;
  }

  /**
   * Zeros may follow the last member; anything else would be contacts that nobody reads.
   * `contentEnd` is the offset behind the last byte that is not zero.
   */
  refuseTrailingData(contentEnd: number): void {
    if (contentEnd > this.#stream.bytesWritten) {
      throw this.#damaged(new Error('data after the end of the compressed file'));
    }
  }

  destroy(): void {
    this.#stream.destroy();
  }

  async #pump(raw: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of raw) await this.#write(chunk);
    if (!this.#stream.destroyed) this.#stream.end();
  }

  #write(chunk: Buffer): Promise<void> {
    const stream = this.#stream;
    return new Promise((resolve) => {
      if (stream.destroyed) return resolve();
      const done = () => {
        stream.off('close', done);
        resolve();
      };
      stream.once('close', done);
      // A failure is met by whoever reads the decompressed bytes.
      stream.write(chunk, done);
    });
  }

  #damaged(cause: unknown): TacetError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new TacetError('ERR_CSV', {
      what: `damaged or truncated gzip: ${reason}`,
      where: this.#name,
      fix: 'Fetch or compress the file again; gzip -t tells whether it is whole',
      cause,
    });
  }
}
