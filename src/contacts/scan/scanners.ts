import type { RowRange } from '../cells/rows.ts';
import type { LocalJudge } from '../options.ts';
import type { BlockMemory } from './block-memory.ts';
import type { Block } from './blocks.ts';
import type { AnsweredRows, JudgedRows, ScannedRows, SettledRows } from './scan.ts';
import type { ScanPlan } from './scan-plan.ts';
import { type BlockReply, type BlockTask, type ScanStart, startThread } from './scan-thread.ts';

/** Finds the rows of blocks; results arrive in the order of completion. */
export interface Scanners {
  /**
   * Finds rows and, if the list is local, judges them and places them where they are written from.
   * May take only some rows of the range. Valid until the next call for the same block.
   */
  scan(block: Block, range: RowRange): Promise<ScannedRows | JudgedRows>;
  /**
   * Settles the rows of the last scan and places them where they are written from. Valid as long.
   */
  settle(block: Block, answered: AnsweredRows): Promise<SettledRows>;
  /** Ends the threads; blocks in progress stay unanswered. */
  close(): Promise<void>;
}

/** Runs the task of a block, here or on a thread. */
interface Runner {
  run(task: BlockTask): Promise<BlockReply>;
  close(): Promise<void>;
}

/** Blocks in use at once: two per thread (scanned, waiting), one being filled, one written. */
export function blocksMaxOf(threads: number): number {
  return threads * 2 + 2;
}

/** How a file is scanned. */
interface Scanning {
  readonly plan: ScanPlan;
  readonly memory: BlockMemory;
  readonly local: LocalJudge | undefined;
  /** On threads, or here for files that are done before a thread could start. */
  readonly onThreads: boolean;
}

/** Opens the scanners for the blocks of `memory`. Errors: those of preparing a local list. */
export async function openScanners(scanning: Scanning): Promise<Scanners> {
  const { plan, memory, local, onThreads } = scanning;
  const start = { plan, memory, judgeModule: local?.module };
  const { run, close } = onThreads ? await startThreads(start) : runHere(start);
  let judgeData: unknown;
  try {
    // While the threads start: both take about 0.2 s, for a list of 1.5 M numbers.
    judgeData = await local?.prepare();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    // The reply to a range is rows; the reply to answered rows is their outcomes.
    scan: ({ address }, range) =>
      run({ address, range, judgeData }) as Promise<ScannedRows | JudgedRows>,
    settle: ({ address }, answered) => run({ address, answered }) as Promise<SettledRows>,
    close,
  };
}

function runHere(start: ScanStart): Runner {
  const handle = startThread(start);
  return { run: async (task) => handle(task, 0), close: async () => undefined };
}

/**
 * If a thread dies, its block is not scanned again, because cells may have been emptied in place.
 * The run fails instead; nothing has been published, so it can be restarted.
 */
async function startThreads(start: ScanStart): Promise<Runner> {
  const { Threads } = await import('../../threads/threads.ts');
  const threads = new Threads<BlockTask, BlockReply>({
    module: new URL('./scan-thread.js', import.meta.url).href,
    data: start,
    count: start.memory.sizes.threads,
    retriesMax: 0,
    atomics: 'disabled',
    died: () => ({
      what: 'a thread that reads the contacts died',
      fix: 'Nothing was published: run the command again; if it happens again, report it',
    }),
  });
  return { run: (task) => threads.run(task), close: () => threads.destroy() };
}
