import type { Caller } from '../access/access.ts';
import type { ClientLimits } from '../access/limits/client-limits.ts';
import { budgetUnavailable } from '../access/limits/refusals.ts';
import { VERDICT_BLOCKED } from '../verdict/verdict.ts';

/** What answers cost their caller. */
export interface Cost {
  readonly numbers: number;
  /** How many of them were blocked. */
  readonly blocked: number;
  /** 1 for a call of `Check` or `BatchCheck`, 0 for a message of a stream. */
  readonly checks: number;
}

/** What a batch costs by its counts, which are indexed by verdict. */
export function costOf(counts: readonly number[], checks: 0 | 1): Cost {
  let numbers = 0;
  for (let verdict = 1; verdict < counts.length; verdict++) numbers += counts[verdict] ?? 0;
  return { numbers, blocked: counts[VERDICT_BLOCKED] ?? 0, checks };
}

/**
 * Takes what answers cost from the budgets of their caller. Undefined = taken; a promise resolves
 * once it is. Errors, thrown or by the promise: ERR_LIMIT; ERR_STATE_UNAVAILABLE, also where a
 * client has a budget and there is no state to keep it in.
 */
export function charge(
  limits: ClientLimits | undefined,
  caller: Caller | undefined,
  cost: Cost,
): Promise<void> | undefined {
  if (caller === undefined) return undefined;
  const { client } = caller;
  if (limits === undefined) {
    const isFree = client.numbersPerDayMax === undefined && client.checksPerMinuteMax === undefined;
    if (isFree) return undefined;
    throw budgetUnavailable();
  }
  const waiting = limits.takeOrWait(client, cost);
  if (waiting !== undefined) return waiting.then(() => limits.answered(client, cost));
  limits.answered(client, cost);
  return undefined;
}
