import { TacetError } from '../errors.ts';
import type { KeyMatch } from '../verdict/key-match.ts';
import { BlockKernel, type PartitionedRows, type RowArrays } from './block-kernel.ts';
import type { BlockMemory } from './block-memory.ts';
import type { RowRange } from './rows.ts';
import { BlockScanner, type JudgedRows, type ScannedRows } from './scan.ts';
import type { ScanPlan } from './scan-plan.ts';

/** Rows with what becomes of them. */
export interface SettledRows {
  readonly rows: RowArrays;
  /** One byte a row, as `outcome.ts` has it. */
  readonly outcomes: Uint8Array;
}

/** A block by its address in the memory: its rows are to be found, or are settled and partitioned. */
export type BlockTask =
  | { readonly address: number; readonly range: RowRange }
  | { readonly address: number; readonly settled: SettledRows };

/** Rows that wait for answers, rows that are judged, or rows that were partitioned. */
export type BlockReply = ScannedRows | JudgedRows | PartitionedRows;

/** Does the tasks of one thread. */
export class BlockWorker {
  readonly #kernel: BlockKernel;
  readonly #scanner: BlockScanner;
  readonly #match: KeyMatch | undefined;

  /** @param match looks keys up here; without it rows wait for answers */
  constructor(plan: ScanPlan, memory: BlockMemory, thread: number, match: KeyMatch | undefined) {
    this.#kernel = new BlockKernel(memory, thread);
    this.#scanner = new BlockScanner(plan, memory, this.#kernel);
    this.#match = match;
  }

  run(task: BlockTask): BlockReply {
    if ('settled' in task) return this.#partition(task.address, task.settled);
    const { address, range } = task;
    const match = this.#match;
    if (match === undefined) return this.#scanner.scan(address, range);
    const judged = this.#scanner.judge(address, range, match);
    refuseLost(judged.part, judged.findings.rows);
    return judged;
  }

  #partition(address: number, { rows, outcomes }: SettledRows): PartitionedRows {
    const kernel = this.#kernel;
    kernel.rows.starts.set(rows.starts);
    kernel.rows.contentEnds.set(rows.contentEnds);
    kernel.rows.ends.set(rows.ends);
    kernel.rows.pads.set(rows.pads);
    kernel.outcomes.set(outcomes);
    const part = kernel.partition(address, outcomes.length);
    refuseLost(part, outcomes.length);
    return part;
  }
}

/** Rows behind one without an outcome, or without room, would be in no output. */
function refuseLost(part: PartitionedRows, rows: number): void {
  if (part.rows === rows) return;
  throw new TacetError('ERR_RECONCILE', {
    what: `${rows - part.rows} rows of a block have no outcome or no room`,
    fix: 'Nothing was published; report this',
  });
}

/** The memory of a reply that can be handed over instead of copied. */
export function memoryOf(reply: BlockReply): ArrayBuffer[] {
  if (!('requests' in reply)) return [];
  const { rows, outcomes, origins, requests } = reply;
  const arrays = [
    ...[rows.starts, rows.contentEnds, rows.ends, rows.pads, outcomes],
    ...[origins.rows, origins.slots, origins.unread, origins.cellStarts, origins.cellEnds],
    ...requests.map(({ request }) => request),
  ];
  // Made for this reply, of no shared memory.
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
