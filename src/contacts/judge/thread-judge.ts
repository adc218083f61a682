/**
 * Judges keys on the thread that opened it, without copying: the caller writes the keys into
 * `words` and reads the reasons where the judge wrote them.
 */
export interface ThreadJudge {
  /** The keys to judge, as pairs of u32 (low, high). */
  readonly words: Uint32Array;
  /** Their opt-ins as epoch days; 0 = none. */
  readonly optInDays: Uint32Array;
  /**
   * The reasons for the first `count` keys, one byte each with the values of `Reason`, which imply
   * the verdicts: see `verdictOfReason`. Valid until the next call. Key 0 gives `REASON_EMPTY`; a
   * caller that wrote 0 for an unreadable text knows the real reason.
   */
  reasons(count: number, hasOptIns: boolean): Uint8Array;
}

/**
 * The type of `openThreadJudge`, which the module of a `LocalJudge` exports. `data`: what the
 * `LocalJudge` prepared; `thread` counts from 0. Errors: those of the module.
 */
type OpenThreadJudge = (data: unknown, thread: number) => ThreadJudge;

/** Imports the function that opens judges on this thread, from the module of a `LocalJudge`. */
export async function importThreadJudge(module: string): Promise<OpenThreadJudge> {
  // A module of this package, named by the caller that started the run.
  const { openThreadJudge } = (await import(module)) as { openThreadJudge: OpenThreadJudge };
  return openThreadJudge;
}
