import type { Purpose } from './approach.ts';

/** The list covers the number, and nothing speaks against a call. */
export const VERDICT_CALLABLE = 1;
/** It may not be called: on the list, or the channel needs an opt-in that is not there. */
export const VERDICT_BLOCKED = 2;
/** Its holder agreed to this advertiser, and that counts: it may be called. */
export const VERDICT_CALLABLE_OPT_IN = 3;
/** A phone number that the list says nothing about, foreign or special: nobody said that it may. */
export const VERDICT_NOT_COVERED = 4;
/** No phone number, and not on the list. */
export const VERDICT_UNREADABLE = 5;
/** The list does not apply: only given where the purpose `service` was declared. */
export const VERDICT_NOT_APPLICABLE = 6;

/** One verdict per number, with the values of `tacet.v1.Verdict`; never 0. See {@link mayCall}. */
export type Verdict = 1 | 2 | 3 | 4 | 5 | 6;

/**
 * Whether a number with this verdict may be called for `purpose`, that of the question; not
 * applicable is a yes for service calls alone. False for anything that is not known: a number that
 * cannot be read, or a value of a later version, is not callable because it is not blocked.
 */
export function mayCall(verdict: number, purpose?: Purpose): boolean {
  if (verdict === VERDICT_NOT_APPLICABLE) return purpose === 'service';
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
  'not-applicable',
] as const;
