/**
 * The constants of the list file format and the bytes of its header page, exactly as in FORMAT.md.
 * decode.ts reads what this module encodes. Touches no file.
 */
import { createHash } from 'node:crypto';
import { type ErrorCode, type ErrorDetail, TacetError } from '../errors.ts';

/** The major version this build writes, and the only one it reads. */
export const FORMAT_VERSION = 1;
/** The minor version this build writes; it reads any. */
const FORMAT_VERSION_MINOR = 0;
/** The header is one page; sections begin, and the file ends, at multiples of it. */
export const PAGE_BYTES = 65_536;
/** A list has 1 to this many entries: an index into it fits an int32. */
export const ENTRIES_MAX = 2_147_483_647;
/** A section table has at most this many entries. */
export const SECTIONS_MAX = 64;
/** The layout section has at most this many bytes. */
export const LAYOUT_BYTES_MAX = 65_536;
/** A list name has 1 to this many bytes of `[A-Za-z0-9._-]`. */
export const NAME_BYTES_MAX = 63;
/** The numbers of a list are between 1 and this: E.164 has at most 15 digits. */
export const NUMBER_MAX = 999_999_999_999_999;

export const SECTION_NUMBERS = 1;
export const SECTION_DAYS = 2;
export const SECTION_LAYOUT = 3;
export const SECTION_DIRECTORY = 4;

/** 0x89, "TCT", CR LF, Ctrl-Z, LF: a text-mode transfer changes at least one of them. */
export const MAGIC = Uint8Array.of(0x89, 0x54, 0x43, 0x54, 0x0d, 0x0a, 0x1a, 0x0a);

/** Offsets of the header page's fields. */
export const AT = {
  major: 8,
  minor: 10,
  sectionCount: 12,
  fileBytes: 16,
  entries: 24,
  snapshotDay: 32,
  nameBytes: 36,
  name: 40,
  sha256: 104,
  sourceSha256: 136,
  checksum: 168,
  reserved: 200,
  sections: 256,
} as const;
/** Bytes of a SHA-256. */
export const DIGEST_BYTES = 32;
/** Bytes of an entry of the section table. */
export const ENTRY_BYTES = 64;
/** The only section flag: a reader that does not know the section's kind must refuse the file. */
export const FLAG_REQUIRED = 1;
/** The domain of {@link listSha256}: 20 ASCII characters and a zero byte. */
const VERSION_DOMAIN = 'tacet list version 1\0';

/** One line of the section table. `offset` and `bytes` in bytes; `sha256` in lower-case hex. */
export interface SectionEntry {
  readonly kind: number;
  readonly required: boolean;
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What the header page says. Digests are 64 lower-case hex digits. */
export interface ListHeader {
  readonly formatVersion: number;
  readonly name: string;
  /** Epoch day, 1 to 65,535. */
  readonly snapshotDay: number;
  readonly entries: number;
  /** The list's version: covers only name, snapshot day, entries, numbers and days. */
  readonly sha256: string;
  /** Digest of the decompressed source as delivered. */
  readonly sourceSha256: string;
  readonly fileBytes: number;
  /** In the order of the file. */
  readonly sections: readonly SectionEntry[];
}

/** What {@link listSha256} covers. */
interface VersionParts {
  readonly name: string;
  readonly snapshotDay: number;
  readonly entries: number;
  readonly numbersSha256: string;
  readonly daysSha256: string;
}

/** Whether `name` may be the name of a list. */
export function isListName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,63}$/.test(name);
}

/** The next multiple of {@link PAGE_BYTES} at or after `bytes`. */
export function alignToPage(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/** The section of this kind, or undefined. */
export function sectionOf(header: ListHeader, kind: number): SectionEntry | undefined {
  return header.sections.find((section) => section.kind === kind);
}

/**
 * The section of this kind, which the format requires.
 * Errors: ERR_FORMAT_SECTION if it is missing.
 */
export function requiredSection(header: ListHeader, kind: number): SectionEntry {
  const section = sectionOf(header, kind);
  if (section !== undefined) return section;
  throw new TacetError('ERR_FORMAT_SECTION', { what: `section ${kind} is missing` });
}

/** A broken rule of the format. Mere damage is mended by another copy, anything else by packing. */
export function badFormat(
  code: ErrorCode,
  where: string,
  what: string,
  rest: Partial<ErrorDetail> = {},
): TacetError {
  const isDamage = code === 'ERR_FORMAT_CHECKSUM' || code === 'ERR_FORMAT_SIZE';
  const fix = isDamage ? FIX_COPY : 'Pack the source again';
  return new TacetError(code, { what, where, fix, ...rest });
}

/** What to do about a damaged file. */
export const FIX_COPY = 'Copy the list file again, or pack the source again';

/** The list's version digest; FORMAT.md, "The version digest", has the bytes and an example. */
export function listSha256(parts: VersionParts): string {
  const name = Buffer.from(parts.name, 'latin1');
  const nameBytes = Buffer.alloc(4);
  nameBytes.writeUInt32LE(name.length);
  const counts = Buffer.alloc(12);
  counts.writeUInt32LE(parts.snapshotDay, 0);
  counts.writeBigUInt64LE(BigInt(parts.entries), 4);
  return createHash('sha256')
    .update(VERSION_DOMAIN, 'latin1')
    .update(nameBytes)
    .update(name)
    .update(counts)
    .update(parts.numbersSha256, 'hex')
    .update(parts.daysSha256, 'hex')
    .digest('hex');
}

/** The header page of `header`, {@link PAGE_BYTES} long, checksum included. Checks nothing. */
export function encodeHeader(header: ListHeader): Uint8Array {
  const page = Buffer.alloc(PAGE_BYTES);
  page.set(MAGIC, 0);
  page.writeUInt16LE(header.formatVersion, AT.major);
  page.writeUInt16LE(FORMAT_VERSION_MINOR, AT.minor);
  page.writeUInt32LE(header.sections.length, AT.sectionCount);
  page.writeBigUInt64LE(BigInt(header.fileBytes), AT.fileBytes);
  page.writeBigUInt64LE(BigInt(header.entries), AT.entries);
  page.writeUInt32LE(header.snapshotDay, AT.snapshotDay);
  page.writeUInt32LE(header.name.length, AT.nameBytes);
  page.write(header.name, AT.name, NAME_BYTES_MAX, 'latin1');
  page.write(header.sha256, AT.sha256, DIGEST_BYTES, 'hex');
  page.write(header.sourceSha256, AT.sourceSha256, DIGEST_BYTES, 'hex');
  header.sections.forEach((section, index) => {
    const at = AT.sections + index * ENTRY_BYTES;
    page.writeUInt32LE(section.kind, at);
    page.writeUInt32LE(section.required ? FLAG_REQUIRED : 0, at + 4);
    page.writeBigUInt64LE(BigInt(section.offset), at + 8);
    page.writeBigUInt64LE(BigInt(section.bytes), at + 16);
    page.write(section.sha256, at + 24, DIGEST_BYTES, 'hex');
  });
  sealHeader(page);
  return page;
}

/** Writes the checksum of a header page into the page. */
export function sealHeader(page: Uint8Array): void {
  page.set(checksumOf(page), AT.checksum);
}

/** SHA-256 of the page with the checksum field zero. */
export function checksumOf(page: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(page.subarray(0, AT.checksum))
    .update(new Uint8Array(DIGEST_BYTES))
    .update(page.subarray(AT.checksum + DIGEST_BYTES))
    .digest();
}
