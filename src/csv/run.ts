import { TacetError } from '../errors.ts';
import { orAbort, throwIfAborted } from './abort.ts';
import { BatchAnswers } from './batch-answers.ts';
import { BlockKernel } from './block-kernel.ts';
import { allocateBlocks } from './block-memory.ts';
import { BlockWriter, type BlockWriterParts } from './block-writer.ts';
import { type Block, BlockReader } from './blocks.ts';
import { BOM_BYTES } from './dialect.ts';
import type { Answerer, DedupeFilesResult } from './options.ts';
import { Partition } from './partition.ts';
import { type Plan, type RunContext, scanPlanOf, settlePlan } from './plan.ts';
import { ROWS_OK, ROWS_TOO_LONG, type RowRange, RowTable, scanRows } from './rows.ts';
import { type ScannedBlock, UNEVEN_ROWS_LISTED_MAX } from './scan.ts';
import { blocksMaxOf, ScanThreads, scanHere } from './scanners.ts';

/** Rows that a thread partitions at once: those of most blocks. Five bytes each a thread. */
const PART_ROWS_MAX = 131_072;

/** What a run found and wrote; nothing is published yet. */
export type RunReport = Omit<DedupeFilesResult, 'commit' | 'discard'>;

/** Reads, asks and writes until the input ends. Errors: those of `dedupeFiles`. */
export async function runDedupe(context: RunContext, answerer: Answerer): Promise<RunReport> {
  const { input, limits, options } = context;
  // Ends everything when one part of it has failed, or the caller aborts.
  const failure = new AbortController();
  const { signal = failure.signal } = options;
  const threads = Math.min(limits.threads, answerer.local?.threadsMax ?? limits.threads);
  // The whole first row, or as much of it as proves that it is too long.
  const headBytes = Math.max(limits.headBytes, BOM_BYTES + limits.rowBytesMax + 1);
  const memory = allocateBlocks({
    threads,
    rowsMax: Math.min(context.rowsMax, answerer.local?.keysMax ?? context.rowsMax),
    partRowsMax: PART_ROWS_MAX,
    headBytes,
    // What was left of the block before comes first.
    blockBytes: limits.rowBytesMax + limits.blockBytes,
    blocksMax: blocksMaxOf(threads),
  });
  const stop = AbortSignal.any([signal, failure.signal]);
  const blocks = new BlockReader(input.chunks(), memory, {
    headBytes,
    blockBytes: limits.blockBytes,
    signal: stop,
  });
  const head = await blocks.first();
  const plan = settlePlan(context, head);
  const partition = new Partition(context.outputs, plan.dialect.separator ?? ',');
  const scanPlan = scanPlanOf(context, plan);
  // A file of one block is done before a thread would have started.
  const scanners = head.final
    ? await scanHere(scanPlan, memory, answerer.local)
    : new ScanThreads(scanPlan, memory, answerer.local);
  try {
    const parts = { context, memory, blocks, scanners, partition, failure, stop };
    const run = new Run(plan, answerer, parts);
    await run.readBlocks(head);
    for (const output of context.outputs) await output.finish();
    return reportOf(context, plan, run, partition);
  } finally {
    await scanners.close();
  }
}

/**
 * The state of one run. What goes on at once, each block by block in the order of the file:
 *
 *   read --> [ scan ] --> ask --> [ answers ] --> [ partition ] --> write
 *           on threads            inFlightMax       on threads
 *
 * At most as many blocks are on their way as the reader has.
 */
class Run {
  rows = 0;
  optInUnreadable = 0;
  unevenCount = 0;
  readonly unevenRows: number[] = [];
  readonly #plan: Plan;
  readonly #answerer: Answerer;
  readonly #parts: BlockWriterParts;
  readonly #answers: BatchAnswers;
  readonly #writer: BlockWriter;
  readonly #kernel: BlockKernel;
  /** Resolves when all blocks so far have been asked for. */
  #asked: Promise<void> = Promise.resolve();
  #lines = 0;

  constructor(plan: Plan, answerer: Answerer, parts: BlockWriterParts) {
    this.#plan = plan;
    this.#answerer = answerer;
    this.#parts = parts;
    this.#answers = new BatchAnswers(answerer, parts.stop);
    this.#writer = new BlockWriter(parts);
    // Only to find where blocks end, which needs no place of its own.
    this.#kernel = new BlockKernel(parts.memory, 0);
  }

  async readBlocks(head: Block): Promise<void> {
    try {
      await this.#readAll(head);
      await this.#asked;
      await this.#writer.written;
    } catch (error) {
      // What was read before the failure may hold an earlier one.
      await Promise.allSettled([this.#asked, this.#writer.written]);
      const { signal } = this.#parts.failure;
      throw signal.aborted ? signal.reason : error;
    }
  }

  async #readAll(head: Block): Promise<void> {
    const { separator } = this.#plan;
    const { blocks, context } = this.#parts;
    const { rowBytesMax } = context.limits;
    let block = head;
    let at = await this.#writeHeader(head);
    for (;;) {
      const { address, length, final } = block;
      const range = { start: at, end: length };
      const rowsEnd = final ? length : this.#kernel.lastRowEnd(address, range, separator);
      // A row that is too long is refused by the scan, behind those before it.
      const tooLong = length - rowsEnd > rowBytesMax;
      const end = tooLong ? length : rowsEnd;
      if (end > at) this.#use(block, { start: at, end, final });
      if (final || tooLong) return;
      block = await blocks.next(block, rowsEnd);
      at = 0;
    }
  }

  /** Returns where the contacts begin. */
  async #writeHeader(head: Block): Promise<number> {
    const { start, dialect } = this.#plan;
    const { context, partition } = this.#parts;
    let end = start;
    if (dialect.header) {
      const table = new RowTable(1);
      const shape = scanPlanOf(context, this.#plan).shape;
      scanRows(head.bytes, { start, end: head.length, final: head.final }, shape, table);
      this.#refuseProblem(table.problem);
      end = table.end;
      this.#lines += table.count + table.quotedLines;
    }
    await partition.writeHeader(head.bytes, start, end);
    return end;
  }

  /** Has the rows of a block scanned, asked for and written. */
  #use(block: Block, range: RowRange): void {
    const { scanners, stop, failure } = this.#parts;
    block.users++;
    const scanning = scanners.scan(block, range);
    // Met when its turn comes, or never, after an earlier failure.
    scanning.catch(() => undefined);
    this.#asked = this.#asked.then(async () => {
      const found = await orAbort(scanning, stop);
      throwIfAborted(stop);
      await this.#ask(block, range.start, found);
    });
    this.#asked.catch((error: unknown) => failure.abort(error));
  }

  async #ask(block: Block, start: number, found: ScannedBlock): Promise<void> {
    const { rowEnds } = found;
    this.#countOddities(found);
    const { local } = this.#answerer;
    local?.assertUsable();
    const { verdicts } = local
      ? { verdicts: Promise.resolve(found.verdicts) }
      : await this.#answers.ask(found.requests, this.rows + 1);
    this.#writer.write(block, { start, rowEnds }, verdicts);
    this.rows += rowEnds.length;
    this.#lines += rowEnds.length + found.quotedLines;
    this.#refuseProblem(found.problem);
  }

  #countOddities({ unevenCount, unevenRows, optInUnreadable }: ScannedBlock): void {
    this.unevenCount += unevenCount;
    this.optInUnreadable += optInUnreadable;
    for (const index of unevenRows) {
      if (this.unevenRows.length < UNEVEN_ROWS_LISTED_MAX) {
        this.unevenRows.push(this.rows + index + 1);
      }
    }
  }

  /** Called with the rows before it already counted. */
  #refuseProblem(problem: number): void {
    if (problem === ROWS_OK) return;
    const { limits, input } = this.#parts.context;
    const { rowBytesMax } = limits;
    throw new TacetError('ERR_CSV', {
      what:
        problem === ROWS_TOO_LONG
          ? `a row is longer than ${rowBytesMax} bytes`
          : 'the file ends inside a quoted cell',
      where: `${input.name}, row ${this.rows + 1} (line ${this.#lines + 1})`,
      fix: 'Look there for a quote (") that is not closed',
    });
  }
}

function reportOf(context: RunContext, plan: Plan, run: Run, partition: Partition): RunReport {
  const { input, outputs } = context;
  const { counts } = partition;
  if (counts.numbers !== run.rows) {
    throw new TacetError('ERR_RECONCILE', {
      what: 'rows and verdicts differ in number',
      expected: `${run.rows}`,
      got: `${counts.numbers}`,
    });
  }
  return {
    rows: run.rows,
    counts,
    optInUnreadable: run.optInUnreadable,
    unevenRows: { count: run.unevenCount, firstRows: run.unevenRows },
    dialect: plan.dialect,
    column: plan.column,
    optInColumn: plan.optInColumn,
    input: { name: input.name, sha256: input.sha256(), bytes: input.bytesRead, rows: run.rows },
    outputs: outputs.map((output) => ({
      kind: output.kind,
      name: output.name,
      sha256: output.sha256(),
      bytes: output.bytesWritten,
      rows: output.rows,
    })),
  };
}
