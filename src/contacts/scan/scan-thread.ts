/** The threads of `openScanners`: they scan, judge and partition blocks. */
import { TacetError } from '../../errors.ts';
import type { ThreadHandler } from '../../threads/threads.ts';
import type { RowRange } from '../cells/rows.ts';
import { importThreadJudge, type ThreadJudge } from '../judge/thread-judge.ts';
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

/** The start data of a thread. Structured-cloneable. */
export interface ScanStart {
  readonly plan: ScanPlan;
  readonly memory: BlockMemory;
  /** The module of a `LocalJudge`; without it, rows wait for answers. */
  readonly judgeModule: string | undefined;
}

/**
 * A block, by its address in the memory, whose rows must be found, or have been answered.
 * `judgeData`: what the `LocalJudge` prepared, for a thread that has no judge yet.
 */
export type BlockTask =
  | { readonly address: number; readonly range: RowRange; readonly judgeData: unknown }
  | { readonly address: number; readonly answered: AnsweredRows };

/** Rows waiting for answers, rows judged right away, or rows that have been answered. */
export type BlockReply = ScannedRows | JudgedRows | SettledRows;

/** @param data a {@link ScanStart} */
export function startThread(data: unknown): ThreadHandler<BlockTask, BlockReply> {
  const { plan, memory, judgeModule } = data as ScanStart;
  // Before the first task, which waits until the list is prepared.
  const importing = judgeModule === undefined ? undefined : importThreadJudge(judgeModule);
  // Every task reports the failure.
  importing?.catch(() => undefined);
  let opening: Promise<(task: BlockTask) => BlockReply> | undefined;
  const open = async (place: number, judgeData: unknown) => {
    const openThreadJudge = await importing;
    const judge = openThreadJudge?.(judgeData, place);
    const scanner = new BlockScanner(plan, memory, new BlockModule(memory, place));
    return (task: BlockTask) => runTask(task, scanner, judge);
  };
  return async (task, place) => {
    opening ??= open(place, 'range' in task ? task.judgeData : undefined);
    return (await opening)(task);
  };
}

function runTask(
  task: BlockTask,
  scanner: BlockScanner,
  judge: ThreadJudge | undefined,
): BlockReply {
  if ('answered' in task) {
    const settled = scanner.settle(task.address, task.answered);
    refuseLost(settled.part, task.answered.rows);
    return settled;
  }
  if (judge === undefined) return scanner.scan(task.address, task.range);
  const judged = scanner.judge(task.address, task.range, judge);
  refuseLost(judged.part, judged.findings.rows);
  return judged;
}

/** Rows after one without an outcome, or without room, would be in no output. */
function refuseLost(part: PartitionedRows, rows: number): void {
  if (part.rows === rows) return;
  throw new TacetError('ERR_RECONCILE', {
    what: `${rows - part.rows} rows of a block have no outcome or no room`,
    fix: 'Nothing was published; report this',
  });
}
