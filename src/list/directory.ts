/**
 * The directory: an index section that finds a key with three dependent loads instead of twenty.
 * FORMAT.md, "Section 4: directory", has its bytes and a picture.
 *
 *     key below 2^36:   page (20 bits) | bucket (8 bits) | low byte (8 bits)
 *     pages[page]       0 = no key there, else 1 + slot
 *     starts[slot * 256 + bucket] .. the next start: where the bucket's keys are in the list
 *     lowBytes[rank]    the low byte of each covered key, in the order of the list
 */
import { badFormat, ENTRIES_MAX } from './format.ts';

/** The directory does not cover keys from here on: they are the tail of the numbers. */
export const DIRECTORY_KEYS_END = 68_719_476_736;
/** The counts, at the beginning of the section. */
export const DIRECTORY_HEAD_BYTES = 64;
/** Zero bytes after the low bytes, so that four can be loaded at any rank. */
export const DIRECTORY_GUARD_BYTES = 8;

const PAGES_MAX = 1_048_576;
const HIGH_END = DIRECTORY_KEYS_END / 4_294_967_296;

/** The counts that determine the size of a directory. */
export interface DirectoryCounts {
  /** Length of the page table: the page of the greatest covered key, plus one. */
  readonly pageCount: number;
  /** How many pages hold a key. */
  readonly slotCount: number;
  /** How many keys of the list are below 2^36; they come first. */
  readonly coveredCount: number;
}

/** The arrays of a directory, as views of its section. */
export interface DirectoryViews extends DirectoryCounts {
  readonly pages: Int32Array;
  readonly starts: Int32Array;
  /** With the guard bytes. */
  readonly lowBytes: DataView;
}

/** Where each array begins in the section, and how long the section is, in bytes. */
export function directoryPlaces(counts: DirectoryCounts) {
  const pages = DIRECTORY_HEAD_BYTES;
  const starts = pages + counts.pageCount * 4;
  const lowBytes = starts + (counts.slotCount * 256 + 1) * 4;
  return { pages, starts, lowBytes, end: lowBytes + counts.coveredCount + DIRECTORY_GUARD_BYTES };
}

/**
 * The views of a directory section that begins at `byteOffset` (a multiple of 4) of `buffer`.
 * Every value in it is below 2^31, so u32 is read as i32, which V8 keeps unboxed.
 */
export function viewDirectory(
  buffer: ArrayBufferLike,
  byteOffset: number,
  counts: DirectoryCounts,
): DirectoryViews {
  const { pages, starts, lowBytes, end } = directoryPlaces(counts);
  return {
    ...counts,
    pages: new Int32Array(buffer, byteOffset + pages, counts.pageCount),
    starts: new Int32Array(buffer, byteOffset + starts, counts.slotCount * 256 + 1),
    lowBytes: new DataView(buffer, byteOffset + lowBytes, end - lowBytes),
  };
}

/**
 * Reads the head of a directory section and checks that its counts are possible and match the
 * section's size.
 * Errors: ERR_FORMAT_INDEX.
 *
 * @param head the first {@link DIRECTORY_HEAD_BYTES} bytes of the section
 */
export function checkDirectoryHead(
  head: Uint8Array,
  section: { readonly bytes: number; readonly entries: number; readonly where: string },
): DirectoryCounts {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const pageCount = view.getUint32(0, true);
  const slotCount = view.getUint32(4, true);
  const coveredCount = view.getUint32(8, true);
  const possible =
    pageCount <= PAGES_MAX &&
    slotCount <= pageCount &&
    slotCount <= coveredCount &&
    coveredCount <= section.entries &&
    slotCount > 0 === coveredCount > 0 &&
    pageCount > 0 === coveredCount > 0;
  const refuse = (what: string): never => {
    throw badFormat('ERR_FORMAT_INDEX', section.where, what);
  };
  if (!possible) refuse('the counts of the directory are impossible');
  if (head.subarray(12, DIRECTORY_HEAD_BYTES).some((byte) => byte !== 0)) {
    refuse('unused bytes of the directory are not zero');
  }
  const counts = { pageCount, slotCount, coveredCount };
  if (directoryPlaces(counts).end !== section.bytes) {
    refuse('the directory does not have the size its counts ask for');
  }
  return counts;
}

/**
 * Builds the directory section of a list.
 *
 * @param numbers ascending, unique, 1 to {@link ENTRIES_MAX} of them; read only
 * @returns the section's bytes: about 1 byte per key, 1 KiB per page in use, 4 bytes per page
 */
export function buildDirectory(numbers: BigUint64Array): Uint8Array {
  if (numbers.length > ENTRIES_MAX) throw new RangeError('more numbers than a list may have');
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
  const counts = countDirectory(words);
  const section = new Uint8Array(directoryPlaces(counts).end);
  const head = new DataView(section.buffer);
  head.setUint32(0, counts.pageCount, true);
  head.setUint32(4, counts.slotCount, true);
  head.setUint32(8, counts.coveredCount, true);
  fillDirectory(words, viewDirectory(section.buffer, 0, counts));
  return section;
}

/** The index of the first key that the directory does not cover. */
function countCovered(words: Uint32Array): number {
  let low = 0;
  let high = words.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    // In bounds: middle is less than the number of pairs.
    if (words[middle * 2 + 1]! < HIGH_END) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countDirectory(words: Uint32Array): DirectoryCounts {
  const coveredCount = countCovered(words);
  let slotCount = 0;
  let lastPage = -1;
  for (let rank = 0; rank < coveredCount; rank++) {
    const page = pageOf(words, rank);
    if (page !== lastPage) slotCount++;
    lastPage = page;
  }
  return { pageCount: lastPage + 1, slotCount, coveredCount };
}

function fillDirectory(words: Uint32Array, views: DirectoryViews): void {
  const { pages, starts, lowBytes, slotCount, coveredCount } = views;
  let slot = -1;
  let lastPage = -1;
  let next = 0;
  for (let rank = 0; rank < coveredCount; rank++) {
    const low = words[rank * 2]!; // In bounds: rank is less than the number of pairs.
    const page = pageOf(words, rank);
    if (page !== lastPage) {
      slot++;
      pages[page] = slot + 1;
      lastPage = page;
    }
    const bucket = slot * 256 + ((low >>> 8) & 255);
    while (next <= bucket) starts[next++] = rank;
    lowBytes.setUint8(rank, low & 255);
  }
  while (next <= slotCount * 256) starts[next++] = coveredCount;
}

function pageOf(words: Uint32Array, rank: number): number {
  // In bounds: the callers' loops end before the number of pairs.
  return (words[rank * 2 + 1]! << 16) | (words[rank * 2]! >>> 16);
}

/**
 * Walks the numbers of a list in order and produces the `starts` and `lowBytes` of a correct
 * directory piece by piece, in bounded memory, comparing the page table on the way. Independent of
 * {@link buildDirectory}, so that each can reveal defects of the other.
 */
export class DirectoryWalk {
  readonly #pages: Int32Array;
  readonly #counts: DirectoryCounts;
  readonly #starts = new Int32Array(131_072);
  #startCount = 0;
  #emitted = 0;
  #rank = 0;
  #slot = -1;
  #lastPage = -1;
  #agrees: boolean;

  /** @param pages the page table of the file */
  constructor(pages: Int32Array, counts: DirectoryCounts) {
    this.#pages = pages;
    this.#counts = counts;
    this.#agrees =
      pages.reduce((used, slot) => used + (slot === 0 ? 0 : 1), 0) === counts.slotCount;
  }

  /**
   * Takes keys `from` to `to` of `words` (low, high) until the buffer of starts is nearly full, and
   * writes their low bytes to the same places of `lowBytes`.
   *
   * @returns the index of the first key not taken; `to` if all were taken
   */
  take(words: Uint32Array, range: { from: number; to: number }, lowBytes: Uint8Array): number {
    const roomEnd = this.#starts.length - 512;
    let index = range.from;
    for (; index < range.to && this.#startCount <= roomEnd; index++) {
      const low = words[index * 2]!; // In bounds: the caller's range is within `words`.
      const page = words[index * 2 + 1]! * 65_536 + (low >>> 16);
      if (page !== this.#lastPage) {
        this.#slot++;
        if (this.#pages[page] !== this.#slot + 1) this.#agrees = false;
        this.#lastPage = page;
      }
      this.#emitUpTo(this.#slot * 256 + ((low >>> 8) & 255), this.#rank);
      lowBytes[index] = low & 255;
      this.#rank++;
    }
    return index;
  }

  /** The starts produced since the last call; valid until the next {@link take}. */
  takeStarts(): Int32Array {
    const starts = this.#starts.subarray(0, this.#startCount);
    this.#startCount = 0;
    return starts;
  }

  /** Call once, after the last key: produces the last starts. Returns whether the pages agree. */
  finish(): boolean {
    this.#emitUpTo(Math.min(this.#slot + 1, this.#counts.slotCount) * 256, this.#rank);
    const { pageCount, slotCount } = this.#counts;
    return this.#agrees && this.#slot + 1 === slotCount && this.#lastPage + 1 === pageCount;
  }

  #emitUpTo(last: number, rank: number): void {
    for (; this.#emitted <= last; this.#emitted++) this.#starts[this.#startCount++] = rank;
  }
}
