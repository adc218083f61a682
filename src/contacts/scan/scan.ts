import { QuotedCells } from '../cells/doubts.ts';
import { ROWS_OK, type RowRange } from '../cells/rows.ts';
import { refuseLength } from '../judge/answer-checks.ts';
import { type ContactBatch, encodeBatches } from '../judge/batch.ts';
import {
  DoubtCounter,
  newTally,
  type ScanFindings,
  type Tally,
  tallyNumbers,
  tallyReasons,
} from '../judge/findings.ts';
import { NumberList, type NumberOrigins } from '../judge/numbers.ts';
import { OUTCOME_ROW_STRUCTURE } from '../judge/outcome.ts';
import { settleBlock } from '../judge/outcomes.ts';
import type { ThreadJudge } from '../judge/thread-judge.ts';
import type { BlockMemory } from './block-memory.ts';
import type { BlockModule, ScanCounts } from './block-module.ts';
import type { PartitionedRows } from './block-partition.ts';
import { type LookedUp, LookUp } from './look-up.ts';
import { NumberReader } from './number-reader.ts';
import type { ScanPlan, Table } from './scan-plan.ts';

/** Rows that were found, are stored beside their block, and wait for answers to their numbers. */
export interface ScannedRows {
  readonly findings: ScanFindings;
  readonly origins: NumberOrigins;
  /** Requests for all numbers, in order. */
  readonly requests: readonly ContactBatch[];
}

/** The answers to the numbers of scanned rows: one reason per number. */
export interface AnsweredRows {
  readonly rows: number;
  readonly origins: NumberOrigins;
  readonly reasons: Uint8Array;
}

/** Rows whose outcomes are settled and that are placed where they are written from. */
export interface SettledRows {
  readonly tally: Tally;
  readonly part: PartitionedRows;
}

/** Rows that were found and judged in one go. */
export interface JudgedRows extends SettledRows {
  readonly findings: ScanFindings;
}

/** Finds the rows of blocks, and judges them or encodes requests. One per thread. */
export class BlockScanner {
  readonly #plan: ScanPlan;
  readonly #module: BlockModule;
  readonly #memory: ArrayBufferLike;
  readonly #quoted: QuotedCells;
  readonly #lookUp: LookUp;
  readonly #reader: NumberReader;
  readonly #numbers = new NumberList();
  #doubts = new DoubtCounter();
  #tally = newTally();
  #reasons = new Uint8Array(0);

  /** @param module this thread's, over the same memory */
  constructor(plan: ScanPlan, memory: BlockMemory, module: BlockModule) {
    const { charset, shape, lookUp, wanted, separator } = plan;
    this.#plan = plan;
    this.#module = module;
    this.#memory = memory.memory.buffer;
    this.#quoted = new QuotedCells(shape, shape.columns, charset);
    this.#lookUp = new LookUp(module, lookUp, charset);
    this.#reader = new NumberReader(plan, module);
    module.setShape(shape);
    module.partition.setOutputs(wanted, separator);
  }

  /** Scans the block at an address for as many rows as can be written at once. */
  scan(block: number, range: RowRange): ScannedRows {
    this.#numbers.clear();
    const findings = this.#scan(block, range, (bytes, table, looked) => {
      if (looked !== undefined) this.#reader.addByRow(block, bytes, table, looked, this.#numbers);
      else this.#reader.addRows(block, bytes, table, this.#numbers);
    });
    const { batchNumbers, emptiesCells, optInSlots } = this.#plan;
    return {
      findings,
      origins: this.#numbers.origins(emptiesCells),
      requests: encodeBatches(this.#numbers, batchNumbers, optInSlots.length > 0),
    };
  }

  /** Settles the rows that {@link scan} last found in the block by the answers to their numbers. */
  settle(block: number, { rows, origins, reasons }: AnsweredRows): SettledRows {
    const module = this.#module;
    this.#tally = newTally();
    module.counts.fill(0);
    this.#settleBlock(block, origins, reasons);
    // Rows after these are in doubt.
    if (origins.onePerRow) module.tally(block, 0, origins.count);
    tallyReasons(this.#tally, module.counts);
    return { tally: this.#tally, part: module.partition.put(block, rows) };
  }

  #settleBlock(block: number, origins: NumberOrigins, reasons: Uint8Array): void {
    refuseLength(reasons, origins.count);
    const rows = this.#module.rowsOf(block);
    // Cells are emptied in place in their block.
    const bytes = new Uint8Array(this.#memory, block);
    const otherListed = settleBlock(origins, reasons, { bytes, rows }, this.#plan.emptiesCells);
    // With one number per row, the outcomes already count the numbers.
    if (!origins.onePerRow) tallyNumbers(this.#tally, origins, reasons);
    this.#tally.otherColumnListed += otherListed;
  }

  /** Scans the rows of the block at an address, judges them, and partitions them. */
  judge(block: number, range: RowRange, judge: ThreadJudge): JudgedRows {
    const module = this.#module;
    this.#tally = newTally();
    module.counts.fill(0);
    const findings = this.#scan(block, range, (bytes, table, looked) => {
      if (looked === undefined) this.#judgeRows(block, bytes, table, judge);
      else this.#judgeByRow(block, bytes, table, looked, judge);
    });
    tallyReasons(this.#tally, module.counts);
    return { findings, tally: this.#tally, part: module.partition.put(block, findings.rows) };
  }

  /** Judges rows with exactly one number each and no doubt. */
  #judgeRows(block: number, bytes: Uint8Array, { from, taken }: Table, judge: ThreadJudge): void {
    const { keys } = this.#module;
    const { outcomes } = this.#module.rowsOf(block);
    const reader = this.#reader;
    const hasOptIns = this.#plan.optInSlots.length > 0;
    const others = reader.readSlot(block, bytes, 0, taken);
    judge.words.set(keys.subarray(0, taken * 2));
    if (hasOptIns) {
      for (let row = 0; row < taken; row++) judge.optInDays[row] = reader.optInDay(bytes, 0, row);
    }
    const answered = judge.reasons(taken, hasOptIns);
    refuseLength(answered, taken);
    outcomes.set(answered, from);
    for (let i = 0; i < others.length; i++) {
      const row = others[i] as number;
      if (reader.unread[row] !== 0) outcomes[from + row] = reader.unread[row] as number;
    }
    this.#module.tally(block, from, taken);
  }

  /** Judges rows with several numbers, or none. */
  #judgeByRow(
    block: number,
    bytes: Uint8Array,
    table: Table,
    looked: readonly LookedUp[],
    judge: ThreadJudge,
  ): void {
    const numbers = this.#numbers;
    numbers.clear();
    this.#reader.addByRow(block, bytes, table, looked, numbers);
    const { count } = numbers;
    const { emptiesCells } = this.#plan;
    if (this.#reasons.length < count) this.#reasons = new Uint8Array(count * 2);
    const reasons = this.#reasons;
    const hasOptIns = this.#plan.optInSlots.length > 0;
    const keysMax = judge.optInDays.length;
    for (let from = 0; from < count; from += keysMax) {
      const to = Math.min(from + keysMax, count);
      judge.words.set(numbers.keys.subarray(from * 2, to * 2));
      if (hasOptIns) judge.optInDays.set(numbers.optInDays.subarray(from, to));
      const answered = judge.reasons(to - from, hasOptIns);
      refuseLength(answered, to - from);
      reasons.set(answered, from);
    }
    this.#settleBlock(block, numbers.origins(emptiesCells), reasons.subarray(0, count));
  }

  /**
   * Stores the rows beside the block, with their doubts as outcomes, and passes their numbers to
   * `use`. Stops when there is no more room to write rows, after at least one row.
   *
   * @param use uses the numbers in the rows of each scan; without `looked`, each row has exactly
   *   one
   */
  #scan(
    block: number,
    range: RowRange,
    use: (bytes: Uint8Array, table: Table, looked: readonly LookedUp[] | undefined) => void,
  ): ScanFindings {
    const module = this.#module;
    const { partition } = module;
    const { ends } = module.rowsOf(block);
    const bytes = new Uint8Array(this.#memory, block, range.end);
    this.#lookUp.begin();
    this.#doubts = new DoubtCounter();
    this.#reader.optInUnreadable = 0;
    let rows = 0;
    let uneven = 0;
    let lines = 0;
    let { start } = range;
    let { room } = partition;
    let problem = ROWS_OK;
    while (start < range.end && problem === ROWS_OK) {
      let found = module.scan(block, { ...range, start }, rows);
      const { rows: taken, bytes: written } = partition.rowsThatFit(block, rows, found, room);
      const isAll = taken === found.rows;
      if (!isAll && taken > 0) {
        // Scan only these again: rows without room will be counted with the next ones.
        const end = ends[rows + taken - 1] as number;
        found = module.scan(block, { ...range, start, end }, rows);
      }
      if (taken > 0) {
        const table = { from: rows, taken };
        use(bytes, table, this.#take(block, bytes, range.start, table, found));
        rows += taken;
        uneven += found.uneven;
        lines += taken + found.quotedLines;
        room -= written;
        start = ends[rows - 1] as number;
      }
      problem = isAll ? found.problem : ROWS_OK;
      if (taken === 0 || !isAll) break;
    }
    return {
      rows,
      uneven,
      optInUnreadable: this.#reader.optInUnreadable,
      rowsInDoubt: this.#doubts.rowsInDoubt,
      doubts: this.#doubts.doubts,
      lines,
      phoneColumns: this.#lookUp.found(),
      end: start,
      problem,
    };
  }

  /**
   * Settles the doubts of a scan's rows; returns the additional cells to look up, if that matters.
   */
  #take(
    block: number,
    bytes: Uint8Array,
    blockStart: number,
    table: Table,
    found: ScanCounts,
  ): readonly LookedUp[] | undefined {
    const { from, taken } = table;
    const { dialled, emptiesCells } = this.#plan;
    this.#module.rowsOf(block).outcomes.fill(0, from, from + taken);
    const doubtful = this.#settleDoubts(block, bytes, blockStart, table, found.doubtful);
    const looked = this.#lookUp.read(block, bytes, table, found.candidates);
    const isOnePerRow = dialled === 1 && doubtful === 0 && looked.length === 0 && !emptiesCells;
    return isOnePerRow ? undefined : looked;
  }

  /** Returns how many of the rows are in doubt. */
  #settleDoubts(
    block: number,
    bytes: Uint8Array,
    blockStart: number,
    { from, taken }: Table,
    doubtful: number,
  ): number {
    const { doubts } = this.#module;
    const { starts, contentEnds, outcomes } = this.#module.rowsOf(block);
    const { lineEnd } = this.#plan.shape;
    let count = 0;
    for (let i = 0; i < doubtful; i++) {
      const row = this.#module.doubtful[i] as number;
      if (row >= taken) break;
      const index = from + row;
      const start = starts[index] as number;
      const bounds = { start, contentEnd: contentEnds[index] as number };
      const settled = this.#quoted.settle(bytes, bounds, doubts[row] as number);
      doubts[row] = settled;
      if (settled === 0) continue;
      count++;
      outcomes[index] = OUTCOME_ROW_STRUCTURE;
      const lineOf = () =>
        1 + this.#module.countLines(block, { start: blockStart, end: start }, lineEnd);
      this.#doubts.add(settled, lineOf);
    }
    return count;
  }
}
