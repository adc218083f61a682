/**
 * Looks keys up on the thread it was opened on: the caller writes them where they are read from, and
 * the reasons are read where they were written.
 */
export interface KeyMatch {
  /** The keys to look up, as pairs of u32 (low, high). */
  readonly words: Uint32Array;
  /** Their opt-ins as epoch days, 0 = none. */
  readonly optInDays: Uint32Array;
  /**
   * The reasons of the first `count` keys, one byte each with the values of `Reason`, which imply
   * the verdicts: see `verdictOfReason`. Valid until the next call. Key 0 is `REASON_EMPTY`;
   * whoever wrote it for a text that gave no key knows why it gave none.
   */
  match(count: number, hasOptIns: boolean): Uint8Array;
}
