import { brusselsDay } from '../../calendar/brussels.ts';

/** What a call costs its client. */
export interface Amounts {
  /** Phone numbers asked. */
  readonly numbers: number;
  /** 1 for a call of `Check` or `BatchCheck`, 0 for a message of a stream. */
  readonly checks: number;
}

/** The budgets of a client that has some; Infinity where it has none. */
export interface AccountLimits {
  readonly numbersPerDay: number;
  readonly checksPerMinute: number;
}

export type BudgetName = 'numbers-per-day' | 'checks-per-minute';

const MINUTE_MS = 60_000;
/** An instant further ahead is of a clock that was set back since. */
const AHEAD_MAX_MS = MINUTE_MS;
/** A day that had nothing left is asked again after this: another server may have given back. */
const ASK_AGAIN_MS = 1_000;

/**
 * What a client may still ask without another word to the state: leases, which the state has
 * booked as spent. No I/O; instants are Unix milliseconds.
 */
export class Account {
  readonly name: string;
  readonly limits: AccountLimits;
  #day = Number.NaN;
  /** Numbers leased for that day and not asked yet. */
  #numbers = 0;
  /** What the day has left in the state, as it was last told. */
  #dayLeft = Number.POSITIVE_INFINITY;
  #toldMs = 0;
  #checks = 0;
  /** What the bucket in the state had left when checks were last leased, and when that was. */
  #level = 0;
  #levelAtMs = Number.POSITIVE_INFINITY;

  constructor(name: string, limits: AccountLimits) {
    this.name = name;
    this.limits = limits;
  }

  /** Takes both amounts, or neither if the leases do not cover them. */
  take({ numbers, checks }: Amounts, nowMs: number): boolean {
    if (numbers > this.numbersHeld(nowMs) || checks > this.checksHeld(nowMs)) return false;
    this.#numbers -= numbers;
    this.#checks -= checks;
    return true;
  }

  /** Numbers leased for the day that it is in Brussels; a lease of another day is worth nothing. */
  numbersHeld(nowMs: number): number {
    if (this.limits.numbersPerDay === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const day = brusselsDay(nowMs);
    if (day !== this.#day) {
      this.#day = day;
      this.#numbers = 0;
      this.#dayLeft = Number.POSITIVE_INFINITY;
    }
    return this.#numbers;
  }

  /**
   * Checks leased. What flows into the bucket meanwhile is taken off, once both together would be
   * more than the bucket holds: so a lease that lies idle adds nothing to a burst.
   */
  checksHeld(nowMs: number): number {
    const { checksPerMinute } = this.limits;
    if (checksPerMinute === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    this.#checks = Math.min(this.#checks, checksPerMinute - Math.floor(this.#bucket(nowMs)));
    return this.#checks;
  }

  /** What the bucket in the state holds by now, if no other server has taken from it. */
  #bucket(nowMs: number): number {
    const { checksPerMinute } = this.limits;
    const isSetBack = this.#levelAtMs - nowMs > AHEAD_MAX_MS;
    // Then the state is asked again.
    if (isSetBack) this.#levelAtMs = Number.POSITIVE_INFINITY;
    const inflow = (checksPerMinute * Math.max(0, nowMs - this.#levelAtMs)) / MINUTE_MS;
    return Math.min(checksPerMinute, this.#level + inflow);
  }

  /** The day to lease numbers of. */
  dayOf(nowMs: number): number {
    this.numbersHeld(nowMs);
    return this.#day;
  }

  numbersLeased(lease: { granted: number; left: number; day: number }, nowMs: number): void {
    // Midnight may have come in between.
    if (lease.day !== this.dayOf(nowMs)) return;
    this.#numbers += lease.granted;
    this.#dayLeft = lease.left;
    this.#toldMs = nowMs;
  }

  checksLeased(lease: { granted: number; level: number; atMs: number }, nowMs: number): void {
    this.checksHeld(nowMs);
    this.#checks += lease.granted;
    this.#level = lease.level;
    this.#levelAtMs = lease.atMs;
  }

  /** The budget that surely does not cover the amounts now, if one does not. */
  exhausted({ numbers, checks }: Amounts, nowMs: number): BudgetName | undefined {
    const held = this.numbersHeld(nowMs);
    const isToldOfLate = Math.abs(nowMs - this.#toldMs) < ASK_AGAIN_MS;
    if (numbers > this.limits.numbersPerDay) return 'numbers-per-day';
    if (isToldOfLate && numbers > held + this.#dayLeft) return 'numbers-per-day';
    return this.msUntilChecks(checks, nowMs) > 0 ? 'checks-per-minute' : undefined;
  }

  /** When there will be so many checks, in milliseconds from now; Infinity for too many at once. */
  msUntilChecks(checks: number, nowMs: number): number {
    const { checksPerMinute } = this.limits;
    if (checks > checksPerMinute) return Number.POSITIVE_INFINITY;
    const missing = checks - this.checksHeld(nowMs);
    if (this.#levelAtMs === Number.POSITIVE_INFINITY) return 0;
    if (missing <= Math.floor(this.#bucket(nowMs))) return 0;
    return Math.ceil(((missing - this.#bucket(nowMs)) * MINUTE_MS) / checksPerMinute);
  }

  /** What is left of both budgets as far as this server knows: leases, and what the state has. */
  left(nowMs: number): Record<BudgetName, number> {
    const numbers = this.numbersHeld(nowMs) + Math.min(this.limits.numbersPerDay, this.#dayLeft);
    const isAsked = this.#levelAtMs !== Number.POSITIVE_INFINITY;
    const bucket = isAsked ? Math.floor(this.#bucket(nowMs)) : this.limits.checksPerMinute;
    return {
      'numbers-per-day': Math.min(this.limits.numbersPerDay, numbers),
      'checks-per-minute': this.checksHeld(nowMs) + bucket,
    };
  }
}
