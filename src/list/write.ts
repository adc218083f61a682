import { createHash, type Hash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { EPOCH_DAY_MAX } from '../calendar/day.ts';
import { AtomicFile } from '../disk/atomic-file.ts';
import { hasCode, ioError, TacetError } from '../errors.ts';
import type { Layout } from '../source/layout/layout.ts';
import { checkDays, checkNumbers } from './content.ts';
import { decodeHeader } from './decode.ts';
import { buildDirectory } from './directory.ts';
import {
  alignToPage,
  ENTRIES_MAX,
  encodeHeader,
  FORMAT_VERSION,
  isListName,
  LAYOUT_BYTES_MAX,
  type ListHeader,
  listSha256,
  PAGE_BYTES,
  SECTION_DAYS,
  SECTION_DIRECTORY,
  SECTION_LAYOUT,
  SECTION_NUMBERS,
  type SectionEntry,
} from './format.ts';

/** Bytes of one write, and of one hash update, which runs during the previous write. */
const WRITE_BYTES = 4_194_304;

/** The content of a list file. */
export interface ListContent {
  /** 1 to 63 of `[A-Za-z0-9._-]`. */
  readonly name: string;
  /** Epoch day, 1 to 65,535; no day of `days` is later. */
  readonly snapshotDay: number;
  readonly layout: Layout;
  /** 64 lower-case hex digits. */
  readonly sourceSha256: string;
  /** Ascending, unique, each 1 to 999,999,999,999,999; 1 to 2^31 - 1 of them. Read only. */
  readonly numbers: BigUint64Array;
  /** Registration day of each number, 0 = unknown. Read only. */
  readonly days: Uint16Array;
}

/**
 * Writes `content` as a list file, all or nothing unless only the sync of the directory fails, and
 * returns its header. The same content gives the same bytes. Builds the index in memory, and makes
 * no copy of the content.
 * Errors: ERR_IO if it cannot be written or `path` exists and is not a regular file; ERR_OPTION for
 * a name, snapshot day or digest out of range; ERR_LIMIT for too many or no entries;
 * ERR_FORMAT_ORDER, ERR_FORMAT_HEADER for numbers or days that no list file may hold.
 */
export async function writeListFile(path: string, content: ListContent): Promise<ListHeader> {
  checkContent(content);
  await checkTarget(path);
  const file = await AtomicFile.create(path);
  try {
    const header = await writeContent(file, path, content);
    await file.sync();
    await file.publish();
    return header;
  } finally {
    await file.discard();
  }
}

function checkContent(content: ListContent): void {
  const { name, snapshotDay, sourceSha256, numbers, days } = content;
  if (!isListName(name)) {
    const expected = '1 to 63 letters, digits, dots, underscores or hyphens';
    throw new TacetError('ERR_OPTION', { what: 'the list name cannot be used', expected });
  }
  if (!(Number.isInteger(snapshotDay) && snapshotDay >= 1 && snapshotDay <= EPOCH_DAY_MAX)) {
    const expected = '1970-01-02 to 2149-06-06';
    throw new TacetError('ERR_OPTION', { what: 'the snapshot date is out of range', expected });
  }
  if (!/^[0-9a-f]{64}$/.test(sourceSha256)) {
    const what = 'the digest of the source is malformed';
    throw new TacetError('ERR_OPTION', { what, expected: '64 lower-case hex digits' });
  }
  if (numbers.length < 1 || numbers.length > ENTRIES_MAX) {
    throw new TacetError('ERR_LIMIT', {
      what: 'the number of entries is out of range',
      expected: `1 to ${ENTRIES_MAX}`,
      got: String(numbers.length),
    });
  }
  if (days.length === numbers.length) return;
  throw new TacetError('ERR_INTERNAL', { what: 'not one day a number' });
}

/** Renaming would replace a device, a FIFO or a link, and fail late on a directory. */
async function checkTarget(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw ioError(path, 'write the list file', error);
  });
  if (stats === undefined || stats.isFile()) return;
  throw new TacetError('ERR_IO', {
    what: 'something that is not a regular file is there',
    where: path,
    fix: 'Name a new file, or a list file to be replaced',
  });
}

async function writeContent(
  file: AtomicFile,
  where: string,
  content: ListContent,
): Promise<ListHeader> {
  const { name, snapshotDay, sourceSha256, numbers, days } = content;
  const writer = new SectionWriter(file);
  await writer.write(SECTION_NUMBERS, bytesOf(numbers), (from, to) => {
    checkNumbers(wordsOf(numbers, from / 8, to / 8), {
      where,
      before: numbers[from / 8 - 1] ?? 0n,
    });
  });
  await writer.write(SECTION_DAYS, bytesOf(days), (from, to) => {
    checkDays(days.subarray(from / 2, to / 2), { where, snapshotDay });
  });
  await writer.write(SECTION_LAYOUT, layoutBytes(content.layout));
  await writer.write(SECTION_DIRECTORY, buildDirectory(numbers));
  const entries = numbers.length;
  const { sections } = writer;
  const [numbersSha256 = '', daysSha256 = ''] = sections.map((section) => section.sha256);
  const header: ListHeader = {
    formatVersion: FORMAT_VERSION,
    name,
    snapshotDay,
    entries,
    sha256: listSha256({ name, snapshotDay, entries, numbersSha256, daysSha256 }),
    sourceSha256,
    fileBytes: writer.end,
    sections,
  };
  const page = encodeHeader(header);
  await file.write(page, 0);
  // Proves that a reader accepts what was just written.
  return decodeHeader(page, { where, fileBytes: header.fileBytes });
}

/** Appends sections, each at the next page boundary, and keeps the section table. */
class SectionWriter {
  readonly sections: SectionEntry[] = [];
  /** Where the next section begins; after the last section, the size of the file. */
  end = PAGE_BYTES;
  readonly #file: AtomicFile;

  constructor(file: AtomicFile) {
    this.#file = file;
  }

  /** @param check receives each part (in bytes of the section) before it is written */
  async write(
    kind: number,
    bytes: Uint8Array,
    check: (from: number, to: number) => void = () => {},
  ): Promise<void> {
    const offset = this.end;
    const hash = createHash('sha256');
    for (let from = 0; from < bytes.length; from += WRITE_BYTES) {
      const to = Math.min(from + WRITE_BYTES, bytes.length);
      check(from, to);
      const part = bytes.subarray(from, to);
      await Promise.all([this.#file.write(part, offset + from), update(hash, part)]);
    }
    const required = kind === SECTION_NUMBERS || kind === SECTION_DAYS;
    const sha256 = hash.digest('hex');
    this.sections.push({ kind, required, offset, bytes: bytes.length, sha256 });
    this.end = alignToPage(offset + bytes.length);
    const padding = new Uint8Array(this.end - offset - bytes.length);
    await this.#file.write(padding, offset + bytes.length);
  }
}

/** Hashes on this thread while a write that is already under way runs on another. */
async function update(hash: Hash, part: Uint8Array): Promise<void> {
  hash.update(part);
}

function bytesOf(array: BigUint64Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function wordsOf(numbers: BigUint64Array, from: number, to: number): Uint32Array {
  return new Uint32Array(numbers.buffer, numbers.byteOffset + from * 8, (to - from) * 2);
}

function layoutBytes(layout: Layout): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(sortKeys(layout)), 'utf8');
  if (bytes.length <= LAYOUT_BYTES_MAX) return bytes;
  throw new TacetError('ERR_LIMIT', {
    what: 'the layout is too long to be kept in the list file',
    expected: `at most ${LAYOUT_BYTES_MAX} bytes of JSON`,
    got: `${bytes.length} bytes`,
  });
}

/** Keys in the order of their code units, so that equal layouts give equal bytes. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeys(inner)]));
}
