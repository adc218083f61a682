import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Utf16, utf8Of, utf16Of } from '../disk/encodings/utf-16.ts';
import { DamagedGzip, gunzip, isGzip } from '../disk/gunzip.ts';
import { ioError, TacetError } from '../errors.ts';
import { orAbort } from './abort.ts';

const openFile = promisify(fs.open);
const readFile = promisify(fs.read);
const closeFile = promisify(fs.close);
const statFile = promisify(fs.fstat);

const CHUNK_BYTES = 1 << 20;
/** The smallest chunk in which files of unknown size are read. */
const CHUNK_BYTES_MIN = 64 * 1024;
const MAGIC_BYTES = 2;

/** Standard input or a substitute; has `fd` if it may be a redirected file. */
export type Stdin = Readable & { readonly fd?: number };

/** Where contacts come from. */
interface InputOptions {
  /** A path, or `-` for `stdin`. */
  readonly name: string;
  /** Needed for `-` only. */
  readonly stdin: Stdin | undefined;
  /** Whether to compute the SHA-256. */
  readonly digests: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A source of bytes, and how to release it. */
interface RawInput {
  /** Each chunk is valid until the next is requested. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Set for a regular file: it can be read into any memory, from its current position. */
  readonly fd?: number;
  /** Size of a regular file; 0 if unknown before the end. */
  readonly totalBytes: number;
  release(): void;
}

/**
 * A contact file, read once from its beginning: a regular file, a FIFO or standard input, plain or
 * gzip (detected by its first bytes). Counts and hashes the bytes as stored, before decompression.
 */
export class ContactInput {
  readonly name: string;
  /** Size of a regular file; 0 if unknown before the end. */
  readonly totalBytes: number;
  /** Bytes read so far; compressed bytes if the file is compressed. */
  bytesRead = 0;
  readonly #hash: Hash | undefined;
  readonly #raw: RawInput;
  #utf16: Utf16 | undefined;
  /** What {@link read} reads from, if not directly from the file. */
  #chunks: AsyncIterator<Buffer> | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #isPlain: boolean | undefined;

  constructor({ name, digests }: InputOptions, raw: RawInput) {
    this.name = name;
    if (digests) this.#hash = createHash('sha256');
    this.totalBytes = raw.totalBytes;
    this.#raw = raw;
  }

  /** Which UTF-16 the file uses, if any; known after the first read. */
  get utf16(): Utf16 | undefined {
    return this.#utf16;
  }

  /**
   * Fills `into` with decompressed bytes; UTF-16 is converted to UTF-8 without its byte order mark.
   * Returns how many bytes there are, 0 at the end. One call at a time.
   * Errors: ERR_IO, and ERR_CSV for damaged gzip or UTF-16.
   */
  async read(into: Uint8Array): Promise<number> {
    this.#isPlain ??= await this.#findPlain();
    // Read straight into place: copying into shared memory is as slow as reading the file.
    if (this.#isPlain && this.#rest.length === 0) return this.#readFile(into);
    while (this.#rest.length === 0) {
      const { value, done } = (await this.#chunks?.next()) ?? { value: undefined, done: true };
      if (done) return 0;
      this.#rest = value;
    }
    const copied = this.#rest.copy(into);
    this.#rest = this.#rest.subarray(copied);
    return copied;
  }

  /** Whether the file is read directly; if not, it is read in chunks, decompressed and as UTF-8. */
  async #findPlain(): Promise<boolean> {
    if (this.#raw.fd !== undefined) {
      const head = Buffer.alloc(MAGIC_BYTES);
      await this.#readFile(head);
      this.#rest = head.subarray(0, this.bytesRead);
      if (!isGzip(head) && utf16Of(head) === undefined) return true;
    }
    this.#chunks = this.#readable(this.#rest);
    this.#rest = Buffer.alloc(0);
    return false;
  }

  async #readFile(into: Uint8Array): Promise<number> {
    const { fd } = this.#raw;
    if (fd === undefined) return 0;
    try {
      const { bytesRead } = await readFile(fd, into, 0, into.length, null);
      this.#count(into.subarray(0, bytesRead));
      return bytesRead;
    } catch (cause) {
      throw ioError(this.name, 'read the contacts', cause);
    }
  }

  /** The decompressed bytes as UTF-8; each chunk is valid until the next is requested. */
  async *#readable(begun: Buffer): AsyncGenerator<Buffer> {
    const { head, chunks } = await withHead(this.#decompressed(begun));
    this.#utf16 = utf16Of(head);
    yield* this.#utf16 === undefined ? chunks : utf8Of(chunks, this.#utf16, this.name);
  }

  async *#decompressed(begun: Buffer): AsyncGenerator<Buffer> {
    const { head, chunks } = await withHead(this.#counted(begun));
    if (!isGzip(head)) {
      yield* chunks;
      return;
    }
    try {
      yield* gunzip(chunks);
    } catch (cause) {
      if (!(cause instanceof DamagedGzip)) throw cause;
      throw new TacetError('ERR_CSV', {
        what: `damaged or truncated gzip: ${cause.message}`,
        where: this.name,
        fix: 'Fetch or compress the file again; gzip -t tells whether it is whole',
        cause,
      });
    }
  }

  /** The digest of all bytes read; null if not wanted. Call it once, after the last read. */
  sha256(): string | null {
    return this.#hash?.digest('hex') ?? null;
  }

  /** Stops reading and releases the file. Safe at any time, even more than once. */
  destroy(): void {
    this.#raw.release();
    // Ends pending reads and the decompression; the file itself reports its errors to its reader.
    this.#chunks?.return?.().catch(() => undefined);
  }

  /** @param begun bytes already read and counted */
  async *#counted(begun: Buffer): AsyncGenerator<Buffer> {
    if (begun.length > 0) yield begun;
    try {
      for await (const chunk of this.#raw.chunks) {
        this.#count(chunk);
        yield chunk;
      }
    } catch (cause) {
      throw ioError(this.name, 'read the contacts', cause);
    }
  }

  #count(chunk: Uint8Array): void {
    this.#hash?.update(chunk);
    this.bytesRead += chunk.length;
  }
}

/** Peeks at the bytes that identify the format; the returned `chunks` still yield them. */
async function withHead(
  chunks: AsyncGenerator<Buffer>,
): Promise<{ head: Buffer; chunks: AsyncGenerator<Buffer> }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* chunks;
  }
  return { head, chunks: all() };
}

/** Opens the input; for a FIFO, waits for its writer. Errors: ERR_IO, ERR_CANCELLED. */
export async function openInput(options: InputOptions): Promise<ContactInput> {
  const { name, stdin, signal } = options;
  if (name === '-' && stdin !== undefined) return openStdin(stdin, options);
  try {
    const fd = await openPath(name, signal);
    const stats = await statFile(fd);
    if (stats.isFile()) return new ContactInput(options, fileChunks(fd, stats.size));
    if (!stats.isFIFO()) {
      await closeFile(fd);
      throw Object.assign(new Error('no file or pipe'), {
        code: stats.isDirectory() ? 'EISDIR' : 'is neither a file nor a pipe',
      });
    }
    const pipe = new Socket({ fd, readable: true, writable: false });
    return new ContactInput(options, streamChunks(pipe));
  } catch (cause) {
    if (cause instanceof TacetError) throw cause;
    throw ioError(name, 'open the contacts', cause);
  }
}

function openStdin(stdin: Stdin, options: InputOptions): ContactInput {
  const stats = stdin.fd === undefined ? undefined : fs.fstatSync(stdin.fd);
  const totalBytes = stats?.isFile() ? stats.size : 0;
  return new ContactInput(options, { ...streamChunks(stdin), totalBytes });
}

async function openPath(path: string, signal: AbortSignal | undefined): Promise<number> {
  const opening = openFile(path, 'r');
  try {
    return await orAbort(opening, signal);
  } catch (error) {
    if (signal?.aborted) {
      // Opening a FIFO blocks until its other end is opened. Without this, the waiting thread would
      // keep the process from exiting.
      opening.then(closeFile).catch(() => {});
      fs.open(path, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK, (failed, fd) => {
        if (!failed) fs.close(fd, () => {});
      });
    }
    throw error;
  }
}

/** Reads a regular file into two alternating buffers: one is filled while the other is used. */
function fileChunks(fd: number, totalBytes: number) {
  const bytes = Math.min(CHUNK_BYTES, Math.max(CHUNK_BYTES_MIN, totalBytes + 1));
  const buffers = [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)] as const;
  let reading: Promise<unknown> = Promise.resolve();
  let closed = false;
  const read = (buffer: Buffer) => {
    const next = readFile(fd, buffer, 0, buffer.length, null);
    // An error surfaces when the chunk is requested, not before.
    reading = next.catch(() => {});
    return next;
  };
  async function* chunks(): AsyncGenerator<Buffer> {
    let [current, other] = buffers as readonly [Buffer, Buffer];
    let { bytesRead } = await read(current);
    while (bytesRead > 0 && !closed) {
      const next = read(other);
      yield current.subarray(0, bytesRead);
      ({ bytesRead } = await next);
      [current, other] = [other, current];
    }
  }
  const release = () => {
    if (closed) return;
    closed = true;
    reading.finally(() => fs.close(fd, () => {}));
  };
  return { chunks: chunks(), fd, totalBytes, release };
}

function streamChunks(stream: Readable) {
  // The iterator reports errors; one after the iterator has ended must not crash the process.
  stream.on('error', () => {});
  return {
    chunks: stream as AsyncIterable<Buffer>, // no encoding is set: its chunks are Buffers
    totalBytes: 0,
    release: () => void stream.destroy(),
  };
}
