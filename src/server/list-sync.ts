import { SYNC_DEFAULTS, type SyncOptions } from '../sync/options.ts';
import type { SyncOutcome } from '../sync/outcome.ts';
import { SyncScheduler } from '../sync/schedule.ts';
import type { WatchLog } from './list-watch.ts';
import type { SyncFacts } from './metrics/store.ts';
import type { ServeOptions } from './options.ts';

/**
 * What a server that fetches its own list is asked for; undefined = it does not.
 *
 * @param password for sFTP, from the environment
 */
export function syncOptionsOf(
  options: ServeOptions,
  password: string | undefined,
): SyncOptions | undefined {
  const [store] = options.list;
  if (options.syncFrom === undefined || store === undefined) return undefined;
  return {
    ...SYNC_DEFAULTS,
    store,
    from: options.syncFrom,
    hostKeys: options.syncHostKey === undefined ? [] : [options.syncHostKey],
    knownHostsFile: options.syncKnownHosts ?? null,
    keyFile: options.syncKeyFile ?? null,
    passphraseFile: options.syncPassphraseFile ?? null,
    passwordFile: options.syncPasswordFile ?? null,
    password: password ?? null,
    snapshot: options.syncSnapshot,
    name: options.syncName,
    layoutFile: options.syncLayout ?? null,
    badLinesMax: options.syncBadLinesMax,
    keepDays: options.syncKeepDays,
    keepVersions: options.syncKeepVersions,
  };
}

/** The syncs of one server: runs them by schedule, tells the log, remembers what became of them. */
export class ListSync {
  readonly #scheduler: SyncScheduler;
  readonly #counts: Record<string, number> = {};
  readonly #log: WatchLog;
  readonly #onEnded: () => void;
  #lastSuccessUnix = 0;
  #refused: string | undefined;

  /** @param told `onEnded`: called when a sync has ended, however it did */
  constructor(
    options: SyncOptions,
    when: { readonly schedule: string; readonly jitterMs: number },
    told: { readonly log: WatchLog; onEnded(): void },
  ) {
    this.#log = told.log;
    this.#onEnded = told.onEnded;
    this.#scheduler = new SyncScheduler(
      { ...options, ...when },
      { onOutcome: (outcome) => this.#take(outcome) },
    );
  }

  start(): void {
    void this.#scheduler.start();
  }

  /** Ends a sync under way; what it has not finished it has not begun. */
  async stop(): Promise<void> {
    await this.#scheduler.stop();
  }

  /** Where the file is that the last sync refused; undefined = it refused none. */
  get refused(): string | undefined {
    return this.#refused;
  }

  get facts(): SyncFacts {
    return { counts: this.#counts, lastSuccessUnix: this.#lastSuccessUnix };
  }

  #take(outcome: SyncOutcome): void {
    const { result, message } = outcome;
    this.#counts[result] = (this.#counts[result] ?? 0) + 1;
    if (result === 'refused') this.#refused = outcome.quarantined ?? undefined;
    if (result === 'switched' || result === 'unchanged') {
      this.#refused = undefined;
      this.#lastSuccessUnix = Math.floor(outcome.finishedAtUnixMs / 1000);
      this.#log.info({ sync: outcome }, `sync: ${message}`);
    } else {
      this.#log.error({ sync: outcome }, `sync: ${message}`);
    }
    this.#onEnded();
  }
}
