import { validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';
import type { ListHeader } from '../list/format.ts';

/** Where the source of a version came from. */
export interface SourceOrigin {
  /** `sftp://user@host:22/path` or `file:///path`; never contains a secret. */
  readonly from: string;
  readonly fileName: string;
  readonly fetchedAtUnix: number;
  /** Size of the file as fetched, compressed or not; the digest covers the same bytes. */
  readonly bytes: number;
  readonly sha256: string;
  /** Null if the source does not say. */
  readonly modifiedAtUnix: number | null;
}

/** Who let a refused file through, and why. */
interface Acceptance {
  readonly by: string;
  readonly reason: string;
  readonly atUnix: number;
  /** The names of the rules it broke. */
  readonly refusals: readonly string[];
}

/** The record of a version, kept beside its list file. */
export interface VersionRecord {
  /** `2026-11-22-1a2b3c4d5e6f`: snapshot date and the first 12 digits of `sha256`. */
  readonly name: string;
  readonly sha256: string;
  readonly sourceSha256: string;
  /** The name of the list. */
  readonly list: string;
  readonly snapshotDate: string;
  readonly entries: number;
  /** Compared with `previous`; null for the first version. */
  readonly added: number | null;
  readonly removed: number | null;
  readonly redated: number | null;
  /** The version that served when this one was added. */
  readonly previous: string | null;
  readonly source: SourceOrigin;
  readonly packedAtUnix: number;
  readonly validUntilUnix: number;
  readonly accepted: Acceptance | null;
}

/** A version in the store. */
export interface StoredVersion extends VersionRecord {
  /** Whether it is kept compressed and must be restored before it can serve. */
  readonly archived: boolean;
}

const NAME = /^\d{4}-\d\d-\d\d-[0-9a-f]{12}$/;

/** The part of a record that comes from the list file itself. */
export function headerFacts(
  header: ListHeader,
): Pick<
  VersionRecord,
  'name' | 'sha256' | 'sourceSha256' | 'list' | 'snapshotDate' | 'entries' | 'validUntilUnix'
> {
  const { sha256, sourceSha256, name: list, snapshotDay, entries } = header;
  const snapshotDate = formatIsoDay(snapshotDay);
  const validUntilUnix = validUntilMs(snapshotDay) / 1000;
  const name = `${snapshotDate}-${sha256.slice(0, 12)}`;
  return { name, sha256, sourceSha256, list, snapshotDate, entries, validUntilUnix };
}

/** Whether a text can be the name of a version; other files in the folder are not versions. */
export function isVersionName(text: string): boolean {
  return NAME.test(text);
}

/** The version that a file of the folder belongs to; undefined for files of others. */
export function versionOfFile(file: string): string | undefined {
  const name = /^(.*)\.(?:json|tacet|tacet\.gz)$/.exec(file)?.[1];
  return name !== undefined && isVersionName(name) ? name : undefined;
}

/** The type of each field; one with a question mark may be null. */
export type FieldTypes<Data> = Readonly<Record<keyof Data, string>>;

const RECORD_TYPES: FieldTypes<VersionRecord> = {
  name: 'string',
  sha256: 'string',
  sourceSha256: 'string',
  list: 'string',
  snapshotDate: 'string',
  entries: 'number',
  added: 'number?',
  removed: 'number?',
  redated: 'number?',
  previous: 'string?',
  source: 'object',
  packedAtUnix: 'number',
  validUntilUnix: 'number',
  accepted: 'object?',
};

/** The fields of where a source came from, for {@link checkFields}. */
export const SOURCE_TYPES: FieldTypes<SourceOrigin> = {
  from: 'string',
  fileName: 'string',
  fetchedAtUnix: 'number',
  bytes: 'number',
  sha256: 'string',
  modifiedAtUnix: 'number?',
};

const ACCEPTANCE_TYPES: FieldTypes<Acceptance> = {
  by: 'string',
  reason: 'string',
  atUnix: 'number',
  refusals: 'object',
};

/** Reads a record. Errors: ERR_STORE if it is not a record, or belongs to another version. */
export function parseRecord(text: string, name: string, where: string): VersionRecord {
  try {
    const record: unknown = JSON.parse(text);
    checkFields<VersionRecord>(record, RECORD_TYPES);
    checkFields<SourceOrigin>(record.source, SOURCE_TYPES);
    if (record.accepted !== null) checkFields<Acceptance>(record.accepted, ACCEPTANCE_TYPES);
    if (record.name !== name) throw new TypeError('it is the record of another version');
    return record;
  } catch (cause) {
    const { message } = cause as Error; // JSON and the checks only throw Errors.
    throw new TacetError('ERR_STORE', {
      what: `the record of a version cannot be read: ${message}`,
      where,
      fix: 'Restore the file from a backup, or remove it and the list file of the same name',
      cause,
    });
  }
}

/** Errors: TypeError that names the first field that is missing or of another type. */
export function checkFields<Data>(value: unknown, types: FieldTypes<Data>): asserts value is Data {
  for (const [key, type] of Object.entries<string>(types)) {
    const field: unknown = Reflect.get(Object(value), key);
    const isFine = field === null ? type.endsWith('?') : typeof field === type.replace('?', '');
    if (!isFine) throw new TypeError(`${key} is missing or of another type`);
  }
}
