/**
 * A file that was fetched whole is kept until it was decided on: some servers remove a file once it
 * was read. Without this, a sync that finds the store locked or the disk full, or is killed, would
 * throw the only copy away.
 */

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brusselsTime } from '../../calendar/brussels.ts';
import { moveTo } from '../../disk/directory.ts';
import { ioError, TacetError } from '../../errors.ts';
import { digestOf } from '../../store/files.ts';
import { checkFields, type FieldTypes, SOURCE_TYPES } from '../../store/version.ts';
import type { Fetched } from './fetch-source.ts';

const PREFIX = 'whole-';
const SOURCE_FILE = 'source';
const RECORD_FILE = 'fetched.json';

const FETCHED_TYPES: FieldTypes<Fetched> = { file: 'object', origin: 'object', notes: 'object' };

/** The errors that mean that there is no file, as far as this sync can tell. */
const NO_FILE: ReadonlySet<string> = new Set(['ERR_FETCH', 'ERR_IO']);

/**
 * Fetches a file and keeps it until {@link dropWhole}. Where none can be fetched, gives the one
 * kept of the same source, which no sync has decided on yet. Errors: those of `fetch`; ERR_IO.
 *
 * @param folder is locked, and has a folder `tmp`, to whose file `fetch` writes
 */
export async function fetchWhole(
  folder: string,
  from: string,
  fetch: (path: string) => Promise<Fetched>,
): Promise<Fetched> {
  try {
    return await keep(folder, await fetch(join(folder, 'tmp', 'fetched')));
  } catch (cause) {
    if (!(cause instanceof TacetError) || !NO_FILE.has(cause.code)) throw cause;
    const kept = await keptOf(folder, from);
    if (kept === undefined) throw cause;
    const at = brusselsTime(kept.origin.fetchedAtUnix * 1000);
    const note = `this is the file fetched at ${at}, as there is none now: ${cause.message}`;
    return { ...kept, notes: [...kept.notes, note] };
  }
}

/** Keeps a file in the place of those before it. Errors: ERR_IO. */
async function keep(folder: string, fetched: Fetched): Promise<Fetched> {
  const { file, origin } = fetched;
  const name = `${PREFIX}${origin.fetchedAtUnix}-${origin.sha256.slice(0, 12)}`;
  const temporary = join(folder, 'tmp', name);
  const kept = { ...fetched, file: { ...file, path: join(folder, name, SOURCE_FILE) } };
  try {
    await mkdir(temporary);
    await rename(file.path, join(temporary, SOURCE_FILE));
    await writeFile(join(temporary, RECORD_FILE), `${JSON.stringify(kept)}\n`, { flush: true });
    // Only the same file, fetched in the same second, has the same name.
    await rm(join(folder, name), { recursive: true, force: true });
  } catch (cause) {
    throw ioError(temporary, 'keep what was fetched', cause);
  }
  await moveTo(temporary, join(folder, name));
  await dropWhole(folder, name);
  return kept;
}

/** The file that is kept of a source; undefined if there is none, or it is not whole any more. */
async function keptOf(folder: string, from: string): Promise<Fetched | undefined> {
  for (const name of (await namesIn(folder)).reverse()) {
    try {
      const fetched: unknown = JSON.parse(await readFile(join(folder, name, RECORD_FILE), 'utf8'));
      checkFields<Fetched>(fetched, FETCHED_TYPES);
      checkFields(fetched.origin, SOURCE_TYPES);
      const path = join(folder, name, SOURCE_FILE);
      const isSame =
        fetched.origin.from === from && fetched.origin.sha256 === (await digestOf(path));
      if (isSame) return { ...fetched, file: { ...fetched.file, path } };
    } catch {
      // Not flushed when the power failed: there is no copy, and the sync says why it has no file.
    }
  }
  return undefined;
}

/** Removes what is kept. Never fails: the next one that is kept goes in its place. */
export async function dropWhole(folder: string, except?: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name === except) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(PREFIX)).sort();
}
