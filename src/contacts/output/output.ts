import { createHash, type Hash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { AtomicFile } from '../../disk/atomic-file.ts';
import { markOf, type Utf16, utf16From } from '../../disk/encodings/utf-16.ts';
import { type OutputFile, openInPlace } from '../../disk/output-file.ts';
import { standardOutput } from '../../disk/standard-output.ts';
import { orAbort } from '../abort.ts';
import type { OutputKind } from '../judge/outcome.ts';
import { GzipWriter } from './gzip-writer.ts';
import type { OutputPlace } from './places.ts';

/** The options for opening an output. */
interface OutputOptions {
  readonly place: OutputPlace;
  /** Default `process.stdout`, which is not accessed before it is needed. */
  readonly stdout: Writable | undefined;
  readonly gzipLevel: number;
  /** Whether to compute the SHA-256. */
  readonly digests: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * One of the outputs. Counts and hashes the bytes as stored, compressed if the name ends in `.gz`.
 * One call at a time.
 */
export class ContactOutput {
  readonly kind: OutputKind;
  readonly name: string;
  /** Rows written, without the header. */
  rows = 0;
  bytesWritten = 0;
  readonly #hash: Hash | undefined;
  readonly #target: OutputFile;
  readonly #gzip: GzipWriter | undefined;
  #encoding: Utf16 | undefined;

  constructor(target: OutputFile, { place, gzipLevel, digests }: OutputOptions) {
    if (digests) this.#hash = createHash('sha256');
    this.kind = place.kind;
    this.name = place.name;
    this.#target = target;
    if (place.name.endsWith('.gz')) {
      this.#gzip = new GzipWriter(gzipLevel, (bytes) => this.#emit(bytes));
    }
  }

  /** Creates the temporary file, or opens the device or standard output. Errors: ERR_IO. */
  static async open(options: OutputOptions): Promise<ContactOutput> {
    const { place, stdout, signal } = options;
    if (place.type === 'stdout') {
      const target = standardOutput(stdout ?? process.stdout);
      const write = (bytes: Uint8Array) => orAbort(target.write(bytes), signal);
      return new ContactOutput({ ...target, write }, options);
    }
    const target =
      place.type === 'file' ? await AtomicFile.create(place.name) : await openInPlace(place.name);
    return new ContactOutput(target, options);
  }

  /** Writes the byte order mark and encodes the file as UTF-16; callers still pass UTF-8. */
  async encodeAs(encoding: Utf16): Promise<void> {
    await this.#pass(markOf(encoding));
    this.#encoding = encoding;
  }

  /**
   * Writes `bytes`, which hold `rows` rows and must not change until this resolves.
   * Errors: those of writing.
   */
  async write(bytes: Uint8Array, rows: number): Promise<void> {
    if (bytes.length === 0) return;
    await this.#pass(this.#encoding === undefined ? bytes : utf16From(bytes, this.#encoding));
    this.rows += rows;
  }

  #pass(bytes: Uint8Array): Promise<void> {
    return this.#gzip ? this.#gzip.write(bytes) : this.#emit(bytes);
  }

  /** Writes what is left; nothing may be written afterwards. Errors: those of writing. */
  async finish(): Promise<void> {
    await this.#gzip?.end();
  }

  /** The digest of the bytes written; null if not wanted. Call it once, after {@link finish}. */
  sha256(): string | null {
    return this.#hash?.digest('hex') ?? null;
  }

  sync(): Promise<void> {
    return this.#target.sync();
  }

  publish(): Promise<void> {
    return this.#target.publish();
  }

  async discard(): Promise<void> {
    this.#gzip?.destroy();
    await this.#target.discard();
  }

  async #emit(bytes: Uint8Array): Promise<void> {
    const writing = this.#target.write(bytes);
    // Hash while writing. A write error surfaces below, not before.
    writing.catch(() => undefined);
    this.#hash?.update(bytes);
    this.bytesWritten += bytes.length;
    await writing;
  }
}
