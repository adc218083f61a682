import type { FileHandle } from 'node:fs/promises';

/**
 * Writes all of `bytes`, at `position` or the current one: a single write may be short.
 * Errors: those of the operating system.
 */
export async function writeAll(
  handle: FileHandle,
  bytes: Uint8Array,
  position?: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = position === undefined ? null : position + done;
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at);
    done += bytesWritten;
  }
}
