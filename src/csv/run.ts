import { TacetError } from '../errors.ts';
import { orAbort, throwIfAborted } from './abort.ts';
import type { ContactBatch } from './batch.ts';
import { allocateBlocks, RowScanner } from './block-memory.ts';
import { type Block, BlockReader } from './blocks.ts';
import { BOM_BYTES } from './dialect.ts';
import type { Answerer, DedupeFilesResult } from './options.ts';
import { Partition, type RowSpan } from './partition.ts';
import { type Plan, type RunContext, scanPlanOf, settlePlan } from './plan.ts';
import { ROWS_OK, ROWS_TOO_LONG, type RowRange, RowTable, scanRows } from './rows.ts';
import { type ScannedBlock, UNEVEN_ROWS_LISTED_MAX } from './scan.ts';
import { blocksMaxOf, type Scanners, ScanThreads, scanHere } from './scanners.ts';

/** What a run found and wrote; nothing is published yet. */
export type RunReport = Omit<DedupeFilesResult, 'commit' | 'discard'>;

/** Reads, asks and writes until the input ends. Errors: those of `dedupeFiles`. */
export async function runDedupe(context: RunContext, answerer: Answerer): Promise<RunReport> {
  const { input, limits, options } = context;
  // Ends the reading when asking or writing has failed, or the caller aborts.
  const failure = new AbortController();
  const { signal = failure.signal } = options;
  const threads = Math.min(limits.threads, answerer.local?.threadsMax ?? limits.threads);
  // The whole first row, or as much of it as proves that it is too long.
  const headBytes = Math.max(limits.headBytes, BOM_BYTES + limits.rowBytesMax + 1);
  const memory = allocateBlocks({
    threads,
    rowsMax: Math.min(context.rowsMax, answerer.local?.keysMax ?? context.rowsMax),
    headBytes,
    // What was left of the block before comes first.
    blockBytes: limits.rowBytesMax + limits.blockBytes,
    blocksMax: blocksMaxOf(threads),
  });
  const blocks = new BlockReader(input.chunks(), memory, {
    headBytes,
    blockBytes: limits.blockBytes,
    signal: AbortSignal.any([signal, failure.signal]),
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
    const run = new Run(context, answerer, {
      plan,
      blocks,
      partition,
      scanners,
      failure,
      rows: new RowScanner(memory, 0),
    });
    await run.readBlocks(head);
    for (const output of context.outputs) await output.finish();
    return reportOf(context, plan, run, partition);
  } finally {
    await scanners.close();
  }
}

/**
 * The state of one run. Three things go on at once, each block by block in the order of the file:
 *
 *   read ----> [ scan, on threads ] ----> ask ----> [ answers ] ----> write
 *         at most as many blocks as the reader has           at most inFlightMax
 */
class Run {
  rows = 0;
  optInUnreadable = 0;
  unevenCount = 0;
  readonly unevenRows: number[] = [];
  readonly #context: RunContext;
  readonly #answerer: Answerer;
  readonly #plan: Plan;
  readonly #blocks: BlockReader;
  readonly #partition: Partition;
  readonly #scanners: Scanners;
  readonly #failure: AbortController;
  readonly #rowScanner: RowScanner;
  /** Resolves when all blocks so far have been asked for. */
  #asked: Promise<void> = Promise.resolve();
  /** Resolves when all answers so far have been written. */
  #written: Promise<void> = Promise.resolve();
  /** Of the batches that wait for their answers, or to be written. */
  readonly #unwritten: Promise<void>[] = [];
  #rowsWritten = 0;
  #lines = 0;

  constructor(
    context: RunContext,
    answerer: Answerer,
    parts: {
      plan: Plan;
      blocks: BlockReader;
      partition: Partition;
      scanners: Scanners;
      failure: AbortController;
      rows: RowScanner;
    },
  ) {
    this.#context = context;
    this.#answerer = answerer;
    this.#plan = parts.plan;
    this.#blocks = parts.blocks;
    this.#partition = parts.partition;
    this.#scanners = parts.scanners;
    this.#failure = parts.failure;
    this.#rowScanner = parts.rows;
  }

  async readBlocks(head: Block): Promise<void> {
    try {
      await this.#readAll(head);
    } catch (error) {
      // What failed first made the reading end.
      await this.#asked;
      await this.#written;
      throw error;
    }
    await this.#asked;
    await this.#written;
  }

  async #readAll(head: Block): Promise<void> {
    const { separator } = this.#plan;
    const { rowBytesMax } = this.#context.limits;
    let block = head;
    let at = await this.#writeHeader(head);
    for (;;) {
      const { address, length, final } = block;
      const range = { start: at, end: length };
      const rowsEnd = final ? length : this.#rowScanner.lastRowEnd(address, range, separator);
      // A row that is too long is refused by the scan, behind those before it.
      const tooLong = length - rowsEnd > rowBytesMax;
      const end = tooLong ? length : rowsEnd;
      if (end > at) this.#use(block, { start: at, end, final });
      if (final || tooLong) return;
      block = await this.#blocks.next(block, rowsEnd);
      at = 0;
    }
  }

  /** Returns where the contacts begin. */
  async #writeHeader(head: Block): Promise<number> {
    const { start, dialect } = this.#plan;
    let end = start;
    if (dialect.header) {
      const table = new RowTable(1);
      const shape = scanPlanOf(this.#context, this.#plan).shape;
      scanRows(head.bytes, { start, end: head.length, final: head.final }, shape, table);
      this.#refuseProblem(table.problem);
      end = table.end;
      this.#lines += table.count + table.quotedLines;
    }
    await this.#partition.writeHeader(head.bytes, start, end);
    return end;
  }

  /** Has the rows of a block scanned, asked for and written. */
  #use(block: Block, range: RowRange): void {
    block.users++;
    const scanning = this.#scanners.scan(block, range);
    // Met when its turn comes, or never, after an earlier failure.
    scanning.catch(() => undefined);
    this.#asked = this.#asked.then(async () => {
      const { signal } = this.#context.options;
      const found = await orAbort(scanning, signal);
      throwIfAborted(signal);
      await this.#ask(block, range.start, found);
    });
    this.#asked.catch((error: unknown) => this.#failure.abort(error));
  }

  async #ask(block: Block, start: number, found: ScannedBlock): Promise<void> {
    const { rowEnds, verdicts, requests } = found;
    this.#countOddities(found);
    const span = { bytes: block.bytes, start, rowEnds, firstRow: this.rows + 1 };
    if (this.#answerer.local === undefined) {
      await this.#askBatches(span, requests);
    } else {
      this.#answerer.local.assertUsable();
      if (rowEnds.length > 0) this.#write(span, Promise.resolve(verdicts));
    }
    this.rows += rowEnds.length;
    this.#lines += rowEnds.length + found.quotedLines;
    this.#refuseProblem(found.problem);
    // Behind all its batches, in their order.
    this.#written = this.#written.then(() => this.#blocks.release(block));
    this.#written.catch((error: unknown) => this.#failure.abort(error));
  }

  async #askBatches(span: RowSpan, requests: readonly ContactBatch[]): Promise<void> {
    let { start } = span;
    let row = 0;
    for (const batch of requests) {
      const rowEnds = span.rowEnds.subarray(row, row + batch.count);
      await this.#makeRoom();
      const part = { ...span, start, rowEnds, firstRow: span.firstRow + row };
      this.#write(part, this.#answer(batch));
      start = rowEnds[rowEnds.length - 1] ?? start;
      row += batch.count;
    }
  }

  async #makeRoom(): Promise<void> {
    const { inFlightMax } = this.#answerer;
    while (this.#unwritten.length >= inFlightMax) await this.#unwritten.shift();
  }

  async #answer(batch: ContactBatch): Promise<Uint8Array> {
    return this.#answerer.answer(batch);
  }

  /** Writes a span once it is answered and all before it is written. Does not wait for that. */
  #write(span: RowSpan, answer: Promise<Uint8Array>): void {
    // Met when its turn comes, or never, after an earlier failure.
    answer.catch(() => undefined);
    const { options, input } = this.#context;
    this.#written = this.#written.then(async () => {
      await this.#partition.write(span, await orAbort(answer, options.signal));
      this.#rowsWritten += span.rowEnds.length;
      options.onProgress?.(this.#rowsWritten, input.bytesRead, input.totalBytes);
    });
    this.#written.catch((error: unknown) => this.#failure.abort(error));
    if (this.#answerer.local === undefined) this.#unwritten.push(this.#written);
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
    const { rowBytesMax } = this.#context.limits;
    throw new TacetError('ERR_CSV', {
      what:
        problem === ROWS_TOO_LONG
          ? `a row is longer than ${rowBytesMax} bytes`
          : 'the file ends inside a quoted cell',
      where: `${this.#context.input.name}, row ${this.rows + 1} (line ${this.#lines + 1})`,
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
