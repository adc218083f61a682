import zlib from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/** Compresses what is written and passes it on, one chunk at a time. */
export class GzipWriter {
  readonly #stream: zlib.Gzip;
  readonly #pumping: Promise<void>;
  #failure: unknown;
  #onFailure: ((error: unknown) => void) | undefined;

  constructor(level: number, emit: (bytes: Uint8Array) => Promise<void>) {
    this.#stream = zlib.createGzip({ level, chunkSize: CHUNK_BYTES });
    this.#pumping = this.#pump(emit).catch((error: unknown) => {
      this.#failure = error;
      this.#onFailure?.(error);
    });
  }

  /** Resolves when `bytes` may be reused. Errors: those of `emit`. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#onFailure = reject;
      // If the stream itself fails, the pump ends and reports it.
      this.#stream.write(bytes, (error) => {
        if (!error) resolve();
      });
    });
  }

  /** Resolves when everything has been passed on. Errors: those of `emit`. */
  async end(): Promise<void> {
    this.#stream.end();
    await this.#pumping;
    if (this.#failure !== undefined) throw this.#failure;
  }

  destroy(): void {
    this.#stream.destroy();
  }

  async #pump(emit: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    for await (const bytes of this.#stream) await emit(bytes);
  }
}
