/**
 * The bytes of a source: a regular file, plain or gzip (told by its first bytes, whatever its
 * name), read in blocks and more than once. Nothing but a regular file is ever waited for.
 */
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip, type Gunzip } from 'node:zlib';
import { ioError, TacetError } from '../errors.ts';

const GZIP_MAGIC = [0x1f, 0x8b] as const;
const GZIP_STEP_BYTES = 1_048_576;

/** Reads on from where it stood; `close` it before another reading of the same file begins. */
export interface SourceReading {
  /** Fills `target[offset, offset + length)`; fewer bytes only at the end, then 0. */
  read(target: Uint8Array, offset: number, length: number): Promise<number>;
  close(): void;
}

/** An open source. */
export interface SourceFile {
  readonly path: string;
  readonly gzip: boolean;
  /** Begins at the first byte of the text, decompressed. */
  startReading(): SourceReading;
  /** Fails if the file was changed since it was opened: what was read may be a mixture. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a source.
 *
 * @throws ERR_SOURCE_FILE for a directory, FIFO, socket or device; ERR_IO where it cannot be opened
 */
export async function openSource(path: string): Promise<SourceFile> {
  const handle = await openRegular(path);
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) throw notRegular(path, opened);
    const magic = new Uint8Array(GZIP_MAGIC.length);
    await handle.read(magic, 0, magic.length, 0);
    const gzip = GZIP_MAGIC.every((byte, index) => magic[index] === byte);
    return {
      path,
      gzip,
      startReading: () => (gzip ? readGzip(path, handle, opened.size) : readPlain(path, handle)),
      assertUnchanged: async () => {
        const now = await handle.stat();
        if (now.size === opened.size && now.mtimeMs === opened.mtimeMs) return;
        throw new TacetError('ERR_SOURCE_FILE', {
          what: 'the file was changed while it was read',
          where: path,
          fix: 'Pack again once it is complete',
        });
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error instanceof TacetError ? error : ioError(path, 'read the source', error);
  }
}

async function openRegular(path: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK the open of a FIFO waits for a writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENXIO') {
      throw notRegular(path, null);
    }
    throw ioError(path, 'read the source', cause);
  }
}

function notRegular(path: string, stats: Stats | null): TacetError {
  const what = stats?.isDirectory() ? 'is a directory' : 'is no regular file';
  return new TacetError('ERR_SOURCE_FILE', {
    what: `the source ${what}`,
    where: path,
    fix: 'Name the txt file itself',
  });
}

function readPlain(path: string, handle: FileHandle): SourceReading {
  let position = 0;
  return {
    read: async (target, offset, length) => {
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle
          .read(target, offset + filled, length - filled, position)
          .catch((cause: unknown) => {
            throw ioError(path, 'read the source', cause);
          });
        if (bytesRead === 0) break;
        filled += bytesRead;
        position += bytesRead;
      }
      return filled;
    },
    close: () => {},
  };
}

function readGzip(path: string, handle: FileHandle, fileBytes: number): SourceReading {
  const gunzip = createGunzip({ chunkSize: GZIP_STEP_BYTES });
  // An error on either side destroys both and is met by the reader below. No stream over the
  // handle: destroyed, it would close the handle, autoClose or not.
  pipeline(compressedOf(handle), gunzip, () => {});
  const chunks: AsyncIterator<Buffer> = gunzip[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  return {
    read: async (target, offset, length) => {
      let filled = 0;
      while (filled < length) {
        if (chunk.length === 0) {
          const next = await chunks.next().catch((cause: unknown) => {
            throw gzipError(path, cause);
          });
          if (next.done === true) {
            assertAllRead(path, gunzip, fileBytes);
            break;
          }
          chunk = next.value;
        }
        const bytes = Math.min(chunk.length, length - filled);
        target.set(chunk.subarray(0, bytes), offset + filled);
        chunk = chunk.subarray(bytes);
        filled += bytes;
      }
      return filled;
    },
    close: () => {
      gunzip.destroy();
    },
  };
}

async function* compressedOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.allocUnsafe(GZIP_STEP_BYTES),
      position,
    });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Bytes behind the end of the gzip data are no part of the text, so they may be lost numbers. */
function assertAllRead(path: string, gunzip: Gunzip, fileBytes: number): void {
  if (gunzip.bytesWritten === fileBytes) return;
  throw new TacetError('ERR_SOURCE_FILE', {
    what: 'something follows the end of the gzip data',
    where: path,
    fix: 'Fetch the file again',
  });
}

function gzipError(path: string, cause: unknown): TacetError {
  const isSystem = cause instanceof Error && 'syscall' in cause;
  if (isSystem) return ioError(path, 'read the source', cause);
  return new TacetError('ERR_SOURCE_FILE', {
    what: 'the gzip data is corrupted or cut short',
    where: path,
    fix: 'Fetch the file again',
    cause,
  });
}
