import { TacetError } from '../errors.ts';
import { type FreshnessOverride, isInForce } from '../store/override.ts';
import { isStore, ListStore } from '../store/store.ts';

/** The file to serve for a place. */
interface FoundList {
  readonly file: string;
  /** The name of the version, if the place is a store. */
  readonly version: string | undefined;
}

/** The override in force at a place, or why the one found there cannot be honoured. */
export interface FoundOverride {
  readonly override: FreshnessOverride | undefined;
  readonly refusal: unknown;
}

/**
 * Where lists are found: each place is a list file, or a store, which means its current version.
 */
export class ListPlaces {
  readonly paths: readonly string[];
  readonly #creates: boolean;
  #stores: Promise<(ListStore | undefined)[]> | undefined;

  /** @param options `creates`: create an empty store if a place does not exist. Default false */
  constructor(paths: readonly string[], { creates = false }: { readonly creates?: boolean } = {}) {
    this.paths = paths;
    this.#creates = creates;
  }

  /** The store of each place, undefined for a list file. Errors: ERR_STORE, ERR_IO. */
  stores(): Promise<(ListStore | undefined)[]> {
    if (this.#stores === undefined) {
      const opened = Promise.all(this.paths.map((path) => this.#openStore(path)));
      // If a place could not be opened, the next call tries again.
      opened.catch(() => {
        this.#stores = undefined;
      });
      this.#stores = opened;
    }
    return this.#stores;
  }

  async #openStore(path: string): Promise<ListStore | undefined> {
    if (this.#creates) return ListStore.open(path, { create: true });
    return (await isStore(path)) ? ListStore.open(path) : undefined;
  }

  /**
   * The name of the version that each store says is current, undefined for a file and for a store
   * without one. Reads the pointers only. Errors: ERR_STORE, ERR_IO.
   */
  async names(): Promise<(string | undefined)[]> {
    return Promise.all((await this.stores()).map((store) => store?.currentName()));
  }

  /** The files to serve now. Errors: ERR_STORE if a store has no version yet, ERR_IO. */
  async find(): Promise<FoundList[]> {
    const [stores, names] = [await this.stores(), await this.names()];
    return this.paths.map((path, index) => {
      const store = stores[index];
      if (store === undefined) return { file: path, version: undefined };
      const version = names[index];
      if (version === undefined) throw empty(path);
      return { file: store.listFile(version), version };
    });
  }

  /** The override of each place at `nowMs`; only a store has one. Errors: ERR_STORE, ERR_IO. */
  async overrides(nowMs: number): Promise<FoundOverride[]> {
    const stores = await this.stores();
    return Promise.all(
      stores.map(async (store) => {
        try {
          const override = await store?.override();
          const honoured = isInForce(override, nowMs) ? override : undefined;
          return { override: honoured, refusal: undefined };
        } catch (refusal) {
          return { override: undefined, refusal };
        }
      }),
    );
  }
}

function empty(where: string): TacetError {
  return new TacetError('ERR_STORE', {
    what: 'the store has no version yet',
    where,
    fix: 'Run `tacet sync` into it, or serve it with --sync-from',
  });
}
