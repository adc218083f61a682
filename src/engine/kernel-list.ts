import { setImmediate as nextTurn } from 'node:timers/promises';
import { DIRECTORY_GUARD_BYTES, type DirectoryCounts, directoryPlaces } from '../list/directory.ts';
import {
  requiredSection,
  SECTION_DAYS,
  SECTION_DIRECTORY,
  SECTION_NUMBERS,
  sectionOf,
} from '../list/format.ts';
import { readDirectoryCounts } from '../list/list.ts';
import { type ListHandle, type ReadAt, readerOf } from '../list/mapping.ts';
import { BitmapBuilder, bitmapBytes, PAGE_RECORD_BYTES } from './bitmap.ts';
import { BARE_SLOTS, type SlotPlaces, writePageEntries } from './page-classes.ts';

/*
 * What a list has in the memory of the kernel, one after the other:
 *
 *   +------------+-------+-------+------+------+
 *   | descriptor | pages | index | days | tail |
 *   +------------+-------+-------+------+------+
 *
 * pages: for each page where its part of the index is, and its class, see page-classes.ts
 * index: a bitmap (see bitmap.ts), built from the numbers as they are read; if the list is too
 *   sparse for one, the directory's starts and low bytes. The first slot of either belongs to an
 *   empty page, so "page not in use" needs no test. Guard bytes follow the low bytes, since the
 *   kernel loads 16 at any rank.
 * tail: the numbers of 2^36 or more, which neither index has
 */

const DESCRIPTOR_BYTES = 64;
const EMPTY_PAGE_STARTS = 256;
const SIMD_GUARD_BYTES = 16;
/**
 * Sections are read in pieces so that none blocks the copying thread for long: adding 131,072 keys
 * to the bitmap takes about half a millisecond.
 */
const READ_BYTES = 1024 * 1024;

/** Pages classified in one turn: a few milliseconds if all are in use. */
const CLASSIFIED_PAGES = 8192;

/**
 * A list gets a bitmap if that takes no more than this per entry; about 400,000 Belgian numbers
 * take 44. It would be faster with fewer, too: 104 against 66 M/s at 100,000, for 19 MiB, not 4.
 */
const BITMAP_BYTES_AN_ENTRY = 48;

/** Which index the kernel gets. `auto`: the bitmap if the list is dense enough for it. */
export type KernelIndex = 'auto' | 'bitmap' | 'directory';

/** A list with a directory, as the kernel needs it. */
export interface CountedList {
  readonly handle: ListHandle;
  readonly counts: DirectoryCounts;
  /** Where the directory begins in the file. */
  readonly directory: number;
}

/** A list and where its parts lie. */
export interface PlacedList extends CountedList {
  readonly places: ReturnType<typeof placesOf>;
}

/** What all lists of a memory share, as addresses. */
export interface SharedPlaces {
  readonly classes: number;
  readonly foreign: number;
  readonly masks: number;
}

/** Undefined if the list has no directory. Errors: ERR_IO, ERR_FORMAT_INDEX. */
export async function countList(handle: ListHandle): Promise<CountedList | undefined> {
  const directory = sectionOf(handle.header, SECTION_DIRECTORY);
  const counts = await readDirectoryCounts(handle.header, readerOf(handle), handle.path);
  if (directory === undefined || counts === undefined) return undefined;
  return { handle, counts, directory: directory.offset };
}

/** Finds a place for the parts of a list; `place` returns the next address for some bytes. */
export function placeList(
  list: CountedList,
  index: KernelIndex,
  place: (bytes: number) => number,
): PlacedList {
  return { ...list, places: placesOf(list, index, place) };
}

/** The address of each part; the bitmap's or the directory's are 0, since only one is the index. */
function placesOf(
  { handle, counts }: CountedList,
  index: KernelIndex,
  place: (bytes: number) => number,
) {
  const { entries } = handle.header;
  const bytes = bitmapBytes(counts.slotCount);
  const isDense = bytes <= entries * BITMAP_BYTES_AN_ENTRY;
  const hasBitmap = index === 'auto' ? isDense : index === 'bitmap';
  const starts = (EMPTY_PAGE_STARTS + counts.slotCount * 256 + 1) * 4;
  const lowBytes = counts.coveredCount + Math.max(DIRECTORY_GUARD_BYTES, SIMD_GUARD_BYTES);
  return {
    descriptor: place(DESCRIPTOR_BYTES),
    pages: place((counts.pageCount + 1) * 4),
    records: hasBitmap ? place(bytes) : 0,
    starts: hasBitmap ? 0 : place(starts),
    lowBytes: hasBitmap ? 0 : place(lowBytes),
    days: place(entries * 2),
    tail: place((entries - counts.coveredCount) * 8),
  };
}

/**
 * Copies a list to its places. Yields to the event loop after each MiB. Errors: ERR_IO,
 * ERR_FORMAT_INDEX.
 *
 * @param shared where the parts are that lists share; `next`: the descriptor of the next list, 0 =
 *   this is the last
 */
export async function copyList(
  list: PlacedList,
  memory: WebAssembly.Memory,
  shared: SharedPlaces & { readonly next: number },
): Promise<void> {
  const { handle, counts, directory, places } = list;
  const read = readerOf(handle);
  const bytes = new Uint8Array(memory.buffer);
  const from = directoryPlaces(counts);
  const pages = { to: places.pages, from: directory + from.pages };
  await copy(read, bytes, { ...pages, bytes: from.starts - from.pages });
  if (places.records > 0) await buildBitmap(list, memory);
  else await copyDirectory(read, bytes, list);
  const slots =
    places.records > 0 ? { base: places.records, bytes: PAGE_RECORD_BYTES } : BARE_SLOTS;
  // With the unused page after the last.
  await writePages(new Uint32Array(memory.buffer, places.pages, counts.pageCount + 1), slots);
  const days = requiredSection(handle.header, SECTION_DAYS);
  await copy(read, bytes, { to: places.days, from: days.offset, bytes: days.bytes });
  const tailStart = counts.coveredCount * 8;
  const numbers = requiredSection(handle.header, SECTION_NUMBERS);
  await copy(read, bytes, {
    to: places.tail,
    from: numbers.offset + tailStart,
    bytes: numbers.bytes - tailStart,
  });
  writeDescriptor(memory.buffer, list, shared);
}

async function buildBitmap(
  { handle, places, counts }: PlacedList,
  memory: WebAssembly.Memory,
): Promise<void> {
  const numbers = requiredSection(handle.header, SECTION_NUMBERS);
  const read = readerOf(handle);
  const pages = new Uint32Array(memory.buffer, places.pages, counts.pageCount);
  const bytes = bitmapBytes(counts.slotCount);
  const records = new Uint32Array(memory.buffer, places.records, bytes / 4);
  const builder = new BitmapBuilder(records, pages, handle.path);
  const piece = new Uint8Array(READ_BYTES);
  const end = counts.coveredCount * 8;
  for (let done = 0; done < end; done += READ_BYTES) {
    const size = Math.min(READ_BYTES, end - done);
    await read(piece.subarray(0, size), numbers.offset + done);
    builder.add(new Uint32Array(piece.buffer, 0, size / 4));
    await nextTurn();
  }
}

async function copyDirectory(
  read: ReadAt,
  memory: Uint8Array,
  { places, counts, directory }: PlacedList,
): Promise<void> {
  const { starts, lowBytes } = directoryPlaces(counts);
  await copy(read, memory, {
    to: places.starts + EMPTY_PAGE_STARTS * 4,
    from: directory + starts,
    bytes: lowBytes - starts,
  });
  await copy(read, memory, {
    to: places.lowBytes,
    from: directory + lowBytes,
    bytes: counts.coveredCount,
  });
}

/** Runs last: building the bitmap needs the bare slots. */
async function writePages(pages: Uint32Array, slots: SlotPlaces): Promise<void> {
  for (let start = 0; start < pages.length; start += CLASSIFIED_PAGES) {
    const end = Math.min(start + CLASSIFIED_PAGES, pages.length);
    writePageEntries(pages, { start, end }, slots);
    await nextTurn();
  }
}

function writeDescriptor(
  buffer: ArrayBufferLike,
  { handle, places, counts }: PlacedList,
  shared: SharedPlaces & { readonly next: number },
): void {
  const fields = [
    places.pages,
    counts.pageCount,
    places.starts,
    places.lowBytes,
    places.days,
    places.tail,
    handle.header.entries - counts.coveredCount,
    counts.coveredCount,
    shared.classes,
    shared.foreign,
    places.records,
    shared.masks,
    shared.next,
  ];
  const view = new DataView(buffer, places.descriptor, DESCRIPTOR_BYTES);
  fields.forEach((field, index) => {
    view.setUint32(index * 4, field, true);
  });
}

async function copy(
  read: ReadAt,
  memory: Uint8Array,
  range: { to: number; from: number; bytes: number },
): Promise<void> {
  for (let done = 0; done < range.bytes; done += READ_BYTES) {
    const size = Math.min(READ_BYTES, range.bytes - done);
    const start = range.to + done;
    await read(memory.subarray(start, start + size), range.from + done);
    await nextTurn();
  }
}
