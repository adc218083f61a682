import type { ListStore } from '../store/store.ts';
import { SyncLog, type SyncsSeen } from '../sync/sync-log.ts';
import type { FoundOverride, ListPlaces } from './places.ts';

/** What is reported about a store besides the version being served. */
export interface StoreFacts {
  /** Versions it has, archived ones included. */
  readonly versions: number;
  /** Numbers that the served version added and removed; null for a first version. */
  readonly added: number | null;
  readonly removed: number | null;
}

/** What was found at one place. */
export interface Sighting extends FoundOverride {
  /** Its path. */
  readonly place: string;
  /** The syncs of its store, by any process; undefined for a list file. */
  readonly syncs: SyncsSeen | undefined;
  /** Why the log of its store cannot be read, if it cannot. */
  readonly trouble: unknown;
}

/**
 * Follows what other processes do at the places of the lists: versions, overrides and syncs. It
 * only returns what it finds; the caller acts on it. It reads pointers and logs instead of watching
 * them, which also works over NFS and with Kubernetes volumes.
 */
export class Follower {
  readonly #places: ListPlaces;
  /** By index of the place; none for a list file. */
  readonly #logs = new Map<number, SyncLog>();
  #facts: readonly (StoreFacts | undefined)[] = [];
  #factsAtMs = Number.NEGATIVE_INFINITY;

  constructor(places: ListPlaces) {
    this.#places = places;
  }

  /** The syncs seen at each place, by any process; undefined for a list file. */
  get syncs(): readonly (SyncsSeen | undefined)[] {
    return this.#places.paths.map((_, index) => this.#logs.get(index)?.seen);
  }

  /** What {@link readFacts} found about the store of each place; undefined for a list file. */
  get facts(): readonly (StoreFacts | undefined)[] {
    return this.#facts;
  }

  /** The versions that the pointers name as current; see {@link ListPlaces.names}. */
  names(): Promise<(string | undefined)[]> {
    return this.#places.names();
  }

  /** Reads the override and the log of every place; one call at a time. Never rejects. */
  async look(): Promise<Sighting[]> {
    // If a store cannot be read, it has no override to honour.
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

  /** Reads what was logged since the last call; returns the error if that fails. */
  async #readLog(index: number, store: ListStore | undefined): Promise<unknown> {
    if (store === undefined) return undefined;
    const log = this.#logs.get(index) ?? new SyncLog(store);
    this.#logs.set(index, log);
    return log.read().catch((error: unknown) => error);
  }

  /**
   * Reads the records of the stores, unless they were read less than `ageMs` ago. Never rejects.
   *
   * @param served the names of the versions being served, by place
   */
  async readFacts(served: readonly (string | undefined)[], ageMs = 0): Promise<void> {
    if (performance.now() < this.#factsAtMs + ageMs) return;
    this.#factsAtMs = performance.now();
    const stores = await this.#places.stores().catch(() => []);
    this.#facts = await Promise.all(
      stores.map((store, index) => store && factsOf(store, served[index]).catch(() => undefined)),
    );
  }
}

/** Takes some milliseconds for a year of versions. Errors: ERR_IO. */
async function factsOf(store: ListStore, servedName: string | undefined): Promise<StoreFacts> {
  const history = await store.history();
  const { added = null, removed = null } = history.find(({ name }) => name === servedName) ?? {};
  return { versions: history.length, added, removed };
}
