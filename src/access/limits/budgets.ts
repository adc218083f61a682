import type { TacetError } from '../../errors.ts';
import type { State } from '../../state/state.ts';
import { Account, type AccountLimits, type Amounts, type BudgetName } from './account.ts';
import { budgetUnavailable, budgetUsedUp } from './refusals.ts';

/** What budgets need to know of a client. */
export interface BudgetedClient {
  readonly name: string;
  /** Numbers it may ask on a day of Brussels; undefined = any. */
  readonly numbersPerDayMax: number | undefined;
  /** Checks at once, and in a minute after that; undefined = any. */
  readonly checksPerMinuteMax: number | undefined;
}

/** The part of every budget that this server may give out. */
export interface BudgetShare {
  readonly part: number;
  readonly of: number;
}

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

interface Waiting {
  readonly amounts: Amounts;
  resolve(): void;
  reject(error: TacetError): void;
}

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
  #isClosed = false;

  constructor(state: State, options: BudgetOptions) {
    this.#state = state;
    this.#options = options;
  }

  /**
   * Sets who has which budgets, and leases for the new ones in the background. What a client has
   * spent counts on when its budgets change.
   */
  update(clients: Iterable<BudgetedClient>): void {
    const before = new Map(this.#desks);
    this.#desks.clear();
    for (const client of clients) {
      const limits = this.#limitsOf(client);
      if (limits === undefined) continue;
      const known = before.get(client.name);
      const isSame =
        known?.account.limits.numbersPerDay === limits.numbersPerDay &&
        known.account.limits.checksPerMinute === limits.checksPerMinute;
      const account = new Account(client.name, limits);
      const fresh = { account, waiting: [], leasing: undefined, failedMs: 0 };
      const desk = known !== undefined && isSame ? known : fresh;
      this.#desks.set(client.name, desk);
      before.delete(isSame ? client.name : '');
      if (desk === fresh) this.#lease(desk);
    }
    for (const { account } of before.values()) this.#giveBack(account).catch(() => undefined);
  }

  #limitsOf(client: BudgetedClient): AccountLimits | undefined {
    const { numbersPerDayMax, checksPerMinuteMax } = client;
    if (numbersPerDayMax === undefined && checksPerMinuteMax === undefined) return undefined;
    const { part, of } = this.#options.share;
    const shareOf = (max: number | undefined): number =>
      max === undefined ? Number.POSITIVE_INFINITY : Math.floor((max * part) / of);
    return {
      numbersPerDay: shareOf(numbersPerDayMax),
      checksPerMinute: shareOf(checksPerMinuteMax),
    };
  }

  /**
   * Takes what a call costs from its client's budgets, all or nothing, if the lease at hand covers
   * it. Errors: ERR_LIMIT with `limit`, `max` and `retry_after_ms` if a budget is used up;
   * ERR_STATE_UNAVAILABLE if only the lease is, or no lease can be had: the same call may succeed
   * some milliseconds later. Prefer {@link takeOrWait} wherever a call can wait.
   */
  take(client: string, amounts: Amounts): void {
    const desk = this.#deskOf(client);
    if (desk === undefined || this.#isTaken(desk, amounts)) return;
    this.#lease(desk);
    throw budgetUnavailable();
  }

  /**
   * As {@link take}, but waits where only the lease is used up: undefined = taken, which is the
   * rule; else a promise that resolves once it is, in the order of the calls. The promise must be
   * awaited before anything is answered. Errors: those of `take`, thrown or by the promise.
   */
  takeOrWait(client: string, amounts: Amounts): Promise<void> | undefined {
    const desk = this.#deskOf(client);
    if (desk === undefined || this.#isTaken(desk, amounts)) return undefined;
    if (desk.waiting.length >= WAITING_MAX) throw budgetUnavailable();
    return new Promise((resolve, reject) => {
      desk.waiting.push({ amounts, resolve, reject });
      this.#lease(desk);
    });
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
    const exhausted = account.exhausted(amounts, nowMs);
    if (exhausted !== undefined) throw budgetUsedUp(account, exhausted, { amounts, nowMs });
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

  /** Leases until nobody waits; one lease of a client at a time. Never rejects. */
  #lease(desk: Desk): void {
    desk.leasing ??= this.#leaseOnce(desk).then(() => {
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
      for (const { reject } of waiting.splice(0)) reject(budgetUnavailable(cause));
      return;
    }
    this.#serve(account, waiting);
  }

  /** Serves those who wait, in their order, as far as the lease goes. */
  #serve(account: Account, waiting: Waiting[]): void {
    const nowMs = this.#options.nowMs();
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const exhausted = account.exhausted(next.amounts, nowMs);
      if (exhausted !== undefined) {
        next.reject(budgetUsedUp(account, exhausted, { amounts: next.amounts, nowMs }));
      } else if (account.take(next.amounts, nowMs)) next.resolve();
      else return;
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

  /** Gives back what no client has asked. Calls that still wait are refused. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const desks = [...this.#desks.values()];
    this.#desks.clear();
    await Promise.allSettled(
      desks.map(async ({ account, waiting, leasing }) => {
        for (const { reject } of waiting.splice(0)) reject(budgetUnavailable());
        await leasing;
        await this.#giveBack(account);
      }),
    );
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
