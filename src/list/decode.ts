/** Reads the header page of a list file and makes every check that it and the file's size allow. */
import { EPOCH_DAY_MAX } from '../calendar/day.ts';
import { type ErrorDetail, TacetError } from '../errors.ts';
import {
  AT,
  alignToPage,
  badFormat,
  checksumOf,
  DIGEST_BYTES,
  ENTRIES_MAX,
  ENTRY_BYTES,
  FLAG_REQUIRED,
  FORMAT_VERSION,
  isListName,
  LAYOUT_BYTES_MAX,
  type ListHeader,
  listSha256,
  MAGIC,
  NAME_BYTES_MAX,
  PAGE_BYTES,
  requiredSection,
  SECTION_DAYS,
  SECTION_DIRECTORY,
  SECTION_LAYOUT,
  SECTION_NUMBERS,
  SECTIONS_MAX,
  type SectionEntry,
} from './format.ts';

/** Where the unused bytes of a section table entry begin. */
const ENTRY_RESERVED = 56;

/**
 * Reads a header page and checks everything that it and the file's size can prove.
 * Errors: ERR_FORMAT_MAGIC, _VERSION, _SIZE, _CHECKSUM, _PADDING, _HEADER, _SECTION, in this order
 * of precedence.
 *
 * @param page the first {@link PAGE_BYTES} bytes of the file, fewer only if the file is shorter
 * @param file `fileBytes`: the file's size; `where`: its path, for the error
 */
export function decodeHeader(
  page: Uint8Array,
  file: { readonly where: string; readonly fileBytes: number },
): ListHeader {
  const { where, fileBytes } = file;
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  checkMagic(bytes, where);
  checkVersion(bytes, where);
  if (bytes.length < PAGE_BYTES) throw wrongSize(where, `at least ${PAGE_BYTES} bytes`, fileBytes);
  if (Buffer.compare(checksumOf(bytes), digestAt(bytes, AT.checksum)) !== 0) {
    throw badFormat('ERR_FORMAT_CHECKSUM', where, 'the header page differs from its checksum');
  }
  const expectedBytes = readU64(bytes, AT.fileBytes);
  if (expectedBytes !== fileBytes) throw wrongSize(where, `${expectedBytes} bytes`, fileBytes);
  const sections = decodeSections(bytes, where);
  const header: ListHeader = {
    formatVersion: bytes.readUInt16LE(AT.major),
    name: decodeName(bytes, where),
    snapshotDay: bytes.readUInt32LE(AT.snapshotDay),
    entries: readU64(bytes, AT.entries),
    sha256: digestAt(bytes, AT.sha256).toString('hex'),
    sourceSha256: digestAt(bytes, AT.sourceSha256).toString('hex'),
    fileBytes,
    sections,
  };
  checkFields(header, where);
  checkPlaces(header, where);
  checkKinds(header, where);
  checkVersionDigest(header, where);
  return header;
}

function checkMagic(bytes: Buffer, where: string): void {
  const magic = bytes.subarray(0, MAGIC.length);
  if (Buffer.compare(magic, MAGIC) === 0) return;
  if (Buffer.compare(magic.subarray(0, 4), MAGIC.subarray(0, 4)) === 0) {
    throw new TacetError('ERR_FORMAT_MAGIC', {
      what: 'the first bytes were changed, as a text-mode transfer does',
      where,
      fix: 'Transfer the list file again, in binary mode',
    });
  }
  throw new TacetError('ERR_FORMAT_MAGIC', {
    what: bytes.length === 0 ? 'not a list file: it is empty' : 'not a list file',
    where,
    fix: 'A list file is what `tacet pack` writes from the txt',
  });
}

function checkVersion(bytes: Buffer, where: string): void {
  if (bytes.length < AT.sectionCount) return;
  const major = bytes.readUInt16LE(AT.major);
  if (major === FORMAT_VERSION) return;
  throw new TacetError('ERR_FORMAT_VERSION', {
    what: 'a list file of another format version',
    expected: `version ${FORMAT_VERSION}`,
    got: `version ${major}`,
    where,
    fix: 'Pack the source again with this version of Tacet',
  });
}

function decodeName(bytes: Buffer, where: string): string {
  const nameBytes = bytes.readUInt32LE(AT.nameBytes);
  if (nameBytes < 1 || nameBytes > NAME_BYTES_MAX) {
    throw badHeader(where, 'the length of the name', `1 to ${NAME_BYTES_MAX}`, nameBytes);
  }
  const name = bytes.toString('latin1', AT.name, AT.name + nameBytes);
  if (!isListName(name)) {
    throw badFormat('ERR_FORMAT_HEADER', where, 'the name has bytes other than [A-Za-z0-9._-]');
  }
  checkZero(bytes, { where, from: AT.name + nameBytes, to: AT.sha256 });
  return name;
}

function decodeSections(bytes: Buffer, where: string): SectionEntry[] {
  const count = bytes.readUInt32LE(AT.sectionCount);
  if (count > SECTIONS_MAX) {
    throw badHeader(where, 'the number of sections', `at most ${SECTIONS_MAX}`, count);
  }
  checkZero(bytes, { where, from: AT.reserved, to: AT.sections });
  const sections: SectionEntry[] = [];
  for (let index = 0; index < count; index++) {
    const at = AT.sections + index * ENTRY_BYTES;
    const flags = bytes.readUInt32LE(at + 4);
    if (flags > FLAG_REQUIRED) {
      throw badHeader(where, `the flags of section table entry ${index}`, '0 or 1', flags);
    }
    checkZero(bytes, { where, from: at + ENTRY_RESERVED, to: at + ENTRY_BYTES });
    sections.push({
      kind: bytes.readUInt32LE(at),
      required: flags === FLAG_REQUIRED,
      offset: readU64(bytes, at + 8),
      bytes: readU64(bytes, at + 16),
      sha256: digestAt(bytes, at + 24).toString('hex'),
    });
  }
  checkZero(bytes, { where, from: AT.sections + count * ENTRY_BYTES, to: PAGE_BYTES });
  return sections;
}

function checkFields(header: ListHeader, where: string): void {
  const { entries, snapshotDay } = header;
  if (!(entries >= 1 && entries <= ENTRIES_MAX)) {
    throw badHeader(where, 'the number of entries', `1 to ${ENTRIES_MAX}`, entries);
  }
  if (!(snapshotDay >= 1 && snapshotDay <= EPOCH_DAY_MAX)) {
    throw badHeader(where, 'the snapshot day', `1 to ${EPOCH_DAY_MAX}`, snapshotDay);
  }
}

/** Sections fill the file from the first page to the end, with no gap but their padding. */
function checkPlaces(header: ListHeader, where: string): void {
  let offset = PAGE_BYTES;
  header.sections.forEach((section, index) => {
    if (section.offset !== offset || section.bytes < 1) {
      throw badSection(where, `entry ${index} of the section table is misplaced or empty`, {
        expected: `at least 1 byte at ${offset}`,
        got: `${section.bytes} bytes at ${section.offset}`,
      });
    }
    offset = alignToPage(section.offset + section.bytes);
  });
  if (offset === header.fileBytes) return;
  throw badSection(where, 'the sections do not fill the file', {
    expected: `${header.fileBytes} bytes`,
    got: `${offset} bytes`,
  });
}

/** Known kinds have their flag and size; unknown ones must be optional; none comes twice. */
function checkKinds(header: ListHeader, where: string): void {
  const seen = new Set<number>();
  for (const section of header.sections) {
    const { kind, required } = section;
    if (kind === 0) throw badSection(where, 'a section of kind 0');
    if (seen.has(kind)) throw badSection(where, `section ${kind} is there twice`);
    seen.add(kind);
    const known = KNOWN_SECTIONS.get(kind);
    if (known === undefined) {
      if (!required) continue;
      const fix = 'Use the version of Tacet that wrote the file, or pack the source again';
      throw badSection(where, `section ${kind} is required and unknown`, { fix });
    }
    if (known.required !== required) {
      const wanted = known.required ? 'required' : 'optional';
      throw badSection(where, `section ${kind} is not flagged ${wanted}`);
    }
    if (!known.fits(section.bytes, header.entries)) {
      throw badSection(where, `section ${kind} has ${section.bytes} bytes`);
    }
  }
  for (const [kind, known] of KNOWN_SECTIONS) {
    if (known.required && !seen.has(kind)) throw badSection(where, `section ${kind} is missing`);
  }
}

interface KnownSection {
  readonly required: boolean;
  readonly fits: (bytes: number, entries: number) => boolean;
}

const KNOWN_SECTIONS: ReadonlyMap<number, KnownSection> = new Map([
  [SECTION_NUMBERS, { required: true, fits: (bytes, entries) => bytes === entries * 8 }],
  [SECTION_DAYS, { required: true, fits: (bytes, entries) => bytes === entries * 2 }],
  [SECTION_LAYOUT, { required: false, fits: (bytes) => bytes <= LAYOUT_BYTES_MAX }],
  // Its counts give the exact size, see checkDirectoryHead in directory.ts.
  [SECTION_DIRECTORY, { required: false, fits: (bytes) => bytes >= 76 }],
]);

function checkVersionDigest(header: ListHeader, where: string): void {
  const { name, snapshotDay, entries } = header;
  const numbersSha256 = requiredSection(header, SECTION_NUMBERS).sha256;
  const daysSha256 = requiredSection(header, SECTION_DAYS).sha256;
  const sha256 = listSha256({ name, snapshotDay, entries, numbersSha256, daysSha256 });
  if (sha256 === header.sha256) return;
  const what = 'sha256 does not belong to this name, date and sections';
  throw badFormat('ERR_FORMAT_CHECKSUM', where, what);
}

function checkZero(
  bytes: Buffer,
  range: { readonly where: string; readonly from: number; readonly to: number },
): void {
  for (let at = range.from; at < range.to; at++) {
    if (bytes[at] === 0) continue;
    const what = `unused byte ${at} of the header is not zero`;
    throw badFormat('ERR_FORMAT_PADDING', range.where, what);
  }
}

/** A u64 as a double: exact up to 2^53; a larger one never equals a valid value. */
function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 4_294_967_296;
}

function digestAt(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at, at + DIGEST_BYTES);
}

function badSection(where: string, what: string, detail: Partial<ErrorDetail> = {}): TacetError {
  return badFormat('ERR_FORMAT_SECTION', where, what, detail);
}

function badHeader(where: string, field: string, expected: string, got: number): TacetError {
  const detail = { expected, got: String(got) };
  return badFormat('ERR_FORMAT_HEADER', where, `${field} is out of range`, detail);
}

function wrongSize(where: string, expected: string, got: number): TacetError {
  const what = 'the file does not have the size its header says';
  return badFormat('ERR_FORMAT_SIZE', where, what, { expected, got: `${got} bytes` });
}
