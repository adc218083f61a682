/** Refused sources, kept with their reasons so that a person can look at them and decide. */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError, TacetError } from '../errors.ts';
import { gzipFile } from '../store/files.ts';
import type { ListStore } from '../store/store.ts';
import type { SourceOrigin, VersionRecord } from '../store/version.ts';
import type { StoreWriter } from '../store/writer.ts';
import type { Refusal } from './guard/guard.ts';

const NAME = /^\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{12}$/;
const LIST_FILE = 'list.tacet';
const RECORD_FILE = 'reason.json';

/** Why a source is in quarantine: reason.json. */
export interface RefusalRecord {
  readonly name: string;
  readonly atUnix: number;
  readonly source: SourceOrigin;
  readonly refusals: readonly Refusal[];
  /** The record it would get if it were accepted; null if it could not be packed. */
  readonly version: VersionRecord | null;
}

/** What goes into quarantine. */
interface RefusedSource {
  readonly source: SourceOrigin;
  readonly refusals: readonly Refusal[];
  readonly version: VersionRecord | null;
  /** The fetched file, and its text if it could be unpacked; both in the store's tmp folder. */
  readonly fetchedPath: string;
  readonly textPath: string | null;
  /** The packed list; null if packing failed. */
  readonly listPath: string | null;
}

/**
 * Puts a refused source into quarantine and returns its name. If it is already there for the same
 * reasons, that entry stays. Only the newest `keep` are kept.
 *
 * @throws TacetError ERR_IO
 */
export async function quarantine(
  store: ListStore,
  writer: StoreWriter,
  refused: RefusedSource,
  { nowMs, keep }: { readonly nowMs: number; readonly keep: number },
): Promise<string> {
  const { source, refusals } = refused;
  const records = await quarantined(store);
  const known = records.find(
    (record) =>
      record.source.sha256 === source.sha256 && textsOf(record.refusals) === textsOf(refusals),
  );
  if (known !== undefined) return known.name;
  const name = nameOf(source, nowMs);
  const folder = writer.tmpPath(name);
  const record = { name, atUnix: Math.floor(nowMs / 1000), source, refusals };
  await fill(folder, refused, { ...record, version: refused.version });
  await rm(join(store.path, 'quarantine', name), { recursive: true, force: true });
  await writer.quarantine(folder, name);
  for (const old of records.slice(keep - 1)) {
    await rm(join(store.path, 'quarantine', old.name), { recursive: true, force: true });
  }
  return name;
}

async function fill(folder: string, refused: RefusedSource, record: RefusalRecord): Promise<void> {
  const { fetchedPath, textPath, listPath } = refused;
  try {
    await mkdir(folder);
    if (textPath === null) await rename(fetchedPath, join(folder, 'source'));
    else await gzipFile(textPath, join(folder, 'source.txt.gz'));
    if (listPath !== null) await rename(listPath, join(folder, LIST_FILE));
    const file = await open(join(folder, RECORD_FILE), 'wx');
    try {
      await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof TacetError) throw cause;
    throw ioError(folder, 'quarantine the file', cause);
  }
}

/** `2026-11-23T031500Z-1a2b3c4d5e6f`: the time and the digest of the fetched file. */
function nameOf(source: SourceOrigin, nowMs: number): string {
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '');
  return `${time}Z-${source.sha256.slice(0, 12)}`;
}

function textsOf(refusals: readonly Refusal[]): string {
  return refusals.map(({ text }) => text).join('\n');
}

/** What is in quarantine, newest first; unreadable entries are left out. @throws ERR_IO */
async function quarantined(store: ListStore): Promise<RefusalRecord[]> {
  const folder = join(store.path, 'quarantine');
  const names = await readdir(folder).catch((cause: unknown) => {
    throw ioError(folder, 'list what is in quarantine', cause);
  });
  const records: RefusalRecord[] = [];
  for (const name of names
    .filter((found) => NAME.test(found))
    .sort()
    .reverse()) {
    const record = await readRefusal(store, name).catch(() => undefined);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** The record of one refused source. @throws TacetError ERR_STORE if there is none */
export async function readRefusal(store: ListStore, name: string): Promise<RefusalRecord> {
  const where = join(store.path, 'quarantine', name, RECORD_FILE);
  try {
    if (!NAME.test(name)) throw new TypeError('no name of a quarantined source');
    const record: unknown = JSON.parse(await readFile(where, 'utf8'));
    if (isRefusalRecord(record) && record.name === name) return record;
    throw new TypeError('the record is of another form');
  } catch (cause) {
    throw new TacetError('ERR_STORE', {
      what: 'no such source is in quarantine, or its record cannot be read',
      where,
      fix: `Name a folder under ${join(store.path, 'quarantine')}`,
      cause,
    });
  }
}

function isRefusalRecord(value: unknown): value is RefusalRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { name, atUnix, source, refusals, version } = Object.fromEntries(Object.entries(value));
  return (
    typeof name === 'string' &&
    typeof atUnix === 'number' &&
    typeof source === 'object' &&
    source !== null &&
    Array.isArray(refusals) &&
    typeof version === 'object'
  );
}

/** The packed list of a refused source. */
export function quarantinedList(store: ListStore, name: string): string {
  return join(store.path, 'quarantine', name, LIST_FILE);
}
