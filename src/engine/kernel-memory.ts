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
import { type ListHandle, preferHugePages, type ReadAt, readerOf } from '../list/mapping.ts';
import { classifyKey, EIGHT_DIGITS_CLASS } from '../phone/plan.ts';
import { BitmapBuilder, bitmapBytes, MASK_BYTES, PAGE_RECORD_BYTES, writeMasks } from './bitmap.ts';
import { BARE_SLOTS, type SlotPlaces, writePageEntries } from './page-classes.ts';

/*
 * WebAssembly cannot see a mapped file, so the index of a list is copied once into a memory that
 * all threads share. The bytes reserved for the caller (the pool's slots) come last:
 *
 *   +--------+------------+---------+-------+-------+------+------+-------+
 *   | unused | descriptor | classes | pages | index | days | tail | slots |
 *   +--------+------------+---------+-------+-------+------+------+-------+
 *
 * classes: the verdict of eight Belgian digits by their first four (10,000 bytes), then that of
 *   other numbers by their first three (1,000 bytes)
 * pages: for each page where its part of the index is, and its class, see page-classes.ts
 * index: a bitmap (see bitmap.ts), built from the numbers as they are read; if the list is too
 *   sparse for one, the directory's starts and low bytes. The first slot of either belongs to an
 *   empty page, so "page not in use" needs no test. Guard bytes follow the low bytes, since the
 *   kernel loads 16 at any rank.
 * tail: the numbers of 2^36 or more, which neither index has
 *
 * 22 MiB for 1.5 M Belgian numbers, 57 MiB for 20 M: once for all threads, and once more for the
 * event loop of a server, see index-copy.ts.
 */

/** The stack of the module and the null address stay clear of everything. */
const DESCRIPTOR = 65_536;
const DESCRIPTOR_BYTES = 64;
const FOREIGN_PREFIXES = 1000;
const EMPTY_PAGE_STARTS = 256;
const SIMD_GUARD_BYTES = 16;
const PAGE_BYTES = 65_536;
/** WebAssembly's addresses have 32 bits. */
const MEMORY_BYTES_MAX = 2 ** 32;
const ALIGNMENT = 64;
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

/** A list ready for the WebAssembly kernel. If its memory is shared, survives structured clone. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly index: 'bitmap' | 'directory';
  /** Address of the list's descriptor. */
  readonly list: number;
  /** Address of the bytes reserved for the caller, a multiple of 64. */
  readonly reserved: number;
}

type Places = ReturnType<typeof placesOf>;

/** Which index the kernel gets. `auto`: the bitmap if the list is dense enough for it. */
export type KernelIndex = 'auto' | 'bitmap' | 'directory';

/**
 * Copies the index of a list into a new shared memory with `reservedBytes` after it. Undefined if
 * the kernel cannot serve the list: the list has no directory, or the memory cannot be allocated or
 * would exceed 4 GiB. Yields to the event loop after each MiB.
 * Errors: ERR_IO, ERR_FORMAT_INDEX.
 */
export async function loadKernelMemory(
  handle: ListHandle,
  reservedBytes: number,
  index: KernelIndex = 'auto',
): Promise<KernelMemory | undefined> {
  const directory = sectionOf(handle.header, SECTION_DIRECTORY);
  const read = readerOf(handle);
  const counts = await readDirectoryCounts(handle.header, read, handle.path);
  if (directory === undefined || counts === undefined) return undefined;
  const { entries } = handle.header;
  const places = placesOf(counts, { entries, reservedBytes, index });
  if (places.end > MEMORY_BYTES_MAX) return undefined;
  const memory = newMemory(places);
  if (memory === undefined) return undefined;
  const bytes = new Uint8Array(memory.buffer);
  const from = directoryPlaces(counts);
  const pages = { to: places.pages, from: directory.offset + from.pages };
  await copy(read, bytes, { ...pages, bytes: from.starts - from.pages });
  if (places.records > 0) await buildBitmap(handle, memory, { places, counts });
  else await copyDirectory(read, bytes, { places, counts, offset: directory.offset });
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
  bytes.set(EIGHT_DIGITS_CLASS, places.classes);
  bytes.set(foreignClasses(), places.foreign);
  writeDescriptor(memory.buffer, places, counts, entries);
  const kind = places.records > 0 ? 'bitmap' : 'directory';
  return { memory, index: kind, list: DESCRIPTOR, reserved: places.reserved };
}

async function buildBitmap(
  handle: ListHandle,
  memory: WebAssembly.Memory,
  { places, counts }: { places: Places; counts: DirectoryCounts },
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
  writeMasks(new Uint32Array(memory.buffer, places.masks, MASK_BYTES / 4));
}

async function copyDirectory(
  read: ReadAt,
  memory: Uint8Array,
  from: { places: Places; counts: DirectoryCounts; offset: number },
): Promise<void> {
  const { places, counts, offset } = from;
  const { starts, lowBytes } = directoryPlaces(counts);
  await copy(read, memory, {
    to: places.starts + EMPTY_PAGE_STARTS * 4,
    from: offset + starts,
    bytes: lowBytes - starts,
  });
  await copy(read, memory, {
    to: places.lowBytes,
    from: offset + lowBytes,
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

/** The pages of a WebAssembly memory of at least `bytes`. */
export function memoryPages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}

function newMemory({ reserved, end }: Places): WebAssembly.Memory | undefined {
  const pages = memoryPages(end);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    // Not for the reserved bytes: slots are read sequentially, and few are used at a time.
    preferHugePages(memory.buffer, reserved);
    return memory;
  } catch (error) {
    // The machine cannot allocate that much memory.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The address of each part; the bitmap's or the directory's are 0, since only one is the index. */
function placesOf(
  counts: DirectoryCounts,
  wanted: { entries: number; reservedBytes: number; index: KernelIndex },
) {
  let at = DESCRIPTOR + DESCRIPTOR_BYTES;
  const place = (bytes: number): number => {
    const start = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
    at = start + bytes;
    return start;
  };
  const { entries, reservedBytes, index } = wanted;
  const bytes = bitmapBytes(counts.slotCount);
  const isDense = bytes <= entries * BITMAP_BYTES_AN_ENTRY;
  const hasBitmap = index === 'auto' ? isDense : index === 'bitmap';
  const starts = (EMPTY_PAGE_STARTS + counts.slotCount * 256 + 1) * 4;
  const lowBytes = counts.coveredCount + Math.max(DIRECTORY_GUARD_BYTES, SIMD_GUARD_BYTES);
  return {
    classes: place(EIGHT_DIGITS_CLASS.length),
    foreign: place(FOREIGN_PREFIXES),
    pages: place((counts.pageCount + 1) * 4),
    records: hasBitmap ? place(bytes) : 0,
    masks: hasBitmap ? place(MASK_BYTES) : 0,
    starts: hasBitmap ? 0 : place(starts),
    lowBytes: hasBitmap ? 0 : place(lowBytes),
    days: place(entries * 2),
    tail: place((entries - counts.coveredCount) * 8),
    reserved: place(reservedBytes),
    end: at,
  };
}

function writeDescriptor(
  buffer: ArrayBufferLike,
  places: Places,
  counts: DirectoryCounts,
  entries: number,
): void {
  const fields = [
    places.pages,
    counts.pageCount,
    places.starts,
    places.lowBytes,
    places.days,
    places.tail,
    entries - counts.coveredCount,
    counts.coveredCount,
    places.classes,
    places.foreign,
    places.records,
    places.masks,
  ];
  const view = new DataView(buffer, DESCRIPTOR, DESCRIPTOR_BYTES);
  fields.forEach((field, index) => {
    view.setUint32(index * 4, field, true);
  });
}

/** The verdict, by three digits, of numbers that are neither mobile nor eight Belgian digits. */
function foreignClasses(): Uint8Array {
  // Any 15-digit number with this prefix will do: only these three digits decide.
  return Uint8Array.from({ length: FOREIGN_PREFIXES }, (_, prefix) =>
    prefix < 100 ? 5 : classifyKey(prefix * 1e12),
  );
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
