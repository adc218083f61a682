/** Refused sources, kept with their reasons so that a person can look at them and decide. */
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moveTo } from '../disk/directory.ts';
import { ioError, TacetError } from '../errors.ts';
import { gzipFile } from '../store/files.ts';
import type { ListStore } from '../store/store.ts';
import {
  checkFields,
  type FieldTypes,
  type SourceOrigin,
  type VersionRecord,
} from '../store/version.ts';
import type { StoreWriter } from '../store/writer.ts';
import type { Refused } from './decision.ts';
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

const RECORD_TYPES: FieldTypes<RefusalRecord> = {
  name: 'string',
  atUnix: 'number',
  source: 'object',
  refusals: 'object',
  version: 'object?',
};

/**
 * Puts a refused source into quarantine and returns its name. If it is already there for the same
 * reasons, that entry stays. Only the newest `keep` are kept.
 * Errors: ERR_IO.
 */
export async function quarantine(
  store: ListStore,
  writer: StoreWriter,
  refused: Refused & { readonly refusals: readonly Refusal[] },
  { nowMs, keep }: { readonly nowMs: number; readonly keep: number },
): Promise<string> {
  const { fetched, packed, refusals } = refused;
  const source = fetched.origin;
  const records = await quarantined(store);
  const known = records.find(
    (record) =>
      record.source.sha256 === source.sha256 && textsOf(record.refusals) === textsOf(refusals),
  );
  if (known !== undefined) return known.name;
  const name = nameOf(source, nowMs);
  const temporary = writer.tmpPath(name);
  const atUnix = Math.floor(nowMs / 1000);
  const version = packed?.record ?? null;
  await fill(temporary, refused, { name, atUnix, source, refusals, version });
  await rm(folderOf(store, name), { recursive: true, force: true });
  await moveTo(temporary, folderOf(store, name));
  for (const old of records.slice(keep - 1)) {
    await rm(folderOf(store, old.name), { recursive: true, force: true });
  }
  return name;
}

async function fill(folder: string, refused: Refused, record: RefusalRecord): Promise<void> {
  const { fetched, text, packed } = refused;
  try {
    await mkdir(folder);
    // Not moved: until this is done, what was fetched must not be lost.
    if (text === null) await link(fetched.file.path, join(folder, 'source'));
    else await gzipFile(text.path, join(folder, 'source.txt.gz'));
    if (packed !== null) await rename(packed.path, join(folder, LIST_FILE));
    const json = `${JSON.stringify(record, null, 2)}\n`;
    await writeFile(join(folder, RECORD_FILE), json, { flag: 'wx', flush: true });
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

/** What is in quarantine, newest first; unreadable entries are left out. Errors: ERR_IO. */
async function quarantined(store: ListStore): Promise<RefusalRecord[]> {
  const folder = folderOf(store, '');
  const names = await readdir(folder).catch((cause: unknown) => {
    throw ioError(folder, 'list what is in quarantine', cause);
  });
  const records: RefusalRecord[] = [];
  const found = names.filter((name) => NAME.test(name)).sort();
  for (const name of found.reverse()) {
    const record = await readRefusal(store, name).catch(() => undefined);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** The record of one refused source. Errors: ERR_STORE if there is none. */
export async function readRefusal(store: ListStore, name: string): Promise<RefusalRecord> {
  const where = join(folderOf(store, name), RECORD_FILE);
  try {
    if (!NAME.test(name)) throw new TypeError('no name of a quarantined source');
    const record: unknown = JSON.parse(await readFile(where, 'utf8'));
    checkFields<RefusalRecord>(record, RECORD_TYPES);
    if (Array.isArray(record.refusals) && record.name === name) return record;
    throw new TypeError('the record is of another form');
  } catch (cause) {
    throw new TacetError('ERR_STORE', {
      what: 'no such source is in quarantine, or its record cannot be read',
      where,
      fix: `Name a folder under ${folderOf(store, '')}`,
      cause,
    });
  }
}

function folderOf(store: ListStore, name: string): string {
  return join(store.path, 'quarantine', name);
}

/** The packed list of a refused source. */
export function quarantinedList(store: ListStore, name: string): string {
  return join(folderOf(store, name), LIST_FILE);
}
