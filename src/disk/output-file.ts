import { open, stat } from 'node:fs/promises';
import { hasCode, ioError, TacetError } from '../errors.ts';
import { AtomicFile } from './atomic-file.ts';
import { writeAll } from './write-all.ts';

/** Where finished bytes go; one call at a time. Errors: ERR_IO. */
export interface OutputFile {
  /** `bytes` must not change until this resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes what was written to the disk. */
  sync(): Promise<void>;
  /** Gives a new file its name; call {@link sync} first. */
  publish(): Promise<void>;
  /** Removes an unpublished file; does nothing after {@link publish}. Never fails. */
  discard(): Promise<void>;
}

/**
 * A file that appears under its name when complete. If something other than a regular file is there
 * (a device, a FIFO), bytes go to it directly. Errors: ERR_IO.
 */
export async function openOutputFile(path: string): Promise<OutputFile> {
  return (await isWrittenInPlace(path)) ? openInPlace(path) : AtomicFile.create(path);
}

/** Whether something other than a regular file is there. Errors: ERR_IO, also for a folder. */
export async function isWrittenInPlace(path: string): Promise<boolean> {
  const stats = await stat(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw ioError(path, 'write', cause);
  });
  if (stats?.isDirectory()) {
    throw new TacetError('ERR_IO', { what: 'is a directory', where: path });
  }
  return stats !== undefined && !stats.isFile();
}

/** Opens what is there and writes to it directly: nothing can be undone. Errors: ERR_IO. */
export async function openInPlace(path: string): Promise<OutputFile> {
  const fail = (cause: unknown): never => {
    throw ioError(path, 'write', cause);
  };
  const handle = await open(path, 'w').catch(fail);
  return {
    write: (bytes) => writeAll(handle, bytes).catch(fail),
    sync: async () => undefined,
    publish: () => handle.close().catch(fail),
    discard: () => handle.close().catch(() => undefined),
  };
}
