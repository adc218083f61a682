import type { RowRange, RowShape } from '../cells/rows.ts';
import { OUTCOMES } from '../judge/outcome.ts';
import {
  type BlockMemory,
  type BlockSizes,
  candidatesMaxOf,
  TABLE_ROWS,
  type ThreadPlace,
  threadPlace,
} from './block-memory.ts';
import { BlockPartition } from './block-partition.ts';
import { type BlockRows, RowsOfBlocks } from './block-rows.ts';
import { openRowsModule, type RowsModule } from './rows-module.ts';

/** What one scan found besides rows and cells. */
export type ScanCounts = Readonly<ReturnType<BlockModule['scan']>>;

/** The cells of one slot in the rows of the last scan; 0 and 0 if a row has none. */
export interface SlotCells {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/**
 * `assembly/rows.ts` for the blocks of a {@link BlockMemory}, in the place of one thread. No two
 * threads may use the same place, except for {@link lastRowEnd} and {@link countLines}.
 */
export class BlockModule {
  /** DOUBT bits for the rows of the last scan. */
  readonly doubts: Uint8Array;
  /** Indexes of the rows of the last scan with such bits, ascending. */
  readonly doubtful: Int32Array;
  /** For the rows of the last scan: whether national notation is Belgian. Written by the caller. */
  readonly belgians: Uint8Array;
  readonly slots: readonly SlotCells[];
  /** Keys as pairs of u32 (low, high), once they are read. */
  readonly keys: Uint32Array;
  /** For each candidate: row of the scan, column, start and end. */
  readonly candidates: Int32Array;
  /**
   * Their keys as pairs of u32, once they are read; all bits set if they must be read elsewhere.
   */
  readonly candidateKeys: Uint32Array;
  /** How many rows have each outcome; {@link tally} adds to them. */
  readonly counts: Uint32Array;
  /** Groups judged rows by output. */
  readonly partition: BlockPartition;
  readonly #module: RowsModule;
  readonly #sizes: BlockSizes;
  readonly #place: ThreadPlace;
  readonly #bytes: Uint8Array;
  readonly #result: Int32Array;
  readonly #others: Int32Array;
  readonly #shapeFields: Int32Array;
  readonly #rows: RowsOfBlocks;

  constructor(blocks: BlockMemory, thread: number) {
    const { memory, sizes } = blocks;
    this.#module = openRowsModule(memory);
    const { buffer } = memory;
    const place = threadPlace(sizes, thread);
    const { slots } = sizes;
    const ints = (at: number, length: number) => new Int32Array(buffer, at, length);
    const bytes = (at: number, length: number) => new Uint8Array(buffer, at, length);
    this.#sizes = sizes;
    this.#rows = new RowsOfBlocks(blocks, place.fields);
    this.#place = place;
    this.#bytes = new Uint8Array(buffer);
    this.#result = ints(place.result, 16);
    this.#others = ints(place.others, TABLE_ROWS);
    this.#shapeFields = ints(place.shape, 16);
    this.doubts = bytes(place.doubts, TABLE_ROWS);
    this.doubtful = ints(place.doubtful, TABLE_ROWS);
    this.belgians = bytes(place.belgians, TABLE_ROWS);
    this.slots = Array.from({ length: slots }, (_, slot) => ({
      starts: ints(this.#slotAt(slot), TABLE_ROWS),
      ends: ints(this.#slotAt(slot) + TABLE_ROWS * 4, TABLE_ROWS),
    }));
    this.keys = new Uint32Array(buffer, place.keys, TABLE_ROWS * 2);
    this.candidates = ints(place.candidates, candidatesMaxOf(sizes) * 4);
    this.candidateKeys = new Uint32Array(buffer, place.candidateKeys, candidatesMaxOf(sizes) * 2);
    this.counts = new Uint32Array(buffer, place.counts, OUTCOMES);
    this.partition = new BlockPartition(blocks, { place, module: this.#module, rows: this.#rows });
    this.#writePlace();
  }

  #slotAt(slot: number): number {
    return this.#place.cells + slot * TABLE_ROWS * 8;
  }

  /** Writes the fields of `assembly/layout.ts`, except those for the rows of a block. */
  #writePlace(): void {
    const { fields, doubts, cells, candidates, doubtful } = this.#place;
    const { slots } = this.#sizes;
    const candidatesMax = candidatesMaxOf(this.#sizes);
    new Int32Array(this.#bytes.buffer, fields, 16).set([
      ...[0, 0, 0, 0, doubts, cells, TABLE_ROWS, slots],
      ...[candidates, candidatesMax, doubtful],
    ]);
    this.#bytes.set(NUMBER_FIRST_BYTES, this.#place.firstBytes);
  }

  /** The rows of the block at address `block`. */
  rowsOf(block: number): BlockRows {
    return this.#rows.of(block);
  }

  /** Sets the format of the file to scan from now on. */
  setShape({ separator, lineEnd, columns, roles, rowBytesMax }: RowShape): void {
    const { roles: rolesAt, firstBytes } = this.#place;
    const lookedAt = roles.reduce((count, role) => count + Number(role !== 0), 0);
    this.#bytes.set(roles, rolesAt);
    this.#shapeFields.set([
      ...[separator, lineEnd, columns, rowBytesMax],
      ...[rolesAt, roles.length, lookedAt, firstBytes],
    ]);
  }

  /**
   * Scans the block at address `block` for up to {@link TABLE_ROWS} whole rows, and writes them to
   * its {@link rowsOf} from index `from` on.
   */
  scan(block: number, { start, end, final }: RowRange, from: number) {
    const { shape, fields, result } = this.#place;
    this.#rows.use(block);
    this.#module.scanRows(
      block,
      block + start,
      block + end,
      final ? 1 : 0,
      shape,
      fields,
      from,
      result,
    );
    // As many fields as `assembly/layout.ts` has.
    const field = (index: number): number => this.#result[index] as number;
    return {
      rows: field(0),
      /** ROWS_OK, or what is wrong with the row after the last one. */
      problem: field(1),
      /** Rows with a doubt, or that must be looked into. */
      doubtful: field(2),
      /** Rows whose number of cells differs from the header's. */
      uneven: field(3),
      candidates: field(4),
      /** Missing cells in all rows together. */
      pads: field(5),
      /** Line ends inside quoted cells. */
      quotedLines: field(6),
    };
  }

  /**
   * The offset after the last whole row in `[start, end)`, which begins with a row; else `start`.
   */
  lastRowEnd(
    block: number,
    range: { start: number; end: number },
    { separator, lineEnd }: RowShape,
  ): number {
    const { start, end } = range;
    return this.#module.lastRowEnd(block + start, block + end, separator, lineEnd) - block;
  }

  /** How many lines end in `[start, end)` of a block, including those inside quotes. */
  countLines(block: number, range: { start: number; end: number }, lineEnd: number): number {
    return this.#module.countLines(block + range.start, block + range.end, lineEnd);
  }

  /**
   * Reads the phone numbers of one slot of the last scan into {@link keys}, if their notation is
   * usual. Returns the indexes of the other rows, ascending and valid until the next call.
   *
   * @param belgian whether to read national notation as Belgian; undefined = as {@link belgians}
   *   say
   * @param utf8 whether bytes beyond ASCII are UTF-8
   */
  readKeys(
    block: number,
    slot: number,
    count: number,
    { belgian, utf8 }: { readonly belgian: boolean | undefined; readonly utf8: boolean },
  ): Int32Array {
    const starts = this.#slotAt(slot);
    const others = this.#module.readKeys(
      block,
      starts,
      starts + TABLE_ROWS * 4,
      count,
      belgian === true ? 1 : 0,
      belgian === undefined ? this.#place.belgians : 0,
      utf8 ? 1 : 0,
      this.#place.keys,
      this.#place.others,
    );
    return this.#others.subarray(0, others);
  }

  /**
   * Reads the candidates of the last scan, drops those that are no phone numbers, counts the rest.
   */
  readCandidates(block: number, count: number, utf8: boolean): number {
    const { candidates, candidateKeys } = this.#place;
    return this.#module.readCandidates(block, candidates, count, utf8 ? 1 : 0, candidateKeys);
  }

  /** Adds the outcomes of `count` rows of a block from index `from` on to {@link counts}. */
  tally(block: number, from: number, count: number): void {
    this.#module.tally(this.#rows.use(block) + from, count, this.#place.counts);
  }

  /** How many of `count` rows from index `from` on are not blank in a column, counted from 0. */
  countFilled(block: number, from: number, count: number, column: number): number {
    const [separator = 0] = this.#shapeFields;
    this.#rows.use(block);
    return this.#module.countFilled(block, this.#place.fields, from, count, column, separator);
  }
}

/**
 * Bytes that a cell with a phone number may begin with, in any encoding. This rules out most words.
 * 0xc3 to 0xd8 only begin letters in UTF-8, and are letters in Windows-1252.
 */
const NUMBER_FIRST_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return Number(byte < 0xc3 || byte > 0xd8);
  const character = String.fromCharCode(byte);
  return Number(byte < 0x20 || /[ \d+([='"./\-tT\x7f]/.test(character));
});
