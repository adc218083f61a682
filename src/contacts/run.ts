import { TacetError } from '../errors.ts';
import { orAbort, throwIfAborted } from './abort.ts';
import { ROWS_OK, type RowRange, type RowShape } from './cells/rows.ts';
import { BOM_BYTES } from './dialect.ts';
import { BatchAnswers } from './judge/batch-answers.ts';
import { PhoneColumnsFound } from './judge/findings.ts';
import type { DedupeFilesResult } from './options.ts';
import { BlockWriter, type BlockWriterParts } from './output/block-writer.ts';
import { type Plan, type RunContext, rowTooLong, scanPlanOf, settlePlan } from './plan.ts';
import { RunCounts } from './run-counts.ts';
import { allocateBlocks, type BlockMemory } from './scan/block-memory.ts';
import { BlockModule } from './scan/block-module.ts';
import type { PartitionedRows } from './scan/block-partition.ts';
import { type Block, BlockReader } from './scan/blocks.ts';
import type { AnsweredRows, JudgedRows, ScannedRows } from './scan/scan.ts';
import { blocksMaxOf, openScanners, type Scanners } from './scan/scanners.ts';

/**
 * Rows of a block that a thread takes at once: most have fewer. About 20 bytes a row and thread.
 */
const BLOCK_ROWS_MAX = 131_072;

/** What a run found and wrote; nothing is published yet. */
type RunReport = Omit<DedupeFilesResult, 'commit' | 'discard'>;

/** Reads, asks and writes until the input ends. Errors: those of `dedupeFiles`. */
export async function runDedupe(context: RunContext): Promise<RunReport> {
  const { input, limits, options, outputs, answerer } = context;
  // Ends the whole run if one part fails or the caller aborts.
  const failure = new AbortController();
  const { signal = failure.signal } = options;
  // Enough for the whole first row, or to prove that it is too long.
  const headBytes = Math.max(limits.headBytes, BOM_BYTES + limits.rowBytesMax + 1);
  const memory = memoryOf(context, headBytes);
  const stop = AbortSignal.any([signal, failure.signal]);
  const blocks = new BlockReader((into) => input.read(into), memory, {
    headBytes,
    blockBytes: limits.blockBytes,
    signal: stop,
  });
  const head = await blocks.first();
  // The threads have not started yet, so the place of the first one is free.
  const module = new BlockModule(memory, 0);
  const plan = settlePlan(context, head, module);
  if (input.utf16 !== undefined) {
    for (const output of outputs) await output.encodeAs(input.utf16);
  }
  const scanPlan = scanPlanOf(context, plan);
  // A file of one block is done before a thread could start.
  const { local } = answerer;
  const onThreads = !head.final;
  const scanners = await openScanners({ plan: scanPlan, memory, local, onThreads });
  try {
    const { shape } = scanPlan;
    const run = new Run({ context, memory, blocks, failure, stop, plan, shape, module, scanners });
    await run.readBlocks(head);
    for (const output of outputs) await output.finish();
    return reportOf(context, plan, run.counts);
  } finally {
    await scanners.close();
  }
}

function memoryOf({ limits, options, answerer }: RunContext, headBytes: number): BlockMemory {
  const { columns = [], optInColumns = [], countryColumn } = options;
  const threads = Math.min(limits.threads, answerer.local?.threadsMax ?? limits.threads);
  const { rowBytesMax, columnsMax } = limits;
  return allocateBlocks({
    threads,
    rowsMax: BLOCK_ROWS_MAX,
    slots: Math.max(1, columns.length) + optInColumns.length + Number(countryColumn !== undefined),
    columnsMax,
    headBytes,
    // The rest of the previous block comes first.
    blockBytes: rowBytesMax + limits.blockBytes,
    blocksMax: blocksMaxOf(threads),
  });
}

interface RunParts extends BlockWriterParts {
  readonly plan: Plan;
  readonly shape: RowShape;
  /** Only used to find the ends of blocks and lines, which needs no place of its own. */
  readonly module: BlockModule;
  readonly scanners: Scanners;
}

/**
 * The state of one run. These steps run concurrently, each block by block in file order:
 *
 *   a list inside the command:  read --> [ scan, match, partition ] --> write
 *                                        one task, on threads
 *
 *   a server:  read --> [ scan ] --> ask --> [ answers ] --> [ settle, partition ] --> write
 *                      on threads           inFlightMax           on threads
 *
 * The number of blocks in progress is limited to those that the reader has.
 */
class Run {
  readonly counts: RunCounts;
  readonly #parts: RunParts;
  readonly #answers: BatchAnswers;
  readonly #writer: BlockWriter;
  /** Resolves when all blocks so far have been asked for. */
  #asked: Promise<void> = Promise.resolve();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.counts = new RunCounts(parts.context.answerer.approach);
    this.#answers = new BatchAnswers(parts.context.answerer, parts.stop);
    this.#writer = new BlockWriter(parts);
  }

  async readBlocks(head: Block): Promise<void> {
    try {
      await this.#readAll(head);
      await this.#asked;
      await this.#writer.written;
    } catch (error) {
      // Rows read before this failure may cause an earlier one, which takes precedence.
      await Promise.allSettled([this.#asked, this.#writer.written]);
      const { signal } = this.#parts.failure;
      throw signal.aborted ? signal.reason : error;
    }
  }

  async #readAll(head: Block): Promise<void> {
    const { blocks, context, module, plan, shape } = this.#parts;
    const { rowBytesMax } = context.limits;
    await this.#writer.writeHead(head.bytes, plan);
    let block = head;
    let at = plan.contactsStart;
    this.counts.lines = module.countLines(head.address, { start: 0, end: at }, shape.lineEnd);
    for (;;) {
      const { address, length, final } = block;
      const range = { start: at, end: length };
      const rowsEnd = final ? length : module.lastRowEnd(address, range, shape);
      // The scan refuses a row that is too long, after the rows before it.
      const tooLong = length - rowsEnd > rowBytesMax;
      const end = tooLong ? length : rowsEnd;
      if (end > at) this.#use(block, { start: at, end, final });
      if (final || tooLong) return;
      block = await blocks.next(block, rowsEnd);
      at = 0;
    }
  }

  /** Has the rows of a block scanned, answered and written. */
  #use(block: Block, range: RowRange): void {
    const { scanners, failure } = this.#parts;
    block.users++;
    const scanning = scanners.scan(block, range);
    // This is awaited later, or never if something failed earlier.
    scanning.catch(() => undefined);
    this.#asked = this.#asked.then(() => this.#take(block, range, scanning));
    this.#asked.catch((error: unknown) => failure.abort(error));
  }

  async #take(
    block: Block,
    range: RowRange,
    scanning: Promise<ScannedRows | JudgedRows>,
  ): Promise<void> {
    const { scanners, stop } = this.#parts;
    let found = await orAbort(scanning, stop);
    for (;;) {
      throwIfAborted(stop);
      const { phoneColumns, problem, end, rows } = found.findings;
      if (phoneColumns.length > 0) throw new PhoneColumnsFound(phoneColumns, this.counts.rows);
      this.counts.addFindings(found.findings);
      await this.#write(block, found);
      if (problem !== ROWS_OK) throw this.#tooLong();
      if (end >= range.end) break;
      if (rows === 0) throw new TacetError('ERR_RECONCILE', { what: 'a row is no row' });
      // Wait: the next rows will overwrite the memory these are written from.
      await orAbort(this.#writer.written, stop);
      found = await orAbort(scanners.scan(block, { ...range, start: end }), stop);
    }
    this.#writer.release(block);
  }

  /** Resolves when all numbers have been sent to the server. */
  async #write(block: Block, found: ScannedRows | JudgedRows): Promise<void> {
    this.#parts.context.answerer.local?.assertUsable();
    if ('part' in found) {
      this.counts.addTally(found.tally);
      this.#writer.write(Promise.resolve(found.part));
      return;
    }
    const { findings, origins, requests } = found;
    const { reasons } = await this.#answers.ask(requests);
    const answered = reasons.then((of) => ({ rows: findings.rows, origins, reasons: of }));
    this.#writer.write(answered.then((rows) => this.#settle(block, rows)));
  }

  async #settle(block: Block, answered: AnsweredRows): Promise<PartitionedRows> {
    const { tally, part } = await this.#parts.scanners.settle(block, answered);
    this.counts.addTally(tally);
    return part;
  }

  /** Must be called after the rows before it have been counted. */
  #tooLong(): TacetError {
    const { limits, input } = this.#parts.context;
    return rowTooLong(input.name, this.counts.lines + 1, limits.rowBytesMax);
  }
}

function reportOf(context: RunContext, plan: Plan, counts: RunCounts): RunReport {
  const { input, outputs } = context;
  return {
    rows: counts.rows,
    reasons: [...counts.tally.reasons],
    lookedUpToo: counts.tally.lookedUp,
    optInUnreadable: counts.optInUnreadable,
    unevenRows: counts.unevenRows,
    structureDoubts: counts.doubts.doubts,
    rowsInDoubt: counts.doubts.rowsInDoubt,
    otherColumnListed: counts.tally.otherColumnListed,
    dialect: plan.dialect,
    columns: plan.columns,
    lookedUpColumns: plan.lookedUpColumns,
    input: {
      name: input.name,
      sha256: input.sha256(),
      bytes: input.bytesRead,
      rows: counts.rows,
    },
    outputs: outputs.map((output) => ({
      kind: output.kind,
      name: output.name,
      sha256: output.sha256(),
      bytes: output.bytesWritten,
      rows: output.rows,
    })),
  };
}
