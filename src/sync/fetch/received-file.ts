/** A file being received: written and hashed as it arrives, up to a maximum size. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rm, statfs } from 'node:fs/promises';
import { writeAll } from '../../disk/write-all.ts';
import { ioError, TacetError } from '../../errors.ts';
import type { Layout } from '../../source/layout/layout.ts';

/** What was received. */
export interface Received {
  readonly path: string;
  readonly bytes: number;
  /** Of the bytes: 64 hex digits. */
  readonly sha256: string;
  /** The last byte; -1 if the file is empty. */
  readonly lastByte: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Whether a text ends in its layout's line end, or in any if the layout is unknown. */
export function endsInLineEnd({ lastByte }: Received, layout: Layout | 'auto'): boolean {
  const lineEnd = layout === 'auto' ? 'any' : layout.lineEnd;
  if (lineEnd === 'cr') return lastByte === CARRIAGE_RETURN;
  return lastByte === LINE_FEED || (lineEnd === 'any' && lastByte === CARRIAGE_RETURN);
}

/** Writes one file from beginning to end. Either {@link finish} or {@link discard} it. */
export class ReceivedFile {
  readonly path: string;
  readonly #bytesMax: number;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #lastByte = -1;

  private constructor(path: string, bytesMax: number, handle: FileHandle) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#handle = handle;
  }

  /** Creates the file, which must not exist yet. Errors: ERR_IO. */
  static async create(path: string, bytesMax: number): Promise<ReceivedFile> {
    try {
      return new ReceivedFile(path, bytesMax, await open(path, 'wx', 0o600));
    } catch (cause) {
      throw ioError(path, 'create the file', cause);
    }
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Refuses a size that cannot be received, before anything is: reading may be what makes a server
   * remove the file. Errors: ERR_LIMIT beyond the bound; ERR_IO if the disk has no room.
   */
  async expect(bytes: number): Promise<void> {
    if (bytes > this.#bytesMax) throw sourceTooLarge(this.#bytesMax);
    const { blocks, bavail, bsize } = await statfs(this.path).catch((cause: unknown) => {
      throw ioError(this.path, 'look at the disk', cause);
    });
    // Some file systems do not tell.
    if (blocks === 0 || bavail * bsize >= bytes) return;
    const cause = Object.assign(new Error('no room'), { code: 'ENOSPC' });
    throw ioError(this.path, `fetch ${bytes} bytes`, cause);
  }

  /** Appends all of `chunk`. Errors: ERR_IO; ERR_LIMIT beyond the bound. */
  async write(chunk: Uint8Array): Promise<void> {
    if (chunk.length === 0) return;
    if (this.#bytes + chunk.length > this.#bytesMax) throw sourceTooLarge(this.#bytesMax);
    this.#hash.update(chunk);
    try {
      await writeAll(this.#handle, chunk);
    } catch (cause) {
      throw ioError(this.path, 'write what was fetched', cause);
    }
    this.#bytes += chunk.length;
    this.#lastByte = chunk.at(-1) ?? -1;
  }

  /** Closes the file. Errors: ERR_IO. */
  async finish(): Promise<Received> {
    try {
      await this.#handle.close();
    } catch (cause) {
      throw ioError(this.path, 'write what was fetched', cause);
    }
    const sha256 = this.#hash.digest('hex');
    return { path: this.path, bytes: this.#bytes, sha256, lastByte: this.#lastByte };
  }

  /** Removes the file. Never fails. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.path, { force: true }).catch(() => undefined);
  }
}

/** Fills a new file with `fill`; if that fails, the file is removed. */
export async function receive<Result>(
  path: string,
  bytesMax: number,
  fill: (file: ReceivedFile) => Promise<Result>,
): Promise<{ readonly file: Received; readonly result: Result }> {
  const file = await ReceivedFile.create(path, bytesMax);
  try {
    const result = await fill(file);
    return { file: await file.finish(), result };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** The source, or its decompressed text, is too large. */
function sourceTooLarge(bytesMax: number): TacetError {
  return new TacetError('ERR_LIMIT', {
    what: `the source holds more than ${bytesMax} bytes`,
    fix: 'Check that this is the txt file of numbers and dates, or raise --source-bytes-max',
  });
}
