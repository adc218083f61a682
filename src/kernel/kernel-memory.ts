import {
  checkDirectoryHead,
  DIRECTORY_GUARD_BYTES,
  DIRECTORY_HEAD_BYTES,
  directoryPlaces,
} from '../list/directory.ts';
import {
  SECTION_DAYS,
  SECTION_DIRECTORY,
  SECTION_NUMBERS,
  type SectionEntry,
  sectionOf,
} from '../list/format.ts';
import { type ListHandle, type ReadAt, readerOf } from '../list/mapping.ts';
import { classifyKey, EIGHT_DIGITS_CLASS } from '../phone/plan.ts';

/*
 * WebAssembly cannot see a mapped file, so the index of a list is copied, once, into a memory that
 * all threads share. What the caller wants to keep beside it (the slots of the pool) comes last:
 *
 *   +--------+------------+---------+-------+---+--------+-----------+------+------+-------+
 *   | unused | descriptor | classes | pages | 0 | starts | low bytes | days | tail | slots |
 *   +--------+------------+---------+-------+---+--------+-----------+------+------+-------+
 *
 * classes: the verdict of eight Belgian digits by their first four (10,000 bytes), then that of
 *   other numbers by their first three (1,000 bytes)
 * starts: those of an empty page first, so that slot 0, "page not in use", needs no test
 * low bytes: with guard bytes, since 16 are loaded at any rank
 * tail: the numbers from 2^36 on, which the directory leaves out
 *
 * Copied once a list, whatever its size: 8.2 MB for 1.5 M Belgian numbers.
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
/** Sections are read in pieces, so that no read holds the thread that copies for long. */
const READ_BYTES = 8 * 1024 * 1024;

/** A list ready for the WebAssembly kernel. Survives structured clone; the memory is shared. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  /** Address of the list's descriptor. */
  readonly list: number;
  /** Address of the bytes reserved for the caller, a multiple of 64. */
  readonly reserved: number;
}

interface Places {
  readonly classes: number;
  readonly foreign: number;
  readonly pages: number;
  readonly starts: number;
  readonly lowBytes: number;
  readonly days: number;
  readonly tail: number;
  readonly reserved: number;
  readonly end: number;
}

/**
 * Copies the index of a list into a new shared memory with `reservedBytes` behind it. Undefined
 * where the kernel cannot serve the list: it has no directory, or the memory cannot be had or would
 * exceed 4 GiB.
 * Errors: ERR_IO, ERR_FORMAT_INDEX.
 */
export async function loadKernelMemory(
  handle: ListHandle,
  reservedBytes: number,
): Promise<KernelMemory | undefined> {
  const directory = sectionOf(handle.header, SECTION_DIRECTORY);
  if (directory === undefined) return undefined;
  const read = readerOf(handle);
  const head = new Uint8Array(DIRECTORY_HEAD_BYTES);
  await read(head, directory.offset);
  const { entries } = handle.header;
  const counts = checkDirectoryHead(head, { bytes: directory.bytes, entries, where: handle.path });
  const places = placesOf(counts, entries, reservedBytes);
  if (places.end > MEMORY_BYTES_MAX) return undefined;
  const memory = newMemory(Math.ceil(places.end / PAGE_BYTES));
  if (memory === undefined) return undefined;
  const bytes = new Uint8Array(memory.buffer);
  const from = directoryPlaces(counts);
  const { offset } = directory;
  const startsAt = places.starts + EMPTY_PAGE_STARTS * 4;
  await copy(read, bytes, {
    to: places.pages,
    from: offset + from.pages,
    bytes: from.starts - from.pages,
  });
  await copy(read, bytes, {
    to: startsAt,
    from: offset + from.starts,
    bytes: from.lowBytes - from.starts,
  });
  await copy(read, bytes, {
    to: places.lowBytes,
    from: offset + from.lowBytes,
    bytes: counts.coveredCount,
  });
  const days = required(handle, SECTION_DAYS);
  await copy(read, bytes, { to: places.days, from: days.offset, bytes: days.bytes });
  const tailStart = counts.coveredCount * 8;
  const numbers = required(handle, SECTION_NUMBERS);
  await copy(read, bytes, {
    to: places.tail,
    from: numbers.offset + tailStart,
    bytes: numbers.bytes - tailStart,
  });
  bytes.set(EIGHT_DIGITS_CLASS, places.classes);
  bytes.set(foreignClasses(), places.foreign);
  writeDescriptor(memory.buffer, places, counts, entries);
  return { memory, list: DESCRIPTOR, reserved: places.reserved };
}

function newMemory(pages: number): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    // A RangeError: the machine has no such memory to give.
    return undefined;
  }
}

function placesOf(
  counts: { pageCount: number; slotCount: number; coveredCount: number },
  entries: number,
  reservedBytes: number,
): Places {
  let at = DESCRIPTOR + DESCRIPTOR_BYTES;
  const place = (bytes: number): number => {
    const start = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
    at = start + bytes;
    return start;
  };
  return {
    classes: place(EIGHT_DIGITS_CLASS.length),
    foreign: place(FOREIGN_PREFIXES),
    pages: place((counts.pageCount + 1) * 4),
    starts: place((EMPTY_PAGE_STARTS + counts.slotCount * 256 + 1) * 4),
    lowBytes: place(counts.coveredCount + Math.max(DIRECTORY_GUARD_BYTES, SIMD_GUARD_BYTES)),
    days: place(entries * 2),
    tail: place((entries - counts.coveredCount) * 8),
    reserved: place(reservedBytes),
    end: at,
  };
}

function writeDescriptor(
  buffer: SharedArrayBuffer,
  places: Places,
  counts: { pageCount: number; coveredCount: number },
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
  ];
  const view = new DataView(buffer, DESCRIPTOR, DESCRIPTOR_BYTES);
  fields.forEach((field, index) => {
    view.setUint32(index * 4, field, true);
  });
}

/** The verdict of numbers that are neither of eight Belgian digits nor mobile, by three digits. */
function foreignClasses(): Uint8Array {
  // Any number of 15 digits that begins so stands for all: only these three digits decide.
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
  }
}

function required(handle: ListHandle, kind: number): SectionEntry {
  const section = sectionOf(handle.header, kind);
  // The header was checked when the file was opened.
  if (section === undefined) throw new TypeError(`no section ${kind} in a checked header`);
  return section;
}
