/**
 * Looks keys up on the thread it was opened on: the caller writes them where they are read from, and
 * the verdicts are read where they were written.
 */
export interface KeyMatch {
  /** The keys to look up, as pairs of u32 (low, high). */
  readonly words: Uint32Array;
  /** Their opt-ins as epoch days, 0 = none. */
  readonly optInDays: Uint32Array;
  /** The verdicts of the first `count` keys; valid until the next call. */
  match(count: number, hasOptIns: boolean): Uint8Array;
}
