import { TacetError } from '../errors.ts';
import { RowTable } from './rows.ts';

/*
 * What the threads share, in one WebAssembly memory, so that the module that scans sees it:
 *
 *   +--------+----------+----------+-----+------+---------+---------+-----+-------+
 *   | unused | thread 0 | thread 1 | ... | head | block 0 | block 1 | ... | guard |
 *   +--------+----------+----------+-----+------+---------+---------+-----+-------+
 *
 * thread: what one thread works with, see ThreadPlace
 * head: the first block, which may be longer than the others
 * block, head: bytes of the file, and behind them the same rows by their verdicts
 * guard: 64 bytes are loaded wherever a block ends
 *
 * Memory that is never touched is never taken from the machine.
 */
const UNUSED_BYTES = 65_536;
const PAGE_BYTES = 65_536;
const MEMORY_BYTES_MAX = 2 ** 32;
const RESULT_BYTES = 64;
const CELLS_BYTES = 128;
const GUARD_BYTES = 128;
const ALIGNMENT = 64;
const BLOCKS_MIN = 2;
/** What any row may need more when it is written: a cell, and the gaps between outputs. */
const WRITTEN_ROOM_BYTES = 128;

/** Sizes, in bytes and rows. Structured-cloneable. */
export interface BlockSizes {
  readonly threads: number;
  /** Rows a scan finds at most. */
  readonly rowsMax: number;
  /** Rows that are partitioned at once, at most. */
  readonly partRowsMax: number;
  readonly headBytes: number;
  readonly blockBytes: number;
  readonly blocksMax: number;
}

/** The memory of a run, the same on all its threads. Structured-cloneable. */
export interface BlockMemory {
  readonly memory: WebAssembly.Memory;
  readonly sizes: BlockSizes;
}

/** Addresses of what one thread works with. */
export interface ThreadPlace {
  /** The result of the last call, 64 bytes. */
  readonly result: number;
  /** The rows that a scan finds, a RowTable. */
  readonly table: number;
  /** The keys of these rows, u64 each. */
  readonly keys: number;
  /** Indexes of rows whose keys are read otherwise, i32 each. */
  readonly others: number;
  /** Rows to be partitioned: behind each, i32. */
  readonly rowEnds: number;
  /** One byte for each of them. */
  readonly verdicts: number;
  /** What is added to a row, 16 bytes by verdict. */
  readonly cells: number;
  readonly end: number;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Where a thread has its place; `thread` from 0. */
export function threadPlace(sizes: BlockSizes, thread: number): ThreadPlace {
  return placeFrom(UNUSED_BYTES + placeFrom(0, sizes).end * thread, sizes);
}

function placeFrom(start: number, { rowsMax, partRowsMax }: BlockSizes): ThreadPlace {
  let end = start;
  const next = (bytes: number): number => {
    const at = end;
    end += roundUp(bytes);
    return at;
  };
  const result = next(RESULT_BYTES);
  const table = next(RowTable.bytesOf(rowsMax));
  const keys = next(rowsMax * 8);
  const others = next(rowsMax * 4);
  const rowEnds = next(partRowsMax * 4);
  const verdicts = next(partRowsMax);
  const cells = next(CELLS_BYTES);
  return { result, table, keys, others, rowEnds, verdicts, cells, end };
}

/** Where the first block begins. */
export function headAt(sizes: BlockSizes): number {
  return threadPlace(sizes, sizes.threads).result;
}

/** Where another block begins; `index` from 0. */
export function blockAt(sizes: BlockSizes, index: number): number {
  const { headBytes, blockBytes } = sizes;
  const block = roundUp(blockBytes) + writtenBytes(sizes);
  return headAt(sizes) + roundUp(headBytes) + writtenBytes(sizes) + block * index;
}

/** Where the rows of the block at `address` are put to be written. */
export function writtenAt(sizes: BlockSizes, address: number): number {
  const { headBytes, blockBytes } = sizes;
  return address + roundUp(address === headAt(sizes) ? headBytes : blockBytes);
}

/** How many bytes may be put there: room for any one row, and for all of most blocks. */
export function writtenBytes({ blockBytes }: BlockSizes): number {
  return roundUp(blockBytes + WRITTEN_ROOM_BYTES);
}

/**
 * Memory for a run; with fewer blocks where as many as wanted are more than 4 GiB.
 * Errors: ERR_LIMIT where it cannot be had.
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
