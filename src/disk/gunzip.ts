import { createGunzip, type Gunzip } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/** Whether a file that begins with these bytes is gzip. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** What gzip data is refused for; `message` says why. */
export class DamagedGzip extends Error {}

/** The data is whole, but not the last of the file. */
export class FollowedGzip extends DamagedGzip {
  constructor() {
    super('something follows the end of the gzip data');
  }
}

/**
 * Decompresses gzip of one or more members, piece by piece. Zeros may follow the last one, with
 * which tapes and block devices pad, as `gzip -t` accepts; anything else would be lost unseen.
 * `raw` is read to its end, each chunk used up before the next is asked for. May be left early.
 * Errors: those of `raw`; DamagedGzip for what is corrupted, cut short, or followed by something.
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
    throw new FollowedGzip();
  }
}

/** Gives a stream what it decompresses. */
class Pump {
  /** Behind the last byte that is not zero. */
  contentEnd = 0;
  /** All is decompressed: what is still to come is only looked at. */
  isAtEnd = false;
  /** What reading failed with. */
  failure: unknown;
  readonly #stream: Gunzip;

  constructor(stream: Gunzip) {
    this.#stream = stream;
  }

  /** Resolves at the end of `raw`, or where it is not wanted any more. Never rejects. */
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
      // A failure is met by whoever reads the decompressed bytes.
      stream.write(chunk, done);
    });
  }
}
