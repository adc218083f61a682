import { TacetError } from '../../errors.ts';
import type { RowRange } from '../cells/rows.ts';
import type { NumberOrigins } from '../judge/numbers.ts';
import type { ThreadJudge } from '../judge/thread-judge.ts';
import type { BlockMemory } from './block-memory.ts';
import { BlockModule } from './block-module.ts';
import type { PartitionedRows } from './block-partition.ts';
import {
  type AnsweredRows,
  BlockScanner,
  type JudgedRows,
  type ScannedRows,
  type SettledRows,
} from './scan.ts';
import type { ScanPlan } from './scan-plan.ts';

/** A block, by its address in the memory, whose rows must be found, or have been answered. */
export type BlockTask =
  | { readonly address: number; readonly range: RowRange }
  | { readonly address: number; readonly answered: AnsweredRows };

/** Rows waiting for answers, rows judged right away, or rows that have been answered. */
export type BlockReply = ScannedRows | JudgedRows | SettledRows;

/** Runs the tasks of one thread. */
export class BlockWorker {
  readonly #scanner: BlockScanner;
  readonly #judge: ThreadJudge | undefined;

  /** @param judge judges keys on this thread; without it, rows wait for answers */
  constructor(plan: ScanPlan, memory: BlockMemory, thread: number, judge: ThreadJudge | undefined) {
    this.#scanner = new BlockScanner(plan, memory, new BlockModule(memory, thread));
    this.#judge = judge;
  }

  run(task: BlockTask): BlockReply {
    if ('answered' in task) {
      const settled = this.#scanner.settle(task.address, task.answered);
      refuseLost(settled.part, task.answered.rows);
      return settled;
    }
    const { address, range } = task;
    const judge = this.#judge;
    if (judge === undefined) return this.#scanner.scan(address, range);
    const judged = this.#scanner.judge(address, range, judge);
    refuseLost(judged.part, judged.findings.rows);
    return judged;
  }
}

/** Rows after one without an outcome, or without room, would be in no output. */
function refuseLost(part: PartitionedRows, rows: number): void {
  if (part.rows === rows) return;
  throw new TacetError('ERR_RECONCILE', {
    what: `${rows - part.rows} rows of a block have no outcome or no room`,
    fix: 'Nothing was published; report this',
  });
}

/** The memory of a task or reply that can be transferred instead of copied. */
export function memoryOf(message: BlockTask | BlockReply): ArrayBuffer[] {
  const arrays =
    'requests' in message
      ? [...arraysOf(message.origins), ...message.requests.map(({ request }) => request)]
      : 'answered' in message
        ? [...arraysOf(message.answered.origins), message.answered.reasons]
        : [];
  // They were made for this message and are not in shared memory.
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

function arraysOf(origins: NumberOrigins): ArrayBufferView[] {
  const { rows, slots, unreadAt, unread, cellStarts, cellEnds } = origins;
  return [rows, slots, unreadAt, unread, cellStarts, cellEnds];
}
