import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { ioError, TacetError } from '../errors.ts';

/** Where a sample goes. One write at a time: each waits until the bytes are taken. */
export interface Output {
  /** Resolves when `bytes` may be reused. Rejects with ERR_IO. */
  write(bytes: Uint8Array): Promise<void>;
  /** Puts the complete file in its place. */
  close(): Promise<void>;
  /** Gives up: nothing is left behind. Never rejects. */
  destroy(): Promise<void>;
}

/**
 * Opens `path` for writing, or standard output where it is undefined. A file appears under its
 * name only when it is complete; what is not a regular file (a device, a FIFO) is written directly.
 *
 * @throws ERR_IO
 */
export async function openOutput(path: string | undefined): Promise<Output> {
  if (path === undefined) return standardOutput();
  const direct = await isSpecialFile(path);
  const temporaryPath = direct ? path : `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporaryPath, direct ? 'w' : 'wx');
    return new FileOutput(path, temporaryPath, file);
  } catch (cause) {
    throw ioError(path, 'write', cause);
  }
}

async function isSpecialFile(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new TacetError('ERR_IO', { what: 'is a directory', where: path });
    }
    return !found.isFile();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw cause instanceof TacetError ? cause : ioError(path, 'write', cause);
  }
}

class FileOutput implements Output {
  private readonly path: string;
  private readonly temporaryPath: string;
  private readonly file: FileHandle;

  constructor(path: string, temporaryPath: string, file: FileHandle) {
    this.path = path;
    this.temporaryPath = temporaryPath;
    this.file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      let offset = 0;
      while (offset < bytes.length) {
        const { bytesWritten } = await this.file.write(bytes, offset, bytes.length - offset, null);
        offset += bytesWritten;
      }
    } catch (cause) {
      throw ioError(this.path, 'write', cause);
    }
  }

  async close(): Promise<void> {
    try {
      await this.file.close();
      if (this.temporaryPath !== this.path) await rename(this.temporaryPath, this.path);
    } catch (cause) {
      throw ioError(this.path, 'write', cause);
    }
  }

  async destroy(): Promise<void> {
    // Whatever fails here comes after the failure that is already on its way to the caller.
    await this.file.close().catch(() => {});
    if (this.temporaryPath === this.path) return;
    await rm(this.temporaryPath, { force: true }).catch(() => {});
  }
}

function standardOutput(): Output {
  // A reader that goes away is reported twice: to the write below, and as an event that would end
  // the process if nobody listened.
  const ignore = (): void => {};
  process.stdout.on('error', ignore);
  const stop = async (): Promise<void> => {
    process.stdout.off('error', ignore);
  };
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (cause) => {
          if (cause) reject(ioError('standard output', 'write', cause));
          else resolve();
        });
      }),
    close: stop,
    destroy: stop,
  };
}
