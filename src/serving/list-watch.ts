import { setTimeout as pause } from 'node:timers/promises';
import { errorToData, TacetError } from '../errors.ts';
import { SyncLog, type SyncsSeen } from '../sync/sync-log.ts';
import { type AgeLimits, type AgeState, ageStateOf } from '../verdict/freshness.ts';
import type { ReloadOutcome, ServedLists } from './lists.ts';
import type { FoundOverride, ListPlaces } from './places.ts';
import { readStoreFacts, type StoreFacts } from './store-facts.ts';

/** A version that was refused is tried again after this: perhaps it was the disk or the network. */
const RETRY_MS = 60_000;
/** How often the records of a store are read when nothing happens. */
const FACTS_MS = 60_000;

/** Where the watch tells what people must know. */
export interface WatchLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ListWatchOptions {
  readonly places: ListPlaces;
  readonly lists: ServedLists;
  readonly log: WatchLog;
  readonly ages: AgeLimits;
  /** Between two looks, in ms. */
  readonly pollMs: number;
  /** Opens the lists again. */
  reload(): Promise<ReloadOutcome>;
}

/**
 * Looks, every few seconds, whether something has happened to the lists: a store has another
 * current version, an override came or went, a file was changed under its map, a list has grown
 * old, somebody has synced. Pointers and logs are read, not watched: that also works over NFS and
 * with Kubernetes volumes.
 */
export class ListWatch {
  readonly #options: ListWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();
  #polling: Promise<void> = Promise.resolve();
  /** What was tried last and refused, and when it may be tried again. */
  #refused = { names: '', retryAtMs: 0 };
  #factsAtMs = Number.NEGATIVE_INFINITY;
  /** By place; undefined for a list file. */
  #facts: readonly (StoreFacts | undefined)[] = [];
  /** By place; none for a list file. */
  readonly #logs = new Map<number, SyncLog>();
  /** What was told last about something, so that it is told once. */
  readonly #told = new Map<string, string>();

  constructor(options: ListWatchOptions) {
    this.#options = options;
  }

  /** Begins to look every few seconds, once; the timer keeps no process alive. */
  start(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      void this.poll().then(() => {
        this.#timer = undefined;
        this.start();
      });
    }, this.#options.pollMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** What is known of the store of each list that serves, in their order. */
  get facts(): readonly (StoreFacts | undefined)[] {
    return this.#facts;
  }

  /** What was seen of the syncs of each place, whoever ran them; undefined for a list file. */
  get syncs(): readonly (SyncsSeen | undefined)[] {
    return this.#options.places.paths.map((_, index) => this.#logs.get(index)?.seen);
  }

  /** Looks, and reloads where a store has another version; one at a time. Never rejects. */
  poll(): Promise<void> {
    this.#polling = this.#polling.then(() => this.#poll());
    return this.#polling;
  }

  async #poll(): Promise<void> {
    try {
      await this.look();
      if (this.#stopped) return;
      const names = await this.#options.places.names();
      this.#tell('pointer', '', () => undefined);
      if (this.#isDue(names)) await this.#reload(names.join());
    } catch (error) {
      this.#tell('pointer', textOf(error), () =>
        this.#options.log.error({ err: error }, 'the store cannot be read, its list goes on'),
      );
    }
  }

  /** Resolves after the next look. Errors: ERR_STOPPING once `signal` is aborted. */
  async next(signal: AbortSignal | undefined): Promise<void> {
    try {
      await pause(this.#options.pollMs, undefined, signal === undefined ? {} : { signal });
    } catch {
      throw new TacetError('ERR_STOPPING', { what: 'stopped before there was a list to serve' });
    }
    await this.poll();
  }

  /** Brings overrides, files, ages, syncs and facts up to date; one at a time. Never rejects. */
  look(): Promise<void> {
    const look = (): Promise<void> => this.#look();
    // A look that failed for a defect does not end all looks.
    this.#looking = this.#looking.then(look, look);
    return this.#looking;
  }

  async #look(): Promise<void> {
    await this.#lookAtFiles();
    const overrides = await this.#options.places.overrides(Date.now()).catch(() => undefined);
    // A store that cannot be read has no override that could be honoured.
    if (overrides === undefined) this.#takeUp(this.#options.places.paths.map(() => NONE));
    else this.#takeUp(overrides);
    this.#lookAtAges();
    await this.#lookAtSyncs();
    if (performance.now() >= this.#factsAtMs + FACTS_MS) await this.readFacts();
  }

  #isDue(names: readonly (string | undefined)[]): boolean {
    if (!this.#options.lists.isOutdated(names)) return false;
    return names.join() !== this.#refused.names || performance.now() >= this.#refused.retryAtMs;
  }

  async #reload(names: string): Promise<void> {
    const outcome = await this.#options.reload();
    const retryAtMs = performance.now() + RETRY_MS;
    this.#refused = outcome === 'refused' ? { names, retryAtMs } : { names: '', retryAtMs: 0 };
  }

  /** A file that is written to under its map gives wrong answers: nothing is answered from it. */
  async #lookAtFiles(): Promise<void> {
    const { lists, log } = this.#options;
    for (const { name, file } of await lists.lookAtFiles()) {
      log.error(
        { list: name, file },
        'a list file was changed in place while it was served: nothing is answered from it ' +
          'any more. Rename a whole list file over it, never copy into it, then send SIGHUP',
      );
    }
  }

  #takeUp(found: readonly FoundOverride[]): void {
    const { lists, log } = this.#options;
    lists.override(found);
    for (const [index, { override, refusal }] of found.entries()) {
      const where = this.#options.places.paths[index];
      this.#tell(`refused override ${index}`, refusal === undefined ? '' : textOf(refusal), () => {
        if (refusal !== undefined) log.error({ err: refusal }, 'a freshness override is ignored');
      });
      this.#tell(
        `override ${index}`,
        override === undefined ? '' : JSON.stringify(override),
        () => {
          if (override === undefined) log.warn({ list: where }, 'the freshness override has ended');
          else log.warn({ list: where, override }, 'a freshness override is in force');
        },
      );
    }
  }

  #lookAtAges(): void {
    const { lists, log, ages } = this.#options;
    for (const { name, snapshotDay } of lists.current?.lists ?? []) {
      const state = ageStateOf(snapshotDay, Date.now(), ages);
      this.#tell(`age ${name}`, state === 'fresh' ? '' : state, () => {
        const fields = { list: name, state };
        if (state === 'fresh') log.info(fields, 'the list is fresh again');
        else if (state === 'warning') log.warn(fields, AGE_TEXTS[state]);
        else log.error(fields, AGE_TEXTS[state]);
      });
    }
  }

  async #lookAtSyncs(): Promise<void> {
    const { places, log } = this.#options;
    const stores = await places.stores().catch(() => []);
    for (const [index, store] of stores.entries()) {
      if (store === undefined) continue;
      const list = places.paths[index];
      const syncs = this.#logs.get(index) ?? new SyncLog(store);
      this.#logs.set(index, syncs);
      const trouble = await syncs.read().then(() => '', textOf);
      this.#tell(`log ${index}`, trouble, () => {
        if (trouble !== '') log.warn({ list, trouble }, 'the log of the store cannot be read');
      });
      const { refused } = syncs.seen;
      // One that is refused again after a good one is told again.
      const text = refused === undefined ? '' : `${refused.quarantined} ${refused.sinceUnix}`;
      this.#tell(`refused ${index}`, text, () => {
        if (refused === undefined) return;
        const fields = { list, refused: refused.quarantined };
        log.error(fields, 'a new list was refused, the old one goes on');
      });
    }
  }

  /** Reads the records of the stores anew. Never rejects. */
  async readFacts(): Promise<void> {
    this.#factsAtMs = performance.now();
    const stores = await this.#options.places.stores().catch(() => []);
    const { names = [] } = this.#options.lists.current ?? {};
    this.#facts = await Promise.all(
      stores.map((store, index) =>
        store === undefined
          ? undefined
          : readStoreFacts(store, names[index]).catch(() => undefined),
      ),
    );
  }

  /** Tells what has changed since it was last told; the empty text is how everything begins. */
  #tell(what: string, text: string, say: () => void): void {
    if ((this.#told.get(what) ?? '') === text) return;
    this.#told.set(what, text);
    say();
  }
}

const NONE: FoundOverride = { override: undefined, refusal: undefined };

const AGE_TEXTS: Readonly<Record<Exclude<AgeState, 'fresh'>, string>> = {
  warning: 'the list grows old: fetch it again',
  critical: 'the list is very old: fetch it before nothing is answered any more',
  stale: 'the list is past its valid_until: nothing is answered from it without an override',
};

function textOf(error: unknown): string {
  const { code, detail } = errorToData(error);
  return `${code} ${detail.what} ${detail.where ?? ''}`;
}
