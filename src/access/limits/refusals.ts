/** What clients are told whose budgets are used up, or who were stopped. */
import { brusselsMidnightMs, brusselsTime } from '../../calendar/brussels.ts';
import { TacetError } from '../../errors.ts';
import type { Account, Amounts, BudgetName } from './account.ts';

const MAX_OF = {
  'numbers-per-day': 'numbersPerDay',
  'checks-per-minute': 'checksPerMinute',
} as const;

const WORDS = {
  'numbers-per-day': 'numbers a day',
  'checks-per-minute': 'checks a minute',
} as const;

/** A budget does not cover what was asked. */
export function budgetUsedUp(
  account: Account,
  budget: BudgetName,
  asked: { readonly amounts: Amounts; readonly nowMs: number },
): TacetError {
  const { amounts, nowMs } = asked;
  const max = account.limits[MAX_OF[budget]];
  const facts = { limit: budget, max: String(max) };
  const wanted = budget === 'numbers-per-day' ? amounts.numbers : amounts.checks;
  if (wanted > max) {
    return new TacetError('ERR_LIMIT', {
      what: `more than the budget of ${max} ${WORDS[budget]} at once`,
      fix: 'Send less at once, or have the budget raised',
      facts,
    });
  }
  const atMs =
    budget === 'numbers-per-day'
      ? brusselsMidnightMs(account.dayOf(nowMs) + 1)
      : nowMs + account.msUntilChecks(amounts.checks, nowMs);
  const retryAfterMs = Math.max(1, Math.ceil(atMs - nowMs));
  const when = budget === 'numbers-per-day' ? `at ${brusselsTime(atMs)}` : `in ${retryAfterMs} ms`;
  return new TacetError('ERR_LIMIT', {
    what: `the budget of ${max} ${WORDS[budget]} does not cover this any more`,
    fix: `Try again ${when}`,
    facts: { ...facts, retry_after_ms: String(retryAfterMs) },
  });
}

/** A lease cannot be had in time. */
export function budgetUnavailable(cause?: unknown): TacetError {
  return new TacetError('ERR_STATE_UNAVAILABLE', {
    what: 'the budget of this client cannot be kept at the moment',
    fix: 'Try again',
    cause,
  });
}
