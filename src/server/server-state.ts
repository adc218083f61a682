import { ClientLimits, type LimitedClient } from '../access/limits/client-limits.ts';
import { TacetError } from '../errors.ts';
import { registerLimitMetrics } from '../observe/metrics/client-limits.ts';
import { StateMetrics } from '../observe/metrics/state.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { ServeOptions } from '../options/serve/table.ts';
import type { ListLog } from '../serving/notices.ts';
import { readLocation } from '../state/location.ts';
import { openState, type State, type StateObserver } from '../state/state.ts';
import { openRegisterViews, type RegisterViews } from '../state/views/register-views.ts';

/** What a server's state needs from its server. */
interface StateEnvironment {
  readonly metrics: Metrics;
  readonly log: ListLog;
  /** The clients of the access file, by name; none = there is no such file. */
  readonly clients: ReadonlyMap<string, LimitedClient> | undefined;
}

/** What a server keeps, and how it limits its clients by that. */
export class ServerState {
  readonly state: State;
  readonly limits: ClientLimits;
  readonly registers: RegisterViews;

  private constructor(state: State, limits: ClientLimits, registers: RegisterViews) {
    this.state = state;
    this.limits = limits;
    this.registers = registers;
  }

  /**
   * Opens the state of a server, if it has one. Errors: those of `openState`; ERR_OPTION for
   * clients with budgets and no state to keep them in, and for a part of what servers share.
   */
  static async open(
    options: ServeOptions,
    environment: StateEnvironment,
  ): Promise<ServerState | undefined> {
    const { clients = new Map(), log } = environment;
    const { registry } = environment.metrics;
    const { state: location, stateWaitMs: waitMs, stateTimeoutMs: timeoutMs } = options;
    if (location === undefined) {
      ClientLimits.refuseUnkept(clients.values());
      if (environment.clients !== undefined) {
        log.warn({}, 'without --state nobody is stopped who walks through the list');
      }
      return undefined;
    }
    refuseDivided(location, options.budgetShare);
    const observer = new StateNotices(new StateMetrics(registry), log);
    const state = await openState(location, { serve: true, waitMs, timeoutMs, observer });
    try {
      const limits = await ClientLimits.open(state, options, {
        onStop: (subject, reason) => log.error({ subject, reason }, 'a client was stopped'),
        onRelease: (subject) => log.warn({ subject }, 'a client was released'),
      });
      limits.update(clients);
      registerLimitMetrics(registry, limits);
      log.info({ state: location }, 'the state is open');
      const registers = await openRegisterViews(location, {
        timeoutMs,
        pollMs: options.registerPollMs,
        staleMaxMs: options.stateStaleMaxMs,
        bytesMax: options.registersMax,
        observer: {
          failed: (err) => log.error({ err }, 'the registers cannot be read'),
          recovered: () => log.info({}, 'the registers can be read again'),
        },
      });
      return new ServerState(state, limits, registers);
    } catch (error) {
      await state.close();
      throw error;
    }
  }

  /** Gives back what was leased, then closes. Never rejects. */
  async close(): Promise<void> {
    await this.registers.close();
    await this.limits.close();
    await this.state.close();
  }
}

function refuseDivided(location: string, { part, of }: ServeOptions['budgetShare']): void {
  if (part === of || readLocation(location).kind !== 'postgres') return;
  throw new TacetError('ERR_OPTION', {
    what: '--budget-share divides budgets, and servers with one PostgreSQL share them',
    where: '--budget-share',
    expected: 'no --budget-share beside a --state of PostgreSQL',
  });
}

/** Counts what the state does, and logs when it fails and when it is well again. */
class StateNotices implements StateObserver {
  readonly #metrics: StateMetrics;
  readonly #log: ListLog;
  #isFailing = false;

  constructor(metrics: StateMetrics, log: ListLog) {
    this.#metrics = metrics;
    this.#log = log;
  }

  committed(commitMs: number): void {
    this.#metrics.committed(commitMs);
    if (this.#isFailing) this.#log.info({}, 'the state can be written again');
    this.#isFailing = false;
  }

  failed(err: unknown): void {
    this.#metrics.failed();
    if (!this.#isFailing) this.#log.error({ err }, 'the state cannot be written');
    this.#isFailing = true;
  }
}
