import assert from 'node:assert';
import { TacetError } from '../errors.ts';
import { orAbort, throwIfAborted } from './abort.ts';
import { BatchEncoder } from './batch.ts';
import { type Block, BlockReader } from './blocks.ts';
import { type Column, choosePhoneColumn, findColumn, TableSample } from './columns.ts';
import type { DayFormat } from './day-format.ts';
import { BOM_BYTES, type DetectedDialect, detectDialect } from './dialect.ts';
import type { ContactInput } from './input.ts';
import type { Answerer, DedupeFilesOptions, DedupeFilesResult, Limits } from './options.ts';
import type { ContactOutput } from './output.ts';
import { Partition, type RowSpan } from './partition.ts';
import { ROWS_OK, ROWS_TOO_LONG, type RowShape, RowTable, scanRows } from './rows.ts';

const UNEVEN_ROWS_LISTED_MAX = 10;

/** Everything a run works with, checked and open. */
export interface RunContext {
  readonly options: DedupeFilesOptions;
  readonly limits: Limits;
  readonly dayFormat: DayFormat;
  /** Rows a batch at most. */
  readonly rowsMax: number;
  readonly input: ContactInput;
  readonly outputs: readonly ContactOutput[];
}

/** What a run found and wrote; nothing is published yet. */
export type RunReport = Omit<DedupeFilesResult, 'commit' | 'discard'>;

/** How the file is to be read, settled from its first block. */
interface Plan extends DetectedDialect {
  readonly column: Column | null;
  readonly optInColumn: Column | null;
  /** Columns of the first row, which every other should have. */
  readonly columnCount: number;
}

interface PendingBatch {
  readonly block: Block;
  readonly span: RowSpan;
  readonly answer: Promise<Uint8Array>;
}

/** Reads, asks and writes until the input ends. Errors: those of `dedupeFiles`. */
export async function runDedupe(context: RunContext, answerer: Answerer): Promise<RunReport> {
  const { input, limits, options } = context;
  const blocks = new BlockReader(input.chunks(), {
    // The whole first row, or as much of it as proves that it is too long.
    headBytes: Math.max(limits.headBytes, BOM_BYTES + limits.rowBytesMax + 1),
    blockBytes: limits.blockBytes,
    carryBytesMax: limits.rowBytesMax,
    signal: options.signal,
  });
  const head = await blocks.first();
  const plan = settlePlan(context, head);
  const partition = new Partition(context.outputs, plan.dialect.separator ?? ',');
  const run = new Run(context, answerer, { plan, blocks, partition });
  await run.readBlocks(head);
  for (const output of context.outputs) await output.finish();
  return reportOf(context, plan, run, partition);
}

function settlePlan(context: RunContext, head: Block): Plan {
  const { options, limits, input } = context;
  const { rowBytesMax } = limits;
  const { name } = input;
  const header = options.header ?? true;
  const { final } = head;
  const bytes = head.bytes.subarray(0, head.length);
  const detected = detectDialect({ bytes, final, name }, { header, rowBytesMax });
  const sample = new TableSample({ ...detected, bytes, final, header, rowBytesMax, name });
  // The first row's own trouble is told by the scan that follows.
  const rowless = sample.rows.length === 0;
  const optIn = options.optInColumn;
  const optInColumn =
    rowless || optIn === undefined ? null : findColumn(sample, optIn, '--opt-in-column');
  const column = rowless ? null : choosePhoneColumn(sample, options.column, optInColumn);
  return { ...detected, column, optInColumn, columnCount: sample.columnCount };
}

/** The state of one run: where the scan is, and which batches wait for their answers. */
class Run {
  rows = 0;
  unevenCount = 0;
  readonly unevenRows: number[] = [];
  readonly encoder: BatchEncoder;
  readonly #context: RunContext;
  readonly #answerer: Answerer;
  readonly #plan: Plan;
  readonly #blocks: BlockReader;
  readonly #partition: Partition;
  readonly #shape: RowShape;
  readonly #table: RowTable;
  readonly #pending: PendingBatch[] = [];
  #rowsWritten = 0;
  #lines = 0;

  constructor(
    context: RunContext,
    answerer: Answerer,
    parts: { plan: Plan; blocks: BlockReader; partition: Partition },
  ) {
    const { plan } = parts;
    this.#context = context;
    this.#answerer = answerer;
    this.#plan = plan;
    this.#blocks = parts.blocks;
    this.#partition = parts.partition;
    this.#table = new RowTable(context.rowsMax);
    this.encoder = new BatchEncoder(context.rowsMax, plan.charset, context.dayFormat);
    this.#shape = {
      separator: plan.separator,
      phoneColumn: (plan.column?.number ?? 0) - 1,
      optInColumn: (plan.optInColumn?.number ?? 0) - 1,
      rowBytesMax: context.limits.rowBytesMax,
    };
  }

  async readBlocks(head: Block): Promise<void> {
    let block = head;
    let at = await this.#writeHeader(head);
    for (;;) {
      const scanned = await this.#readBlock(block, at);
      if (block.final) {
        // Whatever is no whole row of a final block has been refused.
        assert.equal(scanned, block.length);
        break;
      }
      const next = await this.#blocks.next(block, scanned);
      this.#blocks.release(block);
      block = next;
      at = 0;
    }
    while (this.#pending.length > 0) await this.#writeOldest();
  }

  /** Returns where the contacts begin. */
  async #writeHeader(head: Block): Promise<number> {
    const { start, dialect } = this.#plan;
    let end = start;
    if (dialect.header) {
      const table = new RowTable(1);
      scanRows(head.bytes, { start, end: head.length, final: head.final }, this.#shape, table);
      this.#refuseProblem(table);
      end = table.end;
      this.#lines += table.count + table.quotedLines;
    }
    await this.#partition.writeHeader(head.bytes, start, end);
    return end;
  }

  /** Scans a block from `start` and asks for all its whole rows; returns where they end. */
  async #readBlock(block: Block, start: number): Promise<number> {
    const { signal } = this.#context.options;
    const table = this.#table;
    let at = start;
    for (;;) {
      const range = { start: at, end: block.length, final: block.final };
      scanRows(block.bytes, range, this.#shape, table);
      if (table.count > 0) {
        throwIfAborted(signal);
        await this.#makeRoom();
        this.#ask(block, table);
      }
      this.#refuseProblem(table);
      if (table.count < table.rowsMax) return table.end;
      at = table.end;
    }
  }

  async #makeRoom(): Promise<void> {
    while (this.#pending.length >= this.#answerer.inFlightMax) await this.#writeOldest();
  }

  #ask(block: Block, table: RowTable): void {
    this.#countUneven(table);
    const optIns = this.#plan.optInColumn !== null;
    const batch = this.encoder.encode(block.bytes, table, optIns);
    const answer = this.#answer(batch);
    // Met when its turn comes, or never, after an earlier failure.
    answer.catch(() => {});
    block.users++;
    const rowEnds = table.rowEnds.slice(0, table.count);
    const span = { bytes: block.bytes, start: table.start, rowEnds, firstRow: this.rows + 1 };
    this.#pending.push({ block, span, answer });
    this.rows += table.count;
    this.#lines += table.count + table.quotedLines;
  }

  async #answer(batch: { count: number; request: Uint8Array }): Promise<Uint8Array> {
    return this.#answerer.answer(batch);
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#pending.shift();
    if (oldest === undefined) return;
    const { options, input } = this.#context;
    const verdicts = await orAbort(oldest.answer, options.signal);
    await this.#partition.write(oldest.span, verdicts);
    this.#blocks.release(oldest.block);
    this.#rowsWritten += oldest.span.rowEnds.length;
    options.onProgress?.(this.#rowsWritten, input.bytesRead, input.totalBytes);
  }

  #countUneven(table: RowTable): void {
    const { columnCount } = this.#plan;
    for (let row = 0; row < table.count; row++) {
      if (table.columnCounts[row] === columnCount) continue;
      this.unevenCount++;
      if (this.unevenRows.length < UNEVEN_ROWS_LISTED_MAX) {
        this.unevenRows.push(this.rows + row + 1);
      }
    }
  }

  /** Called with the rows of `table` already counted. */
  #refuseProblem(table: RowTable): void {
    if (table.problem === ROWS_OK) return;
    const { rowBytesMax } = this.#context.limits;
    throw new TacetError('ERR_CSV', {
      what:
        table.problem === ROWS_TOO_LONG
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
    optInUnreadable: run.encoder.optInUnreadable,
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
