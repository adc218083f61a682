import { type FileHandle, open } from 'node:fs/promises';
import { type Packing, packingOf, unpack } from '../../disk/unpack.ts';
import { ioError, TacetError } from '../../errors.ts';
import { type Received, receive } from './received-file.ts';

/**
 * Writes the text in a plain or packed file to `path`; plain text is not copied, `fetched` itself
 * is returned. The first bytes decide the type, not the name.
 * Errors: ERR_SOURCE_FILE (corrupted or cut short, encrypted, not one file), ERR_LIMIT (more than
 * `bytesMax`), ERR_IO.
 */
export async function expand(
  fetched: Received,
  path: string,
  bytesMax: number,
): Promise<Received & { readonly packing: Packing }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(fetched.path, 'r');
    const packing = await packingOf(handle);
    if (packing === 'plain') return { ...fetched, packing };
    const { bytes } = fetched;
    const pieces = unpack({ path: fetched.path, handle, bytes, textBytesMax: bytesMax }, packing);
    const { file } = await receive(path, bytesMax, async (text) => {
      for await (const piece of pieces) await text.write(piece);
    });
    return { ...file, packing };
  } catch (cause) {
    if (cause instanceof TacetError) throw cause;
    throw ioError(fetched.path, 'read what was fetched', cause);
  } finally {
    await handle?.close();
  }
}
