import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { Writable } from 'node:stream';
import { ioError, TacetError } from '../errors.ts';
import { orAbort } from './abort.ts';
import { AtomicFile, writeAll } from './atomic-file.ts';
import { GzipWriter } from './gzip-writer.ts';
import type { OutputKind, OutputPlace } from './places.ts';
import { endOfContent } from './rows.ts';

const BUFFER_BYTES = 2 << 20;

/** Up to here a loop is faster than a call of `Buffer.copy`. */
const COPY_LOOP_BYTES_MAX = 100;

/** Where finished bytes go; one write at a time. */
interface Target {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/** What it takes to open an output. */
export interface OutputOptions {
  readonly place: OutputPlace;
  /** Default `process.stdout`, which is not asked for before it is needed. */
  readonly stdout: Writable | undefined;
  readonly gzipLevel: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * One of the outputs. Rows are appended to one buffer while another is being written, so memory
 * is bounded by {@link reserve}, which waits for the disk. Counts and hashes the bytes as they are
 * outside, compressed if the name ends in `.gz`.
 */
export class ContactOutput {
  readonly kind: OutputKind;
  readonly name: string;
  /** Rows appended, the header not counted. */
  rows = 0;
  bytesWritten = 0;
  readonly #hash = createHash('sha256');
  readonly #target: Target;
  readonly #gzip: GzipWriter | undefined;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #spare = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #length = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(place: OutputPlace, target: Target, gzipLevel: number) {
    this.kind = place.kind;
    this.name = place.name;
    this.#target = target;
    if (place.name.endsWith('.gz')) {
      this.#gzip = new GzipWriter(gzipLevel, (bytes) => this.#emit(bytes));
    }
  }

  /** Creates the temporary file, or takes the device or standard output. Errors: ERR_IO. */
  static async open(options: OutputOptions): Promise<ContactOutput> {
    const { place, stdout, gzipLevel, signal } = options;
    if (place.type === 'stdout') {
      return new ContactOutput(place, streamTarget(stdout ?? process.stdout, signal), gzipLevel);
    }
    const target =
      place.type === 'file' ? await AtomicFile.create(place.name) : await openDevice(place.name);
    return new ContactOutput(place, target, gzipLevel);
  }

  /** Waits until `bytes` can be appended without a further check. Errors: those of writing. */
  async reserve(bytes: number): Promise<void> {
    if (this.#buffer.length - this.#length >= bytes) return;
    await this.#flush();
    if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafeSlow(bytes);
  }

  /** Appends `source[start, end)`; the room must have been reserved. */
  append(source: Buffer, start: number, end: number): void {
    const buffer = this.#buffer;
    let to = this.#length;
    if (end - start > COPY_LOOP_BYTES_MAX) to += source.copy(buffer, to, start, end);
    else for (let at = start; at < end; at++) buffer[to++] = source[at] ?? 0;
    this.#length = to;
  }

  /** Appends a row with `cell` (its separator included) before its line end. */
  appendWithCell(source: Buffer, start: number, end: number, cell: Buffer): void {
    const contentEnd = endOfContent(source, start, end);
    this.append(source, start, contentEnd);
    this.append(cell, 0, cell.length);
    this.append(source, contentEnd, end);
  }

  /** Writes what is left; nothing may be appended after. Errors: those of writing. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#writing;
    await this.#gzip?.end();
  }

  /** Of the bytes written; once, after {@link finish}. */
  sha256(): string {
    return this.#hash.digest('hex');
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

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#length === 0) return;
    const full = this.#buffer;
    const bytes = full.subarray(0, this.#length);
    this.#buffer = this.#spare;
    this.#spare = full;
    this.#length = 0;
    this.#writing = this.#gzip ? this.#gzip.write(bytes) : this.#emit(bytes);
    // Its failure is met by whoever appends or finishes next.
    this.#writing.catch(() => {});
  }

  async #emit(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.bytesWritten += bytes.length;
    await this.#target.write(bytes);
  }
}

async function nothing(): Promise<void> {}

async function openDevice(path: string): Promise<Target> {
  const fail = (cause: unknown) => {
    throw ioError(path, 'write', cause);
  };
  const handle = await fs.promises.open(path, 'w').catch(fail);
  const close = () => handle.close().catch(() => {});
  return {
    write: (bytes) => writeAll(handle, bytes).catch(fail),
    sync: nothing,
    publish: close,
    discard: close,
  };
}

/** Standard output cannot be held back: a failed run is told by the exit code alone. */
function streamTarget(stream: Writable, signal: AbortSignal | undefined): Target {
  // Failures reach the callback of write(); without a listener they would end the process too.
  stream.on('error', () => {});
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      const onClose = () => settle(Object.assign(new Error('closed'), { code: 'EPIPE' }));
      const settle = (cause: Error | null | undefined) => {
        stream.off('close', onClose);
        if (cause) reject(stdoutError(cause));
        else resolve();
      };
      stream.once('close', onClose);
      stream.write(bytes, settle);
    });
  return {
    write: (bytes) => orAbort(write(bytes), signal),
    sync: nothing,
    publish: nothing,
    discard: nothing,
  };
}

function stdoutError(cause: Error): TacetError {
  if (!('code' in cause && cause.code === 'EPIPE'))
    return ioError('standard output', 'write', cause);
  return new TacetError('ERR_IO', {
    what: 'closed by its reader before the end',
    where: 'standard output',
    fix: 'What it received is incomplete; nothing was published',
    cause,
  });
}
