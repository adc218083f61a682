import { brusselsDay } from '../../calendar/brussels.ts';
import { TacetError } from '../../errors.ts';
import type { State } from '../../state/state.ts';
import type { AnsweredKeys } from '../../threads/slots.ts';
import { CoverageWatch } from '../coverage/coverage-watch.ts';
import type { Amounts } from './account.ts';
import { AnswerShares } from './answer-shares.ts';
import { type BudgetedClient, type BudgetShare, hasBudget } from './budgeted-client.ts';
import { Budgets } from './budgets.ts';
import { OptInDays } from './opt-in-days.ts';
import { partySubject, Stops, type Subject } from './stops.ts';
import type { EndingCall } from './waiting.ts';

/** What limits need to know of a client. */
export interface LimitedClient extends BudgetedClient {
  readonly party: { readonly id: string };
}

/** How clients are limited; the values are those of the options of the same names. */
export interface LimitOptions {
  readonly budgetShare: BudgetShare;
  readonly budgetLeaseMax: number;
  readonly blockedShareMax: number;
  readonly blockedShareNumbersMin: number;
  readonly optInDaysMax: number;
  readonly optInDaysWindow: number;
}

interface LimitEnvironment {
  /** Called when somebody was stopped, and when a person has released somebody. */
  readonly onStop?: (subject: Subject, reason: string) => void;
  readonly onRelease?: (subject: Subject) => void;
  /** The clock, in Unix milliseconds. Default: the system's. */
  readonly nowMs?: () => number;
}

/** How long what was spent, answered and asked is kept; looked at once a day. */
const KEPT_DAYS = 400;
const DAY_MS = 86_400_000;

/** Everything that limits how much clients may ask: budgets, stops, and what leads to a stop. */
export class ClientLimits {
  readonly budgets: Budgets;
  readonly stops: Stops;
  readonly shares: AnswerShares;
  readonly coverage: CoverageWatch;
  readonly #state: State;
  readonly #options: LimitOptions;
  readonly #nowMs: () => number;
  /** By party; made when one asks with opt-ins. */
  readonly #optInDays = new Map<string, OptInDays>();
  readonly #timer: NodeJS.Timeout;
  #clients: ReadonlyMap<string, LimitedClient> = new Map();

  private constructor(
    state: State,
    parts: { budgets: Budgets; stops: Stops; shares: AnswerShares; coverage: CoverageWatch },
    { options, nowMs }: { options: LimitOptions; nowMs: () => number },
  ) {
    this.#state = state;
    this.budgets = parts.budgets;
    this.stops = parts.stops;
    this.shares = parts.shares;
    this.coverage = parts.coverage;
    this.#options = options;
    this.#nowMs = nowMs;
    // It is the same every day: what fails is done tomorrow.
    this.#timer = setInterval(() => this.forgetOld().catch(() => undefined), DAY_MS).unref();
  }

  /** Reads who is stopped, and begins to lease. Errors: ERR_STATE. */
  static async open(
    state: State,
    options: LimitOptions,
    environment: LimitEnvironment = {},
  ): Promise<ClientLimits> {
    const { nowMs = Date.now, onStop, onRelease } = environment;
    const stops = await Stops.open(state, {
      ...(onStop !== undefined && { onStop }),
      onRelease: (subject) => {
        limits.#released(subject);
        onRelease?.(subject);
      },
    });
    const { budgetShare: share, budgetLeaseMax: leaseNumbersMax } = options;
    const budgets = new Budgets(state, { share, leaseNumbersMax, nowMs });
    const shares = new AnswerShares(state, stops, { ...options, nowMs });
    const coverage = await CoverageWatch.open(state, stops);
    const parts = { budgets, stops, shares, coverage };
    const limits = new ClientLimits(state, parts, { options, nowMs });
    await limits.forgetOld();
    return limits;
  }

  /**
   * Refuses budgets where there is no state: kept in memory they would begin anew with every
   * restart. Errors: ERR_OPTION.
   */
  static refuseUnkept(clients: Iterable<BudgetedClient>): void {
    for (const client of clients) {
      if (!hasBudget(client)) continue;
      throw new TacetError('ERR_OPTION', {
        what: `the client ${client.name} has a budget, and there is no --state to keep it in`,
        where: '--access',
        fix: 'Give --state DIR or --state postgres://...',
      });
    }
  }

  /** Sets who the clients are, at the start and whenever the access file has changed. */
  update(clients: ReadonlyMap<string, LimitedClient>): void {
    this.#clients = clients;
    this.budgets.update(clients.values());
    const parties = new Set(Array.from(clients.values(), ({ party }) => party.id));
    this.coverage.keepOnly(parties);
    for (const party of this.#optInDays.keys()) {
      if (!parties.has(party)) this.#optInDays.delete(party);
    }
  }

  /** Forgets what is too old, here and in the state. Errors: ERR_STATE. */
  async forgetOld(): Promise<void> {
    const nowMs = this.#nowMs();
    const today = brusselsDay(nowMs);
    for (const [party, days] of this.#optInDays) {
      if (days.isOver(today)) this.#optInDays.delete(party);
    }
    const kept = { day: today - KEPT_DAYS, atMs: nowMs - KEPT_DAYS * DAY_MS };
    await this.#state.run('forgetOld', kept);
  }

  /** Refuses who was stopped, and whose budgets surely do not cover a question. */
  check(client: LimitedClient, amounts: Amounts): void {
    this.stops.check(client);
    this.budgets.check(client.name, amounts);
  }

  /** See {@link Budgets.takeOrWait}; also refuses who was stopped, before the wait or in it. */
  takeOrWait(
    client: LimitedClient,
    amounts: Amounts,
    call?: EndingCall,
  ): Promise<void> | undefined {
    this.stops.check(client);
    return this.budgets
      .takeOrWait(client.name, amounts, call)
      ?.then(() => this.stops.check(client));
  }

  /** Counts the answers of a batch; how many numbers, and how many of them were blocked. */
  answered(client: LimitedClient, answers: { numbers: number; blocked: number }): void {
    this.shares.add(client.name, answers.numbers, answers.blocked);
  }

  /** Looks at what was asked, before the answers are out: it may stop the party of the client. */
  saw({ party: { id } }: LimitedClient, answered: AnsweredKeys): void {
    const { memory, keys, optIns, count } = answered;
    this.coverage.observe(id, new DataView(memory), { at: keys, count });
    if (optIns === 0) return;
    const { optInDaysMax: daysMax, optInDaysWindow: windowDays } = this.#options;
    let days = this.#optInDays.get(id);
    if (days === undefined) {
      days = new OptInDays({ daysMax, windowDays });
      this.#optInDays.set(id, days);
    }
    if (!days.observe(answered, brusselsDay(this.#nowMs()))) return;
    const what = `a number was asked with more than ${daysMax} opt-in days`;
    this.stops.stop(partySubject(id), `${what} within ${windowDays} days`);
  }

  #released(subject: Subject): void {
    this.shares.forget(subject);
    this.coverage.released(subject);
    for (const [party, days] of this.#optInDays) {
      if (subject === partySubject(party)) days.forget();
    }
  }

  /** The clients that may not ask: stopped, or of a party that is. */
  get stoppedClients(): readonly (readonly [client: string, isStopped: boolean])[] {
    const { stopped } = this.stops;
    return [...this.#clients.values()].map(({ name, party }) => [
      name,
      stopped.has(name) || stopped.has(partySubject(party.id)),
    ]);
  }

  /** What the state does not have: numbers answered, parties, stops, and accounts with leases. */
  get unsaved() {
    const { shares, coverage, stops, budgets } = this;
    return {
      ...{ answers: shares.unsaved, parties: coverage.unsaved },
      ...{ stops: stops.unsaved, accounts: budgets.unreturned },
    };
  }

  /** Gives back leases and saves counts. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.budgets.close(), this.shares.close(), this.coverage.close()]);
    await this.stops.close();
  }
}
