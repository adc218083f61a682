import { TacetError } from '../errors.ts';
import type { ListSyncs, StoreMetricSources } from '../observe/metrics/store.ts';
import type { ServeOptions } from '../options/serve.ts';
import type { Readiness } from '../server/http.ts';
import type { SyncSecrets } from '../sync/options.ts';
import { NO_SYNCS } from '../sync/sync-log.ts';
import type { MatchPool } from '../threads/pool.ts';
import type { AgeLimits } from '../verdict/freshness.ts';
import { ListSync, syncOptionsOf } from './list-sync.ts';
import { ListWatch, type WatchLog } from './list-watch.ts';
import { type ReloadOutcome, ServedLists } from './lists.ts';
import { ListPlaces } from './places.ts';
import { readinessOf } from './readiness.ts';

/** What a {@link ListLife} needs of its server. */
export interface ListLifeEnvironment {
  readonly log: WatchLog;
  /** For --sync-from, where it is sFTP. */
  readonly syncSecrets: SyncSecrets;
  /** Made when the options of a sync have been found good: it starts threads. */
  makePool(): MatchPool;
  /** Told of every reload, whatever set it off. */
  onReload(outcome: ReloadOutcome): void;
}

/** Everything that happens to the lists of a server: loaded, watched, fetched, swapped, let go. */
export class ListLife {
  readonly pool: MatchPool;
  readonly lists: ServedLists;
  readonly #environment: ListLifeEnvironment;
  readonly #ages: AgeLimits;
  readonly #watch: ListWatch;
  readonly #sync: ListSync | undefined;

  /** Errors: ERR_OPTION where no sync can run with the options. */
  constructor(options: ServeOptions, environment: ListLifeEnvironment) {
    const { log, syncSecrets } = environment;
    this.#environment = environment;
    this.#ages = { warningMs: options.listAgeWarningMs, criticalMs: options.listAgeCriticalMs };
    const syncOptions = syncOptionsOf(options, syncSecrets);
    const when = { schedule: options.syncSchedule, jitterMs: options.syncJitterMs };
    this.#sync =
      syncOptions === undefined
        ? undefined
        : new ListSync(syncOptions, when, { log, onEnded: () => void this.#watch.poll() });
    const places = new ListPlaces(options.list, { creates: syncOptions !== undefined });
    this.pool = environment.makePool();
    this.lists = new ServedLists(this.pool, {
      places,
      kernel: options.kernel,
      verify: options.verify,
      mapping: options.mapping,
      streamPinMaxMs: options.streamPinMaxMs,
    });
    this.#watch = new ListWatch({
      places,
      lists: this.lists,
      log,
      ages: this.#ages,
      pollMs: options.listPollMs,
      reload: () => this.#reload(),
    });
  }

  /**
   * Loads the lists; where they are synced, waits for the first that can answer. Errors: ERR_STORE,
   * ERR_IO, ERR_FORMAT_*, ERR_LIST_STALE; ERR_STOPPING where `signal` ends the wait.
   */
  async open(signal: AbortSignal | undefined): Promise<void> {
    if (this.#sync === undefined) await this.lists.load();
    else await this.#loadWhenSynced(this.#sync, signal);
    this.#logLists('serving');
    await this.#watch.readFacts();
    await this.#watch.look();
    this.#watch.start();
  }

  async #loadWhenSynced(sync: ListSync, signal: AbortSignal | undefined): Promise<void> {
    await this.#watch.poll();
    sync.start();
    if (this.lists.current !== undefined) return;
    this.#environment.log.warn({}, 'no list can answer yet: waiting for a sync');
    while (this.lists.current === undefined) await this.#watch.next(signal);
  }

  /** Opens the lists again, whether they have changed or not; see {@link ServedLists.reload}. */
  async reload(): Promise<ReloadOutcome> {
    await this.#watch.look();
    return this.#reload();
  }

  async #reload(): Promise<ReloadOutcome> {
    const { log, onReload } = this.#environment;
    const outcome = await this.lists.reload();
    if (outcome === 'refused') {
      log.error({ err: this.lists.lastRefusal }, 'reload refused, the old list goes on');
    } else {
      this.#logLists(`reload: ${outcome}`);
      await this.#watch.readFacts();
    }
    onReload(outcome);
    return outcome;
  }

  #logLists(message: string): void {
    const { versions = [], set } = this.lists.current ?? {};
    for (const [index, list] of versions.entries()) {
      this.#environment.log.info({ list, mapping: set?.handles[index]?.kind }, message);
    }
  }

  /** Whether the lists can answer, and if not, why. */
  readiness(stopping: boolean): Readiness {
    const { lastRefusal } = this.lists;
    return readinessOf({
      stopping,
      headers: this.lists.current?.lists,
      waitsFor: lastRefusal instanceof TacetError ? lastRefusal.message : undefined,
      refused: this.#watch.syncs.map((seen) => seen?.refused?.quarantined),
      ages: this.#ages,
      nowMs: Date.now(),
    });
  }

  /** What the metrics of the lists' life are read from. */
  get metricSources(): StoreMetricSources {
    return {
      headers: () => this.lists.current?.lists ?? [],
      stores: () => this.#watch.facts,
      syncs: () => this.#syncs(),
      ages: this.#ages,
    };
  }

  /** The logs of the stores tell of all syncs, but not of those that could not write there. */
  #syncs(): ListSyncs[] {
    const headers = this.lists.current?.lists ?? [];
    const seen = this.#watch.syncs;
    if (this.#sync !== undefined) {
      // It has one store, and perhaps no list yet.
      const { list, unlogged } = this.#sync;
      const { counts, ...known } = seen[0] ?? NO_SYNCS;
      const all = { ...counts, failed: counts.failed + unlogged };
      return [{ list: headers[0]?.name ?? list, ...known, counts: all }];
    }
    return headers.flatMap(({ name }, index) => {
      const syncs = seen[index];
      return syncs === undefined ? [] : [{ list: name, ...syncs }];
    });
  }

  /** Looks and syncs no more; a sync under way is ended and waited for. */
  async stop(): Promise<void> {
    this.#watch.stop();
    await this.#sync?.stop();
  }
}
