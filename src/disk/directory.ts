import { open } from 'node:fs/promises';

/** What file systems say that cannot sync a folder. */
const CANNOT_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM']);

/**
 * Makes what was renamed in a folder last. Some file systems cannot sync one: there it lasts as it
 * does. Errors: those of the operating system.
 */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!CANNOT_SYNC.has(code)) throw error;
  } finally {
    await directory.close();
  }
}
