import { ClientLimits, type LimitedClient } from '../access/limits/client-limits.ts';
import { TacetError } from '../errors.ts';
import type { ListHandle } from '../list/mapping.ts';
import { registerLimitMetrics } from '../observe/metrics/client-limits.ts';
import { registerRegisterMetrics } from '../observe/metrics/registers.ts';
import { StateMetrics } from '../observe/metrics/state.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { ServeOptions } from '../options/serve/table.ts';
import type { ListLog } from '../serving/notices.ts';
import { RegisterDesk } from '../state/desk/desk.ts';
import { readLocation } from '../state/location.ts';
import { openState, type State, type StateObserver } from '../state/state.ts';
import { openRegisterViews, type RegisterViews } from '../state/views/register-views.ts';
import { endsWithin } from './drain-calls.ts';

/** What a server's state needs from its server. */
interface StateEnvironment {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly log: ListLog;
  /** The clients of the access file as it is now, by name; none = there is no such file. */
  readonly clients: () => ReadonlyMap<string, LimitedClient> | undefined;
  /** How long closing may take. Default {@link CLOSE_MS}. */
  readonly closeMs?: number;
}

/** A state that has not answered in this time when the server stops is left as it is. */
const CLOSE_MS = 10_000;

/** What a server keeps, and how it limits its clients by that. */
export class ServerState {
  readonly limits: ClientLimits;
  readonly registers: RegisterViews;
  readonly desk: RegisterDesk;
  readonly #state: State;
  readonly #environment: StateEnvironment;

  private constructor(
    parts: Pick<ServerState, 'limits' | 'registers' | 'desk'> & { readonly state: State },
    environment: StateEnvironment,
  ) {
    this.#state = parts.state;
    this.limits = parts.limits;
    this.registers = parts.registers;
    this.desk = parts.desk;
    this.#environment = environment;
  }

  /**
   * Opens the state of a server, if it has one. Errors: those of `openState`; ERR_OPTION for
   * clients with budgets and no state to keep them in, and for a part of what servers share. Call
   * {@link update} then.
   */
  static async open(
    options: ServeOptions,
    environment: StateEnvironment,
  ): Promise<ServerState | undefined> {
    const { log } = environment;
    const { registry } = environment.metrics;
    const { state: location, stateWaitMs: waitMs, stateTimeoutMs: timeoutMs } = options;
    if (location === undefined) {
      const clients = environment.clients();
      ClientLimits.refuseUnkept(clients?.values() ?? []);
      if (clients !== undefined) {
        log.warn({}, 'without --state nobody is stopped who walks through the list');
      }
      return undefined;
    }
    refuseDivided(location, options.budgetShare);
    const observer = new StateNotices(new StateMetrics(registry), log);
    const state = await openState(location, { serve: true, waitMs, timeoutMs, observer });
    let limits: ClientLimits | undefined;
    try {
      limits = await ClientLimits.open(state, options, {
        onStop: (subject, reason) => log.error({ subject, reason }, 'a client was stopped'),
        onRelease: (subject) => log.warn({ subject }, 'a client was released'),
      });
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
      registerRegisterMetrics(registry, registers);
      const desk = new RegisterDesk(state, options.region);
      return new ServerState({ state, limits, registers, desk }, environment);
    } catch (error) {
      await limits?.close();
      await state.close();
      throw error;
    }
  }

  /** Takes the clients as the access file has them now. */
  update(): void {
    this.limits.update(this.#environment.clients() ?? new Map());
  }

  /** Learns how the numbers of the lists lie. Never rejects. */
  async watchLists(handles: readonly ListHandle[]): Promise<void> {
    try {
      await this.limits.coverage.listsChanged(handles);
    } catch (err) {
      const what = 'who walks is judged by the lists before: these cannot be read';
      this.#environment.log.error({ err }, what);
    }
  }

  /** Gives back what was leased, then closes. Never rejects, and never takes long. */
  async close(): Promise<void> {
    const { log, closeMs = CLOSE_MS } = this.#environment;
    const { limits, registers } = this;
    const closing = Promise.all([registers.close(), limits.close()]).then(() =>
      this.#state.close(),
    );
    const isClosed = await endsWithin(closing, closeMs);
    const { unsaved } = limits;
    if (!isClosed || Object.values(unsaved).some((count) => count > 0)) {
      log.error(unsaved, 'the state does not have all that was counted');
    }
    if (isClosed) return;
    registers.destroy();
    this.#state.destroy();
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
  #isUnread = false;

  constructor(metrics: StateMetrics, log: ListLog) {
    this.#metrics = metrics;
    this.#log = log;
  }

  committed(commitMs: number): void {
    this.#metrics.committed(commitMs);
    if (this.#isFailing) this.#log.info({}, 'the state can be written again');
    this.#isFailing = false;
    this.#isUnread = false;
  }

  failed(err: unknown, what: 'commit' | 'read'): void {
    this.#metrics.failed(what);
    if (what === 'read') {
      if (!this.#isUnread) this.#log.error({ err }, 'the state cannot be read');
      this.#isUnread = true;
      return;
    }
    if (!this.#isFailing) this.#log.error({ err }, 'the state cannot be written');
    this.#isFailing = true;
  }
}
