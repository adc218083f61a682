import { type ListHandle, preferHugePages } from '../list/mapping.ts';
import { classifyKey, EIGHT_DIGITS_CLASS } from '../phone/plan.ts';
import { MASK_BYTES, writeMasks } from './bitmap.ts';
import {
  type CountedList,
  copyList,
  countList,
  type KernelIndex,
  type PlacedList,
  placeList,
  type SharedPlaces,
} from './kernel-list.ts';

/*
 * WebAssembly cannot see a mapped file, so the index of each list is copied once into a memory that
 * all threads share. The bytes reserved for the caller (the pool's slots) come last:
 *
 *   +--------+---------+-------+------------+------------+-----+-------+
 *   | unused | classes | masks | first list | next lists | ... | slots |
 *   +--------+---------+-------+------------+------------+-----+-------+
 *
 * classes: the verdict of eight Belgian digits by their first four (10,000 bytes), then that of
 *   other numbers by their first three (1,000 bytes)
 * masks: those of bitmap.ts
 * lists: see kernel-list.ts
 *
 * 22 MiB for 1.5 M Belgian numbers, 57 MiB for 20 M: once for all threads, and once more for the
 * event loop of a server, see index-copy.ts.
 */

/** The stack of the module and the null address stay clear of everything. */
const START = 65_536;
const FOREIGN_PREFIXES = 1000;
const PAGE_BYTES = 65_536;
/** WebAssembly's addresses have 32 bits. */
const MEMORY_BYTES_MAX = 2 ** 32;
const ALIGNMENT = 64;

/** Lists ready for the WebAssembly kernel. If their memory is shared, survives structured clone. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  /** Of each list, in their order. */
  readonly indexes: readonly ('bitmap' | 'directory')[];
  /** Address of the first list's descriptor. */
  readonly list: number;
  /** Address of the bytes reserved for the caller, a multiple of 64. */
  readonly reserved: number;
}

/** Where everything lies. */
interface Places extends SharedPlaces {
  readonly lists: readonly PlacedList[];
  readonly reserved: number;
  readonly end: number;
}

/**
 * Copies the indexes of lists into a new shared memory with `reservedBytes` after them. Undefined
 * if the kernel cannot serve the lists: there is none, one has no directory, or the memory cannot
 * be allocated or would exceed 4 GiB. Yields to the event loop after each MiB.
 * Errors: ERR_IO, ERR_FORMAT_INDEX.
 */
export async function loadKernelMemory(
  handles: readonly ListHandle[],
  reservedBytes: number,
  index: KernelIndex = 'auto',
): Promise<KernelMemory | undefined> {
  const counted: CountedList[] = [];
  for (const handle of handles) {
    const list = await countList(handle);
    if (list === undefined) return undefined;
    counted.push(list);
  }
  const places = placesOf(counted, reservedBytes, index);
  const [first] = places.lists;
  if (first === undefined || places.end > MEMORY_BYTES_MAX) return undefined;
  const memory = newMemory(places);
  if (memory === undefined) return undefined;
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(EIGHT_DIGITS_CLASS, places.classes);
  bytes.set(foreignClasses(), places.foreign);
  writeMasks(new Uint32Array(memory.buffer, places.masks, MASK_BYTES / 4));
  for (const [at, list] of places.lists.entries()) {
    const next = places.lists[at + 1]?.places.descriptor ?? 0;
    await copyList(list, memory, { ...places, next });
  }
  const indexes = places.lists.map(({ places: { records } }) =>
    records > 0 ? ('bitmap' as const) : ('directory' as const),
  );
  return { memory, indexes, list: first.places.descriptor, reserved: places.reserved };
}

function placesOf(
  counted: readonly CountedList[],
  reservedBytes: number,
  index: KernelIndex,
): Places {
  let at = START;
  const place = (bytes: number): number => {
    const start = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
    at = start + bytes;
    return start;
  };
  return {
    classes: place(EIGHT_DIGITS_CLASS.length),
    foreign: place(FOREIGN_PREFIXES),
    masks: place(MASK_BYTES),
    lists: counted.map((list) => placeList(list, index, place)),
    reserved: place(reservedBytes),
    end: at,
  };
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

/** The verdict, by three digits, of numbers that are neither mobile nor eight Belgian digits. */
function foreignClasses(): Uint8Array {
  // Any 15-digit number with this prefix will do: only these three digits decide.
  return Uint8Array.from({ length: FOREIGN_PREFIXES }, (_, prefix) =>
    prefix < 100 ? 5 : classifyKey(prefix * 1e12),
  );
}
