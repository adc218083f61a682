/**
 * A list: open its file, look keys up, close it. Opening checks what the header and the file's size
 * can prove; `verifyListFile` in verify.ts checks every byte.
 */
import { strict as assert } from 'node:assert';
import { closeSync, constants, fstatSync, open as openCallback, type Stats } from 'node:fs';
import { endianness } from 'node:os';
import { promisify } from 'node:util';
import { ioError, TacetError } from '../errors.ts';
import { decodeHeader } from './decode.ts';
import {
  checkDirectoryHead,
  DIRECTORY_HEAD_BYTES,
  type DirectoryCounts,
  type DirectoryViews,
  viewDirectory,
} from './directory.ts';
import {
  badFormat,
  type ListHeader,
  PAGE_BYTES,
  requiredSection,
  SECTION_DAYS,
  SECTION_DIRECTORY,
  SECTION_LAYOUT,
  SECTION_NUMBERS,
  sectionOf,
} from './format.ts';
import {
  checkUnchanged,
  chooseMapping,
  type ListHandle,
  type MappingKind,
  type ReadAt,
  readerOf,
  readerOfFd,
  readShared,
  sectionBytes,
} from './mapping.ts';
import { findRanksBinary, findRanksDirectory } from './search.ts';

const openFd = promisify(openCallback);

/** The ways to look a key up; all give the same ranks. */
export const KERNEL_NAMES = ['binary-search', 'directory'] as const;

export type KernelName = (typeof KERNEL_NAMES)[number];

/** A list as one thread sees it, see {@link attachList}. */
export class List {
  readonly header: ListHeader;
  readonly kernel: KernelName;
  readonly mapping: MappingKind;
  /** Ascending, unique. Mapped or shared: writing to it kills the process or corrupts the list. */
  readonly numbers: BigUint64Array;
  /** Registration day of each number, 0 = unknown. Like `numbers`, never write to it. */
  readonly days: Uint16Array;
  /** The sections in use: a map ends when its bytes are collected. */
  protected readonly maps: readonly Uint8Array[];
  readonly #directory: DirectoryViews | undefined;
  readonly #numberWords: Uint32Array;

  /** @param directory undefined for binary search */
  constructor(
    { header, kind }: ListHandle,
    maps: readonly [numbers: Uint8Array, days: Uint8Array, ...directory: Uint8Array[]],
    directory?: DirectoryViews,
  ) {
    const [numbers, days] = maps;
    const { entries } = header;
    this.header = header;
    this.kernel = directory === undefined ? 'binary-search' : 'directory';
    this.mapping = kind;
    this.numbers = new BigUint64Array(numbers.buffer, numbers.byteOffset, entries);
    this.days = new Uint16Array(days.buffer, days.byteOffset, entries);
    this.maps = maps;
    this.#directory = directory;
    this.#numberWords = new Uint32Array(numbers.buffer, numbers.byteOffset, entries * 2);
  }

  /**
   * Finds `count` keys at once; batches of thousands cost least per key.
   *
   * @param words little-endian u64 keys as pairs of u32 (low, high), in any order, duplicates
   *   allowed, any value allowed; at least `count` pairs; its byteOffset a multiple of 4
   * @param ranks receives each key's index into `numbers` and `days`, or -1; at least `count` long
   */
  findRanks(words: Uint32Array, count: number, ranks: Int32Array): void {
    assert(count >= 0 && count * 2 <= words.length && count <= ranks.length, 'room for the batch');
    if (this.#directory === undefined) {
      return findRanksBinary(this.numbers, words, count, ranks);
    }
    const { pages, starts, lowBytes, coveredCount } = this.#directory;
    const numberWords = this.#numberWords;
    findRanksDirectory(pages, starts, lowBytes, coveredCount, numberWords, words, count, ranks);
  }
}

/** An open file whose header page was checked. The caller owns `fd`. */
interface OpenedFile {
  readonly fd: number;
  readonly stats: Stats;
  readonly header: ListHeader;
}

/**
 * Opens a list file and checks everything that its header, directory counts and size can prove.
 * Errors: ERR_IO, ERR_FORMAT_*.
 */
export async function openChecked(path: string): Promise<OpenedFile> {
  const fd = await openRegular(path);
  try {
    const stats = fstatSync(fd);
    const read = readerOfFd(fd, path);
    const page = new Uint8Array(Math.min(PAGE_BYTES, stats.size));
    await read(page, 0);
    const header = decodeHeader(page, { where: path, fileBytes: stats.size });
    await readDirectoryCounts(header, read, path);
    return { fd, stats, header };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A plain open of a FIFO would block until somebody writes; files ignore O_NONBLOCK. */
async function openRegular(path: string): Promise<number> {
  let fd: number;
  try {
    fd = await openFd(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw ioError(path, 'open the list file', error);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new TacetError('ERR_IO', {
    what: 'not a regular file',
    where: path,
    fix: 'Name the list file that `tacet pack` wrote',
  });
}

/** Undefined if the file has no directory. Errors: ERR_FORMAT_INDEX, ERR_IO. */
export async function readDirectoryCounts(
  header: ListHeader,
  read: ReadAt,
  where: string,
): Promise<DirectoryCounts | undefined> {
  const section = sectionOf(header, SECTION_DIRECTORY);
  if (section === undefined) return undefined;
  const head = new Uint8Array(DIRECTORY_HEAD_BYTES);
  await read(head, section.offset);
  return checkDirectoryHead(head, { bytes: section.bytes, entries: header.entries, where });
}

/** The handles that this thread opened, and whether their file is still open. */
const ownHandles = new WeakMap<ListHandle, 'open' | 'closed'>();

/**
 * Opens a list file for look-ups. The handle can be posted to other threads; each attaches to it.
 * It stays valid if another file is renamed over the path.
 * Errors: ERR_IO, ERR_LIMIT, ERR_FORMAT_*.
 *
 * @param options `mapping`: `auto` maps the file if possible, `shared` reads it into memory
 */
export async function openListFile(
  path: string,
  options: { readonly mapping?: 'auto' | 'shared' } = {},
): Promise<ListHandle> {
  const { fd, stats, header } = await openChecked(path);
  try {
    const { sections, fileBytes } = header;
    const choice = chooseMapping({ fd, sections }, options.mapping ?? 'auto');
    const { dev, ino, mtimeMs } = stats;
    const handle = { path, fd, fileBytes, header, ...choice, dev, ino, mtimeMs };
    const complete: ListHandle =
      choice.kind === 'shared' ? { ...handle, shared: await readShared(handle) } : handle;
    ownHandles.set(complete, 'open');
    return complete;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Closes the file of a handle, in the thread that opened it; closing again does nothing. Attached
 * lists stay valid, but no thread may attach or verify afterwards.
 */
export function closeListFile(handle: ListHandle): void {
  const state = ownHandles.get(handle);
  assert(state !== undefined, 'a list file is closed by the thread that opened it');
  if (state === 'closed') return;
  ownHandles.set(handle, 'closed');
  closeSync(handle.fd);
}

/**
 * Makes the list of an open file usable in this thread. Nothing is read or copied: the first
 * look-ups fault the pages in.
 * Errors: ERR_OPTION if the file has no section for the kernel; ERR_IO, ERR_FORMAT_SIZE if the file
 * was closed, changed or cannot be mapped.
 *
 * @param kernel `auto`: directory if the file has one, else binary-search
 */
export function attachList(handle: ListHandle, kernel: KernelName | 'auto'): List {
  assert(endianness() === 'LE', 'list files are little-endian and used as they are');
  checkUnchanged(handle);
  const { header, path: where } = handle;
  const section = sectionOf(header, SECTION_DIRECTORY);
  if (kernel === 'directory' && section === undefined) {
    throw new TacetError('ERR_OPTION', {
      what: 'this list file has no section for the kernel directory',
      where,
      fix: 'Use the kernel auto or binary-search, or pack the source again',
    });
  }
  const numbers = sectionBytes(handle, requiredSection(header, SECTION_NUMBERS));
  const days = sectionBytes(handle, requiredSection(header, SECTION_DAYS));
  if (kernel === 'binary-search' || section === undefined) return new List(handle, [numbers, days]);
  const bytes = sectionBytes(handle, section);
  const head = bytes.subarray(0, DIRECTORY_HEAD_BYTES);
  const counts = checkDirectoryHead(head, { bytes: section.bytes, entries: header.entries, where });
  const directory = viewDirectory(bytes.buffer, bytes.byteOffset, counts);
  return new List(handle, [numbers, days, bytes], directory);
}

/**
 * The source layout stored in the file, parsed; undefined if there is none.
 * Errors: ERR_IO, ERR_FORMAT_SECTION if it is not JSON.
 */
export async function readLayout(handle: ListHandle): Promise<unknown> {
  const section = sectionOf(handle.header, SECTION_LAYOUT);
  if (section === undefined) return undefined;
  const bytes = new Uint8Array(section.bytes);
  await readerOf(handle)(bytes, section.offset);
  return parseLayoutSection(bytes, handle.path);
}

/** Parses a layout section. Errors: ERR_FORMAT_SECTION. */
export function parseLayoutSection(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    const what = 'the layout section is not JSON in UTF-8';
    throw badFormat('ERR_FORMAT_SECTION', where, what, { cause });
  }
}
