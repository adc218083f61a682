import { createGunzip, type Gunzip } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/** Whether a file that begins with these bytes is gzip. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Why gzip data is refused, in `message`. */
export class DamagedGzip extends Error {}

/** The data is whole, but something follows it in the file. */
export class FollowedGzip extends DamagedGzip {}

/**
 * Decompresses gzip of one or more members, piece by piece. Zeros may follow the last member, as
 * with `gzip -t`: tapes and block devices pad with them. Anything else would be lost silently.
 * Reads `raw` to its end, and uses up each chunk before it asks for the next. May be stopped early.
 * Errors: those of `raw`; DamagedGzip for data that is corrupted, cut short, or followed by more.
 */
export async function* gunzip(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  const stream = createGunzip({ chunkSize: CHUNK_BYTES });
  const pump = new Pump(stream);
  const pumping = pump.run(raw);
  try {
    yield* stream;
    pump.isAtEnd = true;
  } catch (cause) {
    if (pump.failure !== undefined) throw pump.failure;
    throw new DamagedGzip(cause instanceof Error ? cause.message : String(cause), { cause });
  } finally {
    stream.destroy();
  }
  await pumping;
  if (pump.failure !== undefined) throw pump.failure;
  if (pump.contentEnd > stream.bytesWritten) {
    throw new FollowedGzip('something follows the end of the gzip data');
  }
}

/** Feeds the compressed bytes to a stream. */
class Pump {
  /** Offset after the last non-zero byte. */
  contentEnd = 0;
  /** Everything is decompressed; what still comes is only checked. */
  isAtEnd = false;
  /** The error that reading failed with. */
  failure: unknown;
  readonly #stream: Gunzip;

  constructor(stream: Gunzip) {
    this.#stream = stream;
  }

  /** Resolves at the end of `raw`, or once it is no longer wanted. Never rejects. */
  async run(raw: AsyncIterable<Uint8Array>): Promise<void> {
    const stream = this.#stream;
    try {
      let bytes = 0;
      for await (const chunk of raw) {
        let last = chunk.length;
        while (last > 0 && chunk[last - 1] === 0) last--;
        if (last > 0) this.contentEnd = bytes + last;
        bytes += chunk.length;
        await this.#write(chunk);
        if (stream.destroyed && !this.isAtEnd) return;
      }
      if (!stream.destroyed) stream.end();
    } catch (error) {
      this.failure = error;
      stream.destroy(new Error('the compressed bytes could not be read'));
    }
  }

  #write(chunk: Uint8Array): Promise<void> {
    const stream = this.#stream;
    return new Promise((resolve) => {
      if (stream.destroyed) return resolve();
      const done = () => {
        stream.off('close', done);
        resolve();
      };
      stream.once('close', done);
      // The reader of the decompressed bytes gets the error.
      stream.write(chunk, done);
    });
  }
}
