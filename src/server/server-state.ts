import { ClientLimits, type LimitedClient } from '../access/limits/client-limits.ts';
import { registerLimitMetrics } from '../observe/metrics/client-limits.ts';
import { registerRegisterMetrics } from '../observe/metrics/registers.ts';
import { StateMetrics } from '../observe/metrics/state.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { ServeOptions } from '../options/serve-table.ts';
import type { ListLog } from '../serving/notices.ts';
import { RegisterDesk } from '../state/desk/desk.ts';
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
  readonly desk: RegisterDesk;

  private constructor(
    state: State,
    limits: ClientLimits,
    kept: Pick<ServerState, 'registers' | 'desk'>,
  ) {
    this.state = state;
    this.limits = limits;
    this.registers = kept.registers;
    this.desk = kept.desk;
  }

  /**
   * Opens the state of a server, if it has one. Errors: those of `openState`; ERR_OPTION for
   * clients with budgets and no state to keep them in.
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
        onFailed: (err) => log.error({ err }, 'the registers cannot be read'),
        onWell: () => log.info({}, 'the registers can be read again'),
      });
      registerRegisterMetrics(registry, registers);
      const desk = new RegisterDesk(state, options.region);
      return new ServerState(state, limits, { registers, desk });
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
