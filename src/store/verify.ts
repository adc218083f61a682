import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TacetError } from '../errors.ts';
import { verifyListFile } from '../list/verify.ts';
import { gunzipFile } from './files.ts';
import type { ListStore } from './store.ts';
import type { StoredVersion } from './version.ts';

/**
 * Checks every byte of a version against the format and its record; unpacks an archived one
 * elsewhere first. Errors: ERR_STORE, ERR_FORMAT_*, ERR_IO.
 */
export async function verifyVersion(store: ListStore, name: string): Promise<StoredVersion> {
  const version = await store.version(name);
  const folder = version.archived ? await mkdtemp(join(tmpdir(), 'tacet-verify-')) : undefined;
  try {
    let file = store.listFile(name);
    if (folder !== undefined) {
      file = join(folder, 'list.tacet');
      await gunzipFile(store.archiveFile(name), file);
    }
    const header = await verifyListFile(file);
    if (header.sha256 !== version.sha256 || header.entries !== version.entries) {
      throw new TacetError('ERR_STORE', {
        what: 'the list file is not the one of its record',
        where: name,
        expected: version.sha256,
        got: header.sha256,
        fix: 'Roll back to another version and remove this one',
      });
    }
    return version;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
