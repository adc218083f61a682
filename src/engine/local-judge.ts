import type { RegisterView } from '../registers/view.ts';
import type { Approach } from '../verdict/approach.ts';
import { type JudgedLists, type JudgeSource, openJudge, prepareJudge } from './judge.ts';
import { KeyJudge } from './key-judge.ts';

/** Keys judged at once: few enough that their buffers stay in a core's cache. */
export const KEYS_MAX = 8192;

/** What a thread needs to judge keys for a command. Structured-cloneable. */
interface LocalJudgeData {
  readonly source: JudgeSource;
  readonly run: JudgedRun;
}

/** What the verdicts of a run depend on besides the lists. */
interface JudgedRun {
  /** Today in Brussels when the run began, as an epoch day. */
  readonly todayDay: number;
  readonly approach: Approach;
  /** Undefined = there are no registers. */
  readonly registers: RegisterView | undefined;
}

/** This module, for threads that import it by its URL. */
export const LOCAL_JUDGE_MODULE = import.meta.url;

/** Prepares judging on up to `threads` threads. Errors: those of `prepareJudge`. */
export async function prepareLocalJudge(
  lists: JudgedLists,
  { threads, ...run }: JudgedRun & { readonly threads: number },
): Promise<LocalJudgeData> {
  const source = await prepareJudge(lists, KeyJudge.bytesOf(KEYS_MAX) * threads);
  return { source, run };
}

/** Opens judging on this thread; `thread` is its index among those it was prepared for. */
export function openThreadJudge({ source, run }: LocalJudgeData, thread: number) {
  const judge = openJudge(source);
  const at = judge.reserved + KeyJudge.bytesOf(KEYS_MAX) * thread;
  const keys = new KeyJudge(judge, at, KEYS_MAX);
  return {
    words: keys.words,
    optInDays: keys.optInDays,
    reasons: (count: number, hasOptIns: boolean) => keys.reasons(count, { ...run, hasOptIns }),
  };
}
