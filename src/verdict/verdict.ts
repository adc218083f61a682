/** The list covers the number, and nothing speaks against a call. */
export const VERDICT_CALLABLE = 1;
/** The number is on the list: it may not be called. */
export const VERDICT_BLOCKED = 2;
/** On the list, but its holder agreed to this advertiser later: it may be called. */
export const VERDICT_CALLABLE_OPT_IN = 3;
/** A phone number that the list says nothing about, foreign or special: nobody said that it may. */
export const VERDICT_NOT_COVERED = 4;
/** No phone number, and not on the list. */
export const VERDICT_UNREADABLE = 5;

/** One verdict per number, with the values of `tacet.v1.Verdict`; never 0. See {@link mayCall}. */
export type Verdict = 1 | 2 | 3 | 4 | 5;

/**
 * Whether a number with this verdict may be called. False for anything that is not known: a number
 * that cannot be read, or a value of a later version, is not callable because it is not blocked.
 */
export function mayCall(verdict: number): boolean {
  return verdict === VERDICT_CALLABLE || verdict === VERDICT_CALLABLE_OPT_IN;
}

/** How each verdict is printed, by its value; index 0 is no verdict. */
export const VERDICT_NAMES = [
  'unspecified',
  'callable',
  'blocked',
  'callable-opt-in',
  'not-covered',
  'unreadable',
] as const;
