import { brusselsDay } from '../../calendar/brussels.ts';
import { TacetError } from '../../errors.ts';
import type { State } from '../../state/state.ts';
import type { AnsweredKeys } from '../../threads/slots.ts';
import { CoverageWatch } from '../coverage/coverage-watch.ts';
import type { Amounts } from './account.ts';
import { AnswerShares } from './answer-shares.ts';
import { type BudgetedClient, type BudgetShare, hasBudget } from './budgeted-client.ts';
import { Budgets } from './budgets.ts';
import { type AskedOptIns, OptInDays } from './opt-in-days.ts';
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

/** Days of spent and answered numbers that are kept. */
const KEPT_DAYS = 400;

/** Everything that limits how much clients may ask: budgets, stops, and what leads to a stop. */
export class ClientLimits {
  readonly budgets: Budgets;
  readonly stops: Stops;
  readonly shares: AnswerShares;
  readonly coverage: CoverageWatch;
  readonly #options: LimitOptions;
  readonly #nowMs: () => number;
  /** By party; made when one asks with opt-ins. */
  readonly #optInDays = new Map<string, OptInDays>();
  #clients: ReadonlyMap<string, LimitedClient> = new Map();

  private constructor(
    parts: { budgets: Budgets; stops: Stops; shares: AnswerShares; coverage: CoverageWatch },
    options: LimitOptions,
    nowMs: () => number,
  ) {
    this.budgets = parts.budgets;
    this.stops = parts.stops;
    this.shares = parts.shares;
    this.coverage = parts.coverage;
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /** Reads who is stopped, and begins to lease. Errors: ERR_STATE. */
  static async open(
    state: State,
    options: LimitOptions,
    environment: LimitEnvironment = {},
  ): Promise<ClientLimits> {
    const { nowMs = Date.now, onStop, onRelease } = environment;
    await state.run('forgetDays', { before: brusselsDay(nowMs()) - KEPT_DAYS });
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
    const limits = new ClientLimits({ budgets, stops, shares, coverage }, options, nowMs);
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
  saw(client: LimitedClient, { memory, keys, optIns, verdicts, count }: AnsweredKeys): void {
    this.coverage.observe(client.party.id, new DataView(memory), { at: keys, count });
    if (optIns === 0) return;
    // Copied: in a request they may lie at any address.
    const words = new Uint32Array(memory.slice(keys, keys + count * 8));
    const optInDays = new Uint32Array(memory.slice(optIns, optIns + count * 4));
    const ofKeys = new Uint8Array(memory, verdicts, count);
    this.#optInsAsked(client, { words, optInDays, verdicts: ofKeys, count });
  }

  /** A party that probes is stopped. */
  #optInsAsked({ party: { id } }: LimitedClient, asked: AskedOptIns): void {
    const { optInDaysMax: daysMax, optInDaysWindow: windowDays } = this.#options;
    let days = this.#optInDays.get(id);
    if (days === undefined) {
      days = new OptInDays({ daysMax, windowDays });
      this.#optInDays.set(id, days);
    }
    if (!days.observe(asked, brusselsDay(this.#nowMs()))) return;
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

  /** Gives back leases and saves counts. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([this.budgets.close(), this.shares.close(), this.coverage.close()]);
    await this.stops.close();
  }
}
