/** One verdict per number, with the values of `tacet.v1.Verdict`; never 0. */
export const VERDICT_CALLABLE = 1;
export const VERDICT_BLOCKED = 2;
export const VERDICT_CALLABLE_OPT_IN = 3;
export const VERDICT_NOT_COVERED = 4;
export const VERDICT_UNREADABLE = 5;

export type Verdict = 1 | 2 | 3 | 4 | 5;

/** How each verdict is printed, by its value; index 0 is no verdict. */
export const VERDICT_NAMES = [
  'unspecified',
  'callable',
  'blocked',
  'callable-opt-in',
  'not-covered',
  'unreadable',
] as const;
