import type { LocalJudge } from '../options.ts';

/**
 * Judges keys on the thread it was opened on: the caller writes them where they are read from, and
 * the reasons are read where they were written.
 */
export interface ThreadJudge {
  /** The keys to judge, as pairs of u32 (low, high). */
  readonly words: Uint32Array;
  /** Their opt-ins as epoch days, 0 = none. */
  readonly optInDays: Uint32Array;
  /**
   * The reasons of the first `count` keys, one byte each with the values of `Reason`, which imply
   * the verdicts: see `verdictOfReason`. Valid until the next call. Key 0 is `REASON_EMPTY`;
   * the caller that wrote it for an unreadable text knows the real reason.
   */
  reasons(count: number, hasOptIns: boolean): Uint8Array;
}

/** What a module of a `LocalJudge` exports as `openThreadJudge`. */
type OpenThreadJudge = (data: unknown, thread: number) => ThreadJudge;

/** Opens a judge on this thread, `thread` from 0. Errors: those of its module. */
export async function openLocalJudge(
  { module, data }: Pick<LocalJudge, 'module' | 'data'>,
  thread: number,
): Promise<ThreadJudge> {
  // A module of this package, named by the caller that started the run.
  const { openThreadJudge } = (await import(module)) as { openThreadJudge: OpenThreadJudge };
  return openThreadJudge(data, thread);
}
