import type { State } from '../../state/state.ts';
import { Account, type Amounts, type BudgetName } from './account.ts';
import { type BudgetedClient, type BudgetShare, limitsOf } from './budgeted-client.ts';
import { budgetUnavailable, budgetUsedUp } from './refusals.ts';
import { type EndingCall, Waiting } from './waiting.ts';

interface BudgetOptions {
  readonly share: BudgetShare;
  /** The most numbers in one lease, which is what a crash costs a client. */
  readonly leaseNumbersMax: number;
  /** The clock, in Unix milliseconds. */
  readonly nowMs: () => number;
}

/** Numbers are leased by this part of the day's budget, checks by that of the bucket. */
const NUMBERS_PART = 16;
const CHECKS_PART = 4;
/** Calls that may wait for a lease of one client. */
const WAITING_MAX = 10_000;
/** After the state has failed it is left alone so long. */
const REST_MS = 250;

/** An account, and what goes on between it and the state. */
interface Desk {
  readonly account: Account;
  readonly waiting: Waiting[];
  leasing: Promise<void> | undefined;
  failedMs: number;
}

/**
 * Holds every client to its budgets. Each has a lease in memory, which the state has booked as
 * spent before it is used: a crash loses the lease, and nothing is ever given twice. A lease is
 * renewed in the background before it is used up.
 *
 *   state:  [ spent, leases included | left ]        memory:  [ lease: asked | held ]
 *
 * Numbers: a day is Brussels'. At its midnight the budget is whole again, and what is left of the
 * old day's lease is worth nothing; a day of 23 or 25 hours has the same budget. Checks: a bucket
 * that holds a minute's worth and fills all the time, so within t minutes a client makes at most
 * max * (1 + t) checks.
 */
export class Budgets {
  readonly #state: State;
  readonly #options: BudgetOptions;
  readonly #desks = new Map<string, Desk>();
  /** Of accounts that are no more: what was leased for them is given back. */
  readonly #retiring = new Set<Promise<void>>();
  #isClosed = false;

  constructor(state: State, options: BudgetOptions) {
    this.#state = state;
    this.#options = options;
  }

  /**
   * Sets who has which budgets, and leases for the new ones in the background. What a client has
   * spent counts on when its budgets change, and its calls that wait go on by the new ones.
   */
  update(clients: Iterable<BudgetedClient>): void {
    if (this.#isClosed) return;
    const before = new Map(this.#desks);
    this.#desks.clear();
    for (const client of clients) {
      const limits = limitsOf(client, this.#options.share);
      if (limits === undefined) continue;
      const known = before.get(client.name);
      const isSame =
        known?.account.limits.numbersPerDay === limits.numbersPerDay &&
        known.account.limits.checksPerMinute === limits.checksPerMinute;
      if (known !== undefined && isSame) {
        this.#desks.set(client.name, known);
        before.delete(client.name);
        continue;
      }
      const account = new Account(client.name, limits);
      const waiting = known?.waiting.splice(0) ?? [];
      const desk = { account, waiting, leasing: undefined, failedMs: 0 };
      this.#desks.set(client.name, desk);
      before.delete(client.name);
      this.#lease(desk, known && this.#retire(known));
    }
    for (const desk of before.values()) void this.#retire(desk);
  }

  /** Ends an account, also one that a lease is under way for: that one would be lost. */
  #retire({ account, waiting, leasing }: Desk): Promise<void> {
    // Nothing limits these any more.
    for (const call of waiting.splice(0)) call.end();
    const retiring = Promise.resolve(leasing)
      .then(() => this.#giveBack(account))
      .catch(() => undefined)
      .then(() => void this.#retiring.delete(retiring));
    this.#retiring.add(retiring);
    return retiring;
  }

  /** Errors: ERR_LIMIT if a budget surely does not cover the amounts; ERR_STATE_UNAVAILABLE. */
  check(client: string, amounts: Amounts): void {
    const desk = this.#deskOf(client);
    if (desk !== undefined) this.#checkCovered(desk.account, amounts, this.#options.nowMs());
  }

  #checkCovered(account: Account, amounts: Amounts, nowMs: number): void {
    const exhausted = account.exhausted(amounts, nowMs);
    if (exhausted !== undefined) throw budgetUsedUp(account, exhausted, { amounts, nowMs });
  }

  /**
   * Takes what a call costs from its client's budgets, all or nothing. Undefined = taken, which is
   * the rule; where the lease at hand is used up, a promise that resolves once it is taken, in the
   * order of the calls, and that must be awaited before anything is answered. Errors, thrown or by
   * the promise: ERR_LIMIT with `limit`, `max` and `retry_after_ms` if a budget is used up;
   * ERR_STATE_UNAVAILABLE if no lease can be had: it may succeed some milliseconds later;
   * ERR_CANCELLED if the call ends while it waits, which costs nothing.
   */
  takeOrWait(client: string, amounts: Amounts, call?: EndingCall): Promise<void> | undefined {
    const desk = this.#deskOf(client);
    if (desk === undefined || this.#isTaken(desk, amounts)) return undefined;
    if (desk.waiting.length >= WAITING_MAX) throw budgetUnavailable();
    const waiting = new Waiting(amounts, call?.signal);
    desk.waiting.push(waiting);
    this.#lease(desk);
    return waiting.taken;
  }

  #deskOf(client: string): Desk | undefined {
    if (this.#isClosed) throw budgetUnavailable();
    return this.#desks.get(client);
  }

  /** Whether the lease covered it. Throws where no lease would help. */
  #isTaken(desk: Desk, amounts: Amounts): boolean {
    const nowMs = this.#options.nowMs();
    const { account } = desk;
    // Calls that wait were first.
    if (desk.waiting.length === 0 && account.take(amounts, nowMs)) {
      if (this.#isLow(account, nowMs)) this.#lease(desk);
      return true;
    }
    this.#checkCovered(account, amounts, nowMs);
    if (nowMs - desk.failedMs < REST_MS && nowMs >= desk.failedMs) throw budgetUnavailable();
    return false;
  }

  #isLow(account: Account, nowMs: number): boolean {
    const { numbers, checks } = this.#sizesOf(account);
    const isLow =
      account.numbersHeld(nowMs) < numbers / 2 || account.checksHeld(nowMs) < checks / 2;
    // Where nothing is left there is nothing to lease.
    return isLow && account.exhausted({ numbers, checks }, nowMs) === undefined;
  }

  /** How large the leases of an account are; 0 where it has no such budget. */
  #sizesOf({ limits }: Account): Amounts {
    const size = (max: number, part: number): number =>
      max === Number.POSITIVE_INFINITY ? 0 : Math.ceil(max / part);
    const numbers = size(limits.numbersPerDay, NUMBERS_PART);
    return {
      numbers: Math.min(numbers, this.#options.leaseNumbersMax),
      checks: size(limits.checksPerMinute, CHECKS_PART),
    };
  }

  /** Leases until nobody waits, and after `ready`; one lease of a client at a time. */
  #lease(desk: Desk, ready: Promise<void> = Promise.resolve()): void {
    const lease = (): Promise<void> => this.#leaseOnce(desk);
    desk.leasing ??= ready.then(lease).then(() => {
      desk.leasing = undefined;
      if (desk.waiting.length > 0) this.#lease(desk);
    });
  }

  async #leaseOnce(desk: Desk): Promise<void> {
    const { account, waiting } = desk;
    const { nowMs } = this.#options;
    const sizes = this.#sizesOf(account);
    const first = waiting[0]?.amounts ?? { numbers: 0, checks: 0 };
    try {
      await Promise.all([
        this.#leaseNumbers(account, Math.max(sizes.numbers, first.numbers)),
        this.#leaseChecks(account, Math.max(sizes.checks, first.checks)),
      ]);
    } catch (cause) {
      desk.failedMs = nowMs();
      for (const call of waiting.splice(0)) call.end(budgetUnavailable(cause));
      return;
    }
    this.#serve(account, waiting);
  }

  /** Serves those who wait, in their order, as far as the lease goes. */
  #serve(account: Account, waiting: Waiting[]): void {
    const nowMs = this.#options.nowMs();
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const { amounts, isOver } = next;
      const exhausted = account.exhausted(amounts, nowMs);
      if (exhausted !== undefined) {
        next.end(budgetUsedUp(account, exhausted, { amounts, nowMs }));
      } else if (!isOver) {
        if (!account.take(amounts, nowMs)) return;
        next.end();
      }
      waiting.shift();
    }
  }

  async #leaseNumbers(account: Account, size: number): Promise<void> {
    const { nowMs } = this.#options;
    const max = account.limits.numbersPerDay;
    const want = size - account.numbersHeld(nowMs());
    if (max === Number.POSITIVE_INFINITY || want <= 0) return;
    const day = account.dayOf(nowMs());
    const asked = { client: account.name, day, max, want };
    const lease = await this.#state.run('leaseNumbers', asked);
    account.numbersLeased({ ...lease, day }, nowMs());
  }

  async #leaseChecks(account: Account, size: number): Promise<void> {
    const { nowMs } = this.#options;
    const max = account.limits.checksPerMinute;
    const want = size - account.checksHeld(nowMs());
    if (max === Number.POSITIVE_INFINITY || want <= 0) return;
    const asked = { client: account.name, max, want, nowMs: nowMs() };
    account.checksLeased(await this.#state.run('leaseChecks', asked), nowMs());
  }

  /** What each client with budgets has left, as far as this server knows. */
  left(): readonly (readonly [client: string, budget: BudgetName, left: number, max: number])[] {
    const nowMs = this.#options.nowMs();
    return [...this.#desks.values()].flatMap(({ account }) => {
      const left = account.left(nowMs);
      const { numbersPerDay, checksPerMinute } = account.limits;
      const known = [
        [account.name, 'numbers-per-day', left['numbers-per-day'], numbersPerDay],
        [account.name, 'checks-per-minute', left['checks-per-minute'], checksPerMinute],
      ] as const;
      return known.filter(([, , , max]) => max !== Number.POSITIVE_INFINITY);
    });
  }

  /** How many accounts have leases that are not given back, once these budgets were closed. */
  get unreturned(): number {
    return this.#retiring.size;
  }

  /** Gives back what no client has asked. Calls that still wait are refused. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const desks = [...this.#desks.values()];
    this.#desks.clear();
    for (const desk of desks) {
      for (const call of desk.waiting.splice(0)) call.end(budgetUnavailable());
      void this.#retire(desk);
    }
    await Promise.all(this.#retiring);
  }

  async #giveBack(account: Account): Promise<void> {
    const nowMs = this.#options.nowMs();
    const { name: client, limits } = account;
    const finite = (held: number): number => (Number.isFinite(held) ? held : 0);
    const numbers = finite(account.numbersHeld(nowMs));
    const checks = finite(account.checksHeld(nowMs));
    // Before the wait, in which nobody may take them.
    account.take({ numbers, checks }, nowMs);
    const given: Promise<unknown>[] = [];
    if (numbers > 0) {
      const day = account.dayOf(nowMs);
      given.push(this.#state.run('returnNumbers', { client, day, count: numbers }));
    }
    if (checks > 0) {
      const max = limits.checksPerMinute;
      given.push(this.#state.run('leaseChecks', { client, max, want: -checks, nowMs }));
    }
    await Promise.all(given);
  }
}
