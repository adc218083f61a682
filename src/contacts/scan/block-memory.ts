import { TacetError } from '../../errors.ts';
import { OUTCOMES } from '../judge/outcome.ts';

/*
 * What the threads share, in one WebAssembly memory, so that the scanning module can access it:
 *
 *   +--------+----------+----------+-----+------+---------+---------+-----+-------+
 *   | unused | thread 0 | thread 1 | ... | head | block 0 | block 1 | ... | guard |
 *   +--------+----------+----------+-----+------+---------+---------+-----+-------+
 *
 * thread: what one thread works with, see ThreadPlace
 * head: the first block, which may be longer than the others
 * block, head: bytes of the file, then the same rows grouped by output, then where its rows begin
 *   and end, see rowsPlace
 * guard: loads of 64 bytes may run past the end of a block
 *
 * The system does not allocate memory that is never touched.
 */
const UNUSED_BYTES = 65_536;
const PAGE_BYTES = 65_536;
const MEMORY_BYTES_MAX = 2 ** 32;
const RESULT_BYTES = 64;
/** The parameters that the module reads, see `assembly/layout.ts`. */
const FIELDS_BYTES = 64;
const FIRST_BYTES_BYTES = 256;
const OUTCOMES_BYTES = OUTCOMES * 32;
const CANDIDATE_BYTES = 16;
/** Candidates of a scan in addition to those of one row. */
const CANDIDATES_MIN = 16_384;
const GUARD_BYTES = 128;
const ALIGNMENT = 64;
const BLOCKS_MIN = 2;
/** What writing may add to any row: its two cells, a quote, and the gaps. */
const WRITTEN_ROOM_BYTES = 256;

/** The most rows in one scan: as many as the numbers matched at once. */
export const TABLE_ROWS = 8000;

/** Sizes, in bytes and rows. Structured-cloneable. */
export interface BlockSizes {
  readonly threads: number;
  /** The most rows of a block that are scanned and partitioned at once. */
  readonly rowsMax: number;
  /** Columns whose cells a scan reports: phone numbers, opt-ins, the country. */
  readonly slots: number;
  /** The most columns in a file. */
  readonly columnsMax: number;
  readonly headBytes: number;
  readonly blockBytes: number;
  readonly blocksMax: number;
}

/** The memory of a run, the same on all its threads. Structured-cloneable. */
export interface BlockMemory {
  readonly memory: WebAssembly.Memory;
  readonly sizes: BlockSizes;
}

/** Addresses of the memory one thread works with. */
export type ThreadPlace = Readonly<ReturnType<typeof threadPlace>>;

/** How many candidates a scan may find. */
export function candidatesMaxOf({ columnsMax }: BlockSizes): number {
  return CANDIDATES_MIN + columnsMax;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The place of a thread; `thread` counts from 0. */
export function threadPlace(sizes: BlockSizes, thread: number) {
  return placeFrom(UNUSED_BYTES + placeFrom(0, sizes).end * thread, sizes);
}

function placeFrom(start: number, sizes: BlockSizes) {
  const { slots, columnsMax } = sizes;
  const candidatesMax = candidatesMaxOf(sizes);
  const { next, end } = placer(start);
  return {
    /** The result of the last call. */
    result: next(RESULT_BYTES),
    /** How the file is written. */
    shape: next(FIELDS_BYTES),
    /** The addresses that follow. */
    fields: next(FIELDS_BYTES),
    /** Whether a phone number may begin with each byte, one byte each. */
    firstBytes: next(FIRST_BYTES_BYTES),
    /** What is added to a row, and where it goes, by outcome. */
    outcomeTable: next(OUTCOMES_BYTES),
    roles: next(columnsMax),
    /** How many rows have each outcome, u32 each. */
    counts: next(OUTCOMES * 4),
    /** Rows of one scan: a byte each. */
    doubts: next(TABLE_ROWS),
    belgians: next(TABLE_ROWS),
    /** Indexes of those with a doubt, i32 each. */
    doubtful: next(TABLE_ROWS * 4),
    /** For each slot, the starts and the ends of its cells, i32 each. */
    cells: next(slots * TABLE_ROWS * 8),
    /** Keys of one slot, u64 each. */
    keys: next(TABLE_ROWS * 8),
    /** Indexes of rows whose keys must be read elsewhere, i32 each. */
    others: next(TABLE_ROWS * 4),
    /** Candidates of one scan, and their keys, u64 each. */
    candidates: next(candidatesMax * CANDIDATE_BYTES),
    candidateKeys: next(candidatesMax * 8),
    end: end(),
  };
}

/** Allocates consecutive places from `start` on. */
function placer(start: number): { next(bytes: number): number; end(): number } {
  let end = start;
  return {
    next(bytes) {
      const at = end;
      end += roundUp(bytes);
      return at;
    },
    end: () => end,
  };
}

/** Addresses of the data about the rows of the block at `address`: see `BlockRows`. */
export function rowsPlace(sizes: BlockSizes, address: number) {
  return rowsPlaceFrom(writtenAt(sizes, address) + writtenBytes(sizes), sizes);
}

function rowsPlaceFrom(start: number, { rowsMax }: BlockSizes) {
  // A scan that begins below `rowsMax` may end beyond it.
  const rows = rowsMax + TABLE_ROWS;
  const { next, end } = placer(start);
  return {
    starts: next(rows * 4),
    contentEnds: next(rows * 4),
    ends: next(rows * 4),
    pads: next(rows * 4),
    outcomes: next(rows),
    end: end(),
  };
}

/** Where the first block begins. */
export function headAt(sizes: BlockSizes): number {
  return threadPlace(sizes, sizes.threads).result;
}

/** Where a block after the first begins; `index` counts from 0. */
export function blockAt(sizes: BlockSizes, index: number): number {
  const { headBytes, blockBytes } = sizes;
  const behindBytes = writtenBytes(sizes) + rowsPlaceFrom(0, sizes).end;
  const block = roundUp(blockBytes) + behindBytes;
  return headAt(sizes) + roundUp(headBytes) + behindBytes + block * index;
}

/** Where the rows of the block at `address` are placed for writing. */
export function writtenAt(sizes: BlockSizes, address: number): number {
  const { headBytes, blockBytes } = sizes;
  return address + roundUp(address === headAt(sizes) ? headBytes : blockBytes);
}

/**
 * How many bytes fit there: each row alone, and all rows of most blocks with the cells they get.
 */
export function writtenBytes({ blockBytes, columnsMax }: BlockSizes): number {
  return roundUp(blockBytes * 2 + columnsMax + WRITTEN_ROOM_BYTES);
}

/**
 * Memory for a run, with fewer blocks than wanted if those exceed 4 GiB.
 * Errors: ERR_LIMIT if it cannot be allocated.
 */
export function allocateBlocks(wanted: BlockSizes): BlockMemory {
  const room = MEMORY_BYTES_MAX - blockAt(wanted, 0) - GUARD_BYTES;
  const fit = Math.floor(room / (blockAt(wanted, 1) - blockAt(wanted, 0)));
  const sizes = { ...wanted, blocksMax: Math.max(BLOCKS_MIN, Math.min(wanted.blocksMax, fit)) };
  const pages = Math.ceil((blockAt(sizes, sizes.blocksMax) + GUARD_BYTES) / PAGE_BYTES);
  try {
    return {
      memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
      sizes,
    };
  } catch (cause) {
    throw new TacetError('ERR_LIMIT', {
      what: `no memory for ${pages * PAGE_BYTES} bytes of contacts`,
      fix: 'Allow smaller blocks or rows, or fewer threads',
      cause,
    });
  }
}
