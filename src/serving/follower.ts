import type { ListStore } from '../store/store.ts';
import { SyncLog, type SyncsSeen } from '../sync/sync-log.ts';
import type { FoundOverride, ListPlaces } from './places.ts';
import { readStoreFacts, type StoreFacts } from './store-facts.ts';

/** What was found at one place. */
export interface Sighting extends FoundOverride {
  /** Its path. */
  readonly place: string;
  /** The syncs of its store, whoever ran them; undefined for a list file. */
  readonly syncs: SyncsSeen | undefined;
  /** Why the log of its store cannot be read. */
  readonly trouble: unknown;
}

/**
 * Follows what others do at the places of the lists: versions, overrides and syncs. It returns what
 * it finds, and what comes of it is the caller's. Pointers and logs are read, not watched: that
 * also works over NFS and with Kubernetes volumes.
 */
export class Follower {
  readonly #places: ListPlaces;
  /** By place; none for a list file. */
  readonly #logs = new Map<number, SyncLog>();
  #facts: readonly (StoreFacts | undefined)[] = [];
  #factsAtMs = Number.NEGATIVE_INFINITY;

  constructor(places: ListPlaces) {
    this.#places = places;
  }

  /** What was seen of the syncs of each place, whoever ran them; undefined for a list file. */
  get syncs(): readonly (SyncsSeen | undefined)[] {
    return this.#places.paths.map((_, index) => this.#logs.get(index)?.seen);
  }

  /** What {@link readFacts} found of the store of each place; undefined for a list file. */
  get facts(): readonly (StoreFacts | undefined)[] {
    return this.#facts;
  }

  /** The names of the versions that serve by the pointers; see {@link ListPlaces.names}. */
  names(): Promise<(string | undefined)[]> {
    return this.#places.names();
  }

  /** Looks at the override and the log of every place; one look at a time. Never rejects. */
  async look(): Promise<Sighting[]> {
    // A store that cannot be read has no override that could be honoured.
    const overrides = await this.#places.overrides(Date.now()).catch(() => []);
    const stores = await this.#places.stores().catch(() => []);
    return Promise.all(
      this.#places.paths.map(async (place, index) => {
        const { override, refusal } = overrides[index] ?? {};
        const trouble = await this.#readLog(index, stores[index]);
        return { place, override, refusal, trouble, syncs: this.#logs.get(index)?.seen };
      }),
    );
  }

  /** Takes up what was logged since; returns why that could not be read. */
  async #readLog(index: number, store: ListStore | undefined): Promise<unknown> {
    if (store === undefined) return undefined;
    const log = this.#logs.get(index) ?? new SyncLog(store);
    this.#logs.set(index, log);
    return log.read().catch((error: unknown) => error);
  }

  /**
   * Reads the records of the stores, unless they were read less than `ageMs` ago. Never rejects.
   *
   * @param served the names of the versions that serve, by place
   */
  async readFacts(served: readonly (string | undefined)[], ageMs = 0): Promise<void> {
    if (performance.now() < this.#factsAtMs + ageMs) return;
    this.#factsAtMs = performance.now();
    const stores = await this.#places.stores().catch(() => []);
    this.#facts = await Promise.all(
      stores.map(async (store, index) => {
        if (store === undefined) return undefined;
        return readStoreFacts(store, served[index]).catch(() => undefined);
      }),
    );
  }
}
