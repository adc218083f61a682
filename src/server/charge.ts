import type { Caller } from '../access/access.ts';
import type { Amounts } from '../access/limits/account.ts';
import { hasBudget } from '../access/limits/budgeted-client.ts';
import type { ClientLimits } from '../access/limits/client-limits.ts';
import { budgetUnavailable } from '../access/limits/refusals.ts';
import type { EndingCall } from '../access/limits/waiting.ts';
import { type Approach, isUsual } from '../verdict/approach.ts';
import { VERDICT_BLOCKED } from '../verdict/verdict.ts';

/** What answers cost their caller. */
interface Cost extends Amounts {
  /** How many numbers the list has blocked; undefined where it is not what decides. */
  readonly blocked: number | undefined;
}

/** What a batch costs by its counts, which are indexed by verdict. */
export function costOf(
  counts: readonly number[],
  { checks, approach }: { readonly checks: 0 | 1; readonly approach: Approach },
): Cost {
  let numbers = 0;
  for (let verdict = 1; verdict < counts.length; verdict++) numbers += counts[verdict] ?? 0;
  const blocked = isUsual(approach) ? (counts[VERDICT_BLOCKED] ?? 0) : undefined;
  return { numbers, checks, blocked };
}

/**
 * Charges the callers of a server. Errors, thrown or by a promise: ERR_LIMIT;
 * ERR_STATE_UNAVAILABLE, also where a client has a budget and there is no state to keep it in.
 */
export class Charging {
  readonly #limits: () => ClientLimits | undefined;

  constructor(limits: () => ClientLimits | undefined) {
    this.#limits = limits;
  }

  /** Before anything is looked up: refuses who is stopped or has surely nothing left. */
  check(caller: Caller | undefined, amounts: Amounts): void {
    if (caller !== undefined) this.#limitsOf(caller)?.check(caller.client, amounts);
  }

  /**
   * Takes what answers cost from the budgets of their caller. Undefined = taken; a promise resolves
   * once it is, and must be awaited before anything is answered.
   */
  charge(caller: Caller | undefined, cost: Cost, call: EndingCall): Promise<void> | undefined {
    const limits = caller && this.#limitsOf(caller);
    if (caller === undefined || limits === undefined) return undefined;
    const { client } = caller;
    const { numbers, blocked } = cost;
    const taken = (): void => {
      if (blocked !== undefined) limits.answered(client, { numbers, blocked });
    };
    const waiting = limits.takeOrWait(client, cost, call);
    if (waiting !== undefined) return waiting.then(taken);
    taken();
    return undefined;
  }

  #limitsOf({ client }: Caller): ClientLimits | undefined {
    const limits = this.#limits();
    if (limits === undefined && hasBudget(client)) throw budgetUnavailable();
    return limits;
  }
}
