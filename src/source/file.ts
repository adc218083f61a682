/**
 * The bytes of a source: a regular file, plain, gzip or a zip with one file in it, read in blocks
 * and more than once. Never waits for anything but a regular file.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Packing, packingOf, unpack } from '../disk/unpack.ts';
import { hasCode, ioError, TacetError } from '../errors.ts';

/** Each read continues where the last ended; `close` it before starting another reading. */
interface SourceReading {
  /** Fills `target[offset, offset + length)`; returns fewer bytes only at the end, then 0. */
  read(target: Uint8Array, offset: number, length: number): Promise<number>;
  close(): Promise<void>;
}

/** An open source. */
export interface SourceFile {
  readonly path: string;
  readonly packing: Packing;
  /** Begins at the first byte of the text, decompressed. */
  startReading(): SourceReading;
  /** Fails if the file changed since it was opened: the bytes read may be a mixture. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a source.
 * Errors: ERR_SOURCE_FILE for a directory, FIFO, socket or device; ERR_IO if it cannot be opened.
 *
 * @param textBytesMax a zip that claims to hold more is refused when reading begins
 */
export async function openSource(path: string, textBytesMax: number): Promise<SourceFile> {
  const handle = await openRegular(path);
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) throw notRegular(path, opened);
    const packing = await packingOf(handle);
    const file = { path, handle, bytes: opened.size, textBytesMax };
    return {
      path,
      packing,
      startReading: () =>
        packing === 'plain' ? readPlain(path, handle) : readPieces(unpack(file, packing)),
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
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (hasCode(cause, 'ENXIO')) throw notRegular(path, null);
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
    close: async () => {},
  };
}

function readPieces(pieces: AsyncGenerator<Uint8Array, void>): SourceReading {
  let piece: Uint8Array = new Uint8Array(0);
  return {
    read: async (target, offset, length) => {
      let filled = 0;
      while (filled < length) {
        if (piece.length === 0) {
          const next = await pieces.next();
          if (next.done === true) break;
          piece = next.value;
        }
        const bytes = Math.min(piece.length, length - filled);
        target.set(piece.subarray(0, bytes), offset + filled);
        piece = piece.subarray(bytes);
        filled += bytes;
      }
      return filled;
    },
    close: async () => {
      await pieces.return();
    },
  };
}
