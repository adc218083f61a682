import { TacetError } from '../errors.ts';
import { orAbort, throwIfAborted } from './abort.ts';
import { ROWS_OK, type RowRange } from './cells/rows.ts';
import { BOM_BYTES } from './dialect.ts';
import { BatchAnswers } from './judge/batch-answers.ts';
import { PhoneColumnsFound } from './judge/findings.ts';
import type { Answerer, DedupeFilesResult } from './options.ts';
import { BlockWriter, type BlockWriterParts } from './output/block-writer.ts';
import { Partition } from './output/partition.ts';
import { type Plan, type RunContext, rowTooLong, scanPlanOf, settlePlan } from './plan.ts';
import { RunCounts } from './run-counts.ts';
import { allocateBlocks, type BlockMemory } from './scan/block-memory.ts';
import { BlockModule } from './scan/block-module.ts';
import type { PartitionedRows } from './scan/block-partition.ts';
import { type Block, BlockReader } from './scan/blocks.ts';
import type { AnsweredRows, JudgedRows, ScannedRows } from './scan/scan.ts';
import type { ScanPlan } from './scan/scan-plan.ts';
import { blocksMaxOf, openScanners } from './scan/scanners.ts';

/**
 * Rows of a block that a thread takes at once: most blocks have fewer. About 20 bytes per row and
 * thread.
 */
const BLOCK_ROWS_MAX = 131_072;

/** What a run found and wrote; nothing is published yet. */
type RunReport = Omit<DedupeFilesResult, 'commit' | 'discard'>;

/** Reads, asks and writes until the input ends. Errors: those of `dedupeFiles`. */
export async function runDedupe(context: RunContext, answerer: Answerer): Promise<RunReport> {
  const { input, limits, options, outputs } = context;
  // Ends the whole run if one part fails or the caller aborts.
  const failure = new AbortController();
  const { signal = failure.signal } = options;
  // Enough for the whole first row, or to prove that it is too long.
  const headBytes = Math.max(limits.headBytes, BOM_BYTES + limits.rowBytesMax + 1);
  const memory = memoryOf(context, answerer, headBytes);
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
  const partition = new Partition(outputs, plan.dialect.separator ?? ',');
  const scanPlan = scanPlanOf(context, plan);
  // A file of one block is done before a thread could start.
  const { local } = answerer;
  const onThreads = !head.final;
  const scanners = await openScanners({ plan: scanPlan, memory, local, onThreads });
  try {
    const parts = { context, memory, blocks, scanners, partition, failure, stop };
    const run = new Run({ plan, scanPlan, module }, answerer, parts);
    await run.readBlocks(head);
    for (const output of outputs) await output.finish();
    return reportOf(context, plan, run.counts);
  } finally {
    await scanners.close();
  }
}

function memoryOf(context: RunContext, answerer: Answerer, headBytes: number): BlockMemory {
  const { limits, options } = context;
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

/** How a file is read. */
interface Reading {
  readonly plan: Plan;
  readonly scanPlan: ScanPlan;
  /** Only used to find the ends of blocks and lines, which needs no place of its own. */
  readonly module: BlockModule;
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
  readonly #reading: Reading;
  readonly #answerer: Answerer;
  readonly #parts: BlockWriterParts;
  readonly #answers: BatchAnswers;
  readonly #writer: BlockWriter;
  /** Resolves when all blocks so far have been asked for. */
  #asked: Promise<void> = Promise.resolve();

  constructor(reading: Reading, answerer: Answerer, parts: BlockWriterParts) {
    this.#reading = reading;
    this.#answerer = answerer;
    this.#parts = parts;
    this.#answers = new BatchAnswers(answerer, parts.stop);
    this.#writer = new BlockWriter(parts);
    this.counts = new RunCounts(0);
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
    const { module, scanPlan } = this.#reading;
    const { blocks, context } = this.#parts;
    const { rowBytesMax } = context.limits;
    let block = head;
    let at = await this.#writeHead(head);
    for (;;) {
      const { address, length, final } = block;
      const range = { start: at, end: length };
      const rowsEnd = final ? length : module.lastRowEnd(address, range, scanPlan.shape);
      // The scan refuses a row that is too long, after the rows before it.
      const tooLong = length - rowsEnd > rowBytesMax;
      const end = tooLong ? length : rowsEnd;
      if (end > at) this.#use(block, { start: at, end, final });
      if (final || tooLong) return;
      block = await blocks.next(block, rowsEnd);
      at = 0;
    }
  }

  /** Returns where the contacts begin. */
  async #writeHead({ address, bytes }: Block): Promise<number> {
    const { plan, module } = this.#reading;
    const { dialect, prefixEnd, start, headerContentEnd, contactsStart: end, lineEnd } = plan;
    this.counts.lines = module.countLines(address, { start: 0, end }, lineEnd);
    const header = {
      content: bytes.subarray(start, headerContentEnd),
      lineEnd: bytes.subarray(headerContentEnd, end),
    };
    const hasHeader = dialect.header && end > start;
    const prefix = bytes.subarray(0, prefixEnd);
    await this.#parts.partition.writeHead(prefix, hasHeader ? header : undefined);
    return end;
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
    this.#answerer.local?.assertUsable();
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
    reasons: counts.reasons,
    lookedUpToo: counts.lookedUpToo,
    optInUnreadable: counts.optInUnreadable,
    unevenRows: counts.unevenRows,
    structureDoubts: counts.structureDoubts,
    rowsInDoubt: counts.rowsInDoubt,
    otherColumnListed: counts.otherColumnListed,
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
