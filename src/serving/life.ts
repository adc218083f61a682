import { setTimeout as pause } from 'node:timers/promises';
import { TacetError } from '../errors.ts';
import type { ServeOptions } from '../options/serve/table.ts';
import { NO_SYNCS, type SyncsSeen } from '../sync/sync-log.ts';
import type { MatchPool } from '../threads/pool.ts';
import type { AgeLimits } from '../verdict/freshness.ts';
import { Follower, type StoreFacts } from './follower.ts';
import type { ListSync } from './list-sync.ts';
import { type ReloadOutcome, ServedLists } from './lists.ts';
import { type ListLog, Notices } from './notices.ts';
import { ListPlaces } from './places.ts';
import { type Readiness, readinessOf } from './readiness.ts';
import type { Serving } from './serving.ts';

/** A refused version is tried again after this: the disk or the network may have been at fault. */
const RETRY_MS = 60_000;
/** How often the records of a store are read when nothing happens. */
const FACTS_MS = 60_000;

/** What a {@link ListLife} needs from its server. */
interface ListLifeEnvironment {
  readonly pool: MatchPool;
  /** Fetches the lists; undefined if another process does. */
  readonly sync: ListSync | undefined;
  readonly log: ListLog;
  /** Called with the first version before anybody is answered from it; never rejects. */
  readonly rehearse?: (first: Serving) => Promise<void>;
  /** Called after every reload, whatever triggered it. */
  onReload(outcome: ReloadOutcome): void;
}

/** The syncs of a list, as far as they were seen. */
export interface ListSyncs extends SyncsSeen {
  readonly list: string;
}

/** What the metrics of the lists are read from. */
export type ListFacts = Pick<ListLife, 'current' | 'stores' | 'syncs' | 'ages'>;

/**
 * Everything that happens to the lists of a server: they are loaded, fetched, swapped and released.
 * Every few seconds it checks whether a store has another current version, an override began or
 * ended, a file was changed while mapped, a list has become old, or a sync has run.
 */
export class ListLife {
  readonly lists: ServedLists;
  readonly ages: AgeLimits;
  readonly #environment: ListLifeEnvironment;
  readonly #follower: Follower;
  readonly #notices: Notices;
  readonly #pollMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();
  #polling: Promise<void> = Promise.resolve();
  /** The versions refused last, and when they may be tried again. */
  #refused = { names: '', retryAtMs: 0 };

  constructor(options: ServeOptions, environment: ListLifeEnvironment) {
    const { pool, sync, log, rehearse } = environment;
    const places = new ListPlaces(options.list, { creates: sync !== undefined });
    this.#environment = environment;
    this.#pollMs = options.listPollMs;
    this.ages = { warningMs: options.listAgeWarningMs, criticalMs: options.listAgeCriticalMs };
    this.#follower = new Follower(places);
    this.#notices = new Notices(log, this.ages);
    this.lists = new ServedLists(pool, places, { ...options, rehearse });
  }

  /**
   * Loads the lists. If this server syncs them, waits for the first that can answer. Errors:
   * ERR_STORE, ERR_IO, ERR_FORMAT_*, ERR_LIST_STALE; ERR_STOPPING if `signal` ends the wait.
   */
  async open(signal: AbortSignal | undefined): Promise<void> {
    const { sync } = this.#environment;
    if (sync === undefined) await this.lists.load();
    else await this.#loadWhenSynced(sync, signal);
    this.#logLists('serving');
    await this.#follower.readFacts(this.#servedNames);
    await this.#look();
    this.#pollLater();
  }

  async #loadWhenSynced(sync: ListSync, signal: AbortSignal | undefined): Promise<void> {
    await this.#poll();
    sync.start(() => void this.#poll());
    if (this.current !== undefined) return;
    this.#environment.log.warn({}, 'no list can answer yet: waiting for a sync');
    while (this.current === undefined) {
      try {
        await pause(this.#pollMs, undefined, signal === undefined ? {} : { signal });
      } catch {
        throw new TacetError('ERR_STOPPING', { what: 'stopped before there was a list to serve' });
      }
      await this.#poll();
    }
  }

  /** Polls every few seconds from now on; the timer does not keep the process alive. */
  #pollLater(): void {
    if (this.#stopped) return;
    const poll = (): void => void this.#poll().then(() => this.#pollLater());
    this.#timer = setTimeout(poll, this.#pollMs).unref();
  }

  /** Looks, and reloads if a store has another version; one at a time. Never rejects. */
  #poll(): Promise<void> {
    this.#polling = this.#polling.then(() => this.#pollOnce());
    return this.#polling;
  }

  async #pollOnce(): Promise<void> {
    try {
      await this.#look();
      if (this.#stopped) return;
      const names = await this.#follower.names();
      this.#notices.pointers();
      if (!this.lists.isOutdated(names)) return;
      const { names: refused, retryAtMs } = this.#refused;
      if (names.join() === refused && performance.now() < retryAtMs) return;
      const outcome = await this.#reload();
      const nextMs = performance.now() + RETRY_MS;
      this.#refused = { names: outcome === 'refused' ? names.join() : '', retryAtMs: nextMs };
    } catch (error) {
      this.#notices.pointers(error);
    }
  }

  /** Updates overrides, files, ages, syncs and facts; one call at a time. */
  #look(): Promise<void> {
    const look = (): Promise<void> => this.#lookOnce();
    // A look that fails because of a bug must not prevent later looks.
    this.#looking = this.#looking.then(look, look);
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    this.#notices.changedInPlace(await this.lists.lookAtFiles());
    const seen = await this.#follower.look();
    this.lists.override(seen);
    this.#notices.overrides(seen);
    this.#notices.ages(this.current?.lists ?? []);
    this.#notices.syncs(seen);
    await this.#follower.readFacts(this.#servedNames, FACTS_MS);
  }

  /** Reopens the lists, whether or not they have changed; see {@link ServedLists.reload}. */
  async reload(): Promise<ReloadOutcome> {
    await this.#look();
    return this.#reload();
  }

  async #reload(): Promise<ReloadOutcome> {
    const { log, onReload } = this.#environment;
    const outcome = await this.lists.reload();
    if (outcome === 'refused') {
      log.error({ err: this.lists.lastRefusal }, 'reload refused, the old list goes on');
    } else {
      this.#logLists(`reload: ${outcome}`);
      await this.#follower.readFacts(this.#servedNames);
    }
    onReload(outcome);
    return outcome;
  }

  get #servedNames(): readonly (string | undefined)[] {
    return this.current?.names ?? [];
  }

  #logLists(message: string): void {
    const { versions = [], set } = this.current ?? {};
    for (const [index, list] of versions.entries()) {
      this.#environment.log.info({ list, mapping: set?.handles[index]?.kind }, message);
    }
  }

  /** Whether the lists can answer, and if not, why. */
  readiness(stopping: boolean): Readiness {
    const { lastRefusal } = this.lists;
    return readinessOf({
      stopping,
      lists: this.current?.lists,
      waitsFor: lastRefusal instanceof TacetError ? lastRefusal.message : undefined,
      refused: this.#follower.syncs.map((seen) => seen?.refused?.quarantined),
      ages: this.ages,
      nowMs: Date.now(),
    });
  }

  /** See {@link ServedLists.current}. */
  get current(): Serving | undefined {
    return this.lists.current;
  }

  /** What is known about the store of each list, in list order; undefined for a list file. */
  get stores(): readonly (StoreFacts | undefined)[] {
    return this.#follower.facts;
  }

  /**
   * The syncs of each list that is in a store, by any process. The logs of the stores have all
   * syncs except those that could not write there; this server adds its own of those.
   */
  get syncs(): readonly ListSyncs[] {
    const lists = this.current?.lists ?? [];
    const seen = this.#follower.syncs;
    const { sync } = this.#environment;
    if (sync !== undefined) {
      // A server that syncs has one store, and perhaps no list yet.
      const { counts, ...known } = seen[0] ?? NO_SYNCS;
      const all = { ...counts, failed: counts.failed + sync.unlogged };
      return [{ list: lists[0]?.name ?? sync.list, ...known, counts: all }];
    }
    return lists.flatMap(({ name }, index) => {
      const syncs = seen[index];
      return syncs === undefined ? [] : [{ list: name, ...syncs }];
    });
  }

  /** Stops looking and syncing; ends a sync under way and waits for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#environment.sync?.stop();
  }
}
