import { TacetError } from '../errors.ts';
import { type ListSetOptions, openListSet } from '../threads/list-set.ts';
import type { MatchPool } from '../threads/pool.ts';
import { verifyInWorker } from '../threads/verify/verifier.ts';
import { assertFresh } from '../verdict/freshness.ts';
import { AskedLists } from './asked-lists.ts';
import type { FoundOverride, ListPlaces } from './places.ts';
import { type ListState, type ListUser, Serving } from './serving.ts';

/** How a reload ended. */
export type ReloadOutcome = 'swapped' | 'unchanged' | 'refused';

interface ServedListsOptions extends ListSetOptions {
  /** How long a stream may keep a version after a newer one is served, in ms. */
  readonly streamPinMaxMs: number;
  /** Called with the first version before anybody is answered from it; never rejects. */
  readonly rehearse?: ((first: Serving) => Promise<void>) | undefined;
}

/** Which lists a call asks. */
export interface ListRequest {
  /** Of a version that must be among them; empty = whichever is served. */
  readonly sha256?: string;
  /** The names of the lists; none = all of them. */
  readonly names?: readonly string[];
}

/** Loads, swaps and releases the lists being served. One {@link Serving} is current. */
export class ServedLists {
  readonly #pool: MatchPool;
  readonly #places: ListPlaces;
  readonly #options: ServedListsOptions;
  /** Superseded versions that streams still hold, each with the timer that ends those streams. */
  readonly #pinTimers = new Map<Serving, NodeJS.Timeout>();
  #closed = false;
  #current: Serving | undefined;
  #reloading: Promise<ReloadOutcome> = Promise.resolve('unchanged');
  #lastRefusal: unknown;

  constructor(pool: MatchPool, places: ListPlaces, options: ServedListsOptions) {
    this.#pool = pool;
    this.#places = places;
    this.#options = options;
  }

  /** Opens the lists for the first time. Errors: ERR_STORE, ERR_IO, ERR_FORMAT_*, ERR_LIST_*. */
  async load(): Promise<void> {
    this.#serve(await this.#open());
  }

  /**
   * Reopens the files and serves them if they are whole, fresh and of another version; otherwise
   * the old version stays. Never rejects: `lastRefusal` has the reason. One at a time.
   */
  reload(): Promise<ReloadOutcome> {
    this.#reloading = this.#reloading.then(() => this.#reloadOnce());
    return this.#reloading;
  }

  async #reloadOnce(): Promise<ReloadOutcome> {
    try {
      const opened = await this.#open();
      this.#lastRefusal = undefined;
      if (this.#current?.isSameAs(opened) === true) {
        this.#pool.retire(opened.set);
        this.#current.foundAs(opened.names);
        return 'unchanged';
      }
      this.#serve(opened);
      return 'swapped';
    } catch (error) {
      this.#lastRefusal = error;
      return 'refused';
    }
  }

  async #open(): Promise<Serving> {
    const found = await this.#places.find();
    const files = found.map(({ file }) => file);
    const names = found.map(({ version }) => version);
    const set = await openListSet(files, { ...this.#options, verify: 'header' });
    try {
      if (this.#closed) throw closing();
      // Nobody is answered before both are done, so neither needs to wait for the other.
      const [prepared, ...verified] = await Promise.allSettled([
        this.#prepare(new Serving(set, names)),
        ...(this.#options.verify === 'header' ? [] : set.handles).map((handle) =>
          verifyInWorker(handle),
        ),
      ]);
      for (const { reason } of verified.filter(isRejected)) throw reason;
      if (isRejected(prepared)) throw prepared.reason;
      if (this.#closed) throw closing();
      return prepared.value;
    } catch (error) {
      this.#pool.retire(set);
      throw error;
    }
  }

  async #prepare(opened: Serving): Promise<Serving> {
    const nowMs = Date.now();
    opened.override(await this.#places.overrides(nowMs));
    assertFresh(opened.lists, nowMs);
    // Loaded now, so that the first request does not wait for it.
    await this.#pool.load(opened.set);
    if (this.#current !== undefined) return opened;
    await this.#pool.copyIndex(opened.set);
    await this.#options.rehearse?.(opened);
    return opened;
  }

  #serve(opened: Serving): void {
    const previous = this.#current;
    this.#current = opened;
    if (previous === undefined) return;
    this.#supersede(previous);
    void this.#pool.copyIndex(opened.set);
  }

  #supersede(serving: Serving): void {
    serving.supersede();
    if (serving.isOver) {
      this.#retire(serving);
      return;
    }
    const end = (): void => serving.expire(outlived());
    this.#pinTimers.set(serving, setTimeout(end, this.#options.streamPinMaxMs).unref());
  }

  #retire(serving: Serving): void {
    // Otherwise the timer would keep the set, and a shared copy of its files, until it fires.
    clearTimeout(this.#pinTimers.get(serving));
    this.#pinTimers.delete(serving);
    this.#pool.retire(serving.set);
  }

  /** What is served now, fresh or not; undefined before the first load. */
  get current(): Serving | undefined {
    return this.#current;
  }

  /** Why the last reload was refused, until one succeeds. */
  get lastRefusal(): unknown {
    return this.#lastRefusal;
  }

  /**
   * Whether a reload may change what is served, if the stores name these versions as current. A
   * store without a pointer offers nothing, so what is served stays.
   */
  isOutdated(names: readonly (string | undefined)[]): boolean {
    const { names: served = [], lists = [] } = this.#current ?? {};
    return names.some((name, index) => {
      if (name === undefined) return false;
      // After a refusal, even a rollback to the served version needs a reload: it clears the
      // refusal.
      if (this.#lastRefusal !== undefined) return true;
      return name !== served[index] || lists[index]?.changedInPlace === true;
    });
  }

  /** Every version that may still answer, the current one first. */
  get #held(): Serving[] {
    const current = this.#current === undefined ? [] : [this.#current];
    return [...current, ...this.#pinTimers.keys()];
  }

  /** Applies these overrides, one per list, to every version that is held. */
  override(found: readonly FoundOverride[]): void {
    for (const serving of this.#held) serving.override(found);
  }

  /** Stops answering from lists whose file was written to; returns those newly found. */
  async lookAtFiles(): Promise<ListState[]> {
    const changed: ListState[] = [];
    for (const serving of this.#held) changed.push(...(await serving.lookAtFiles()));
    return changed;
  }

  /**
   * The lists that answer a call beginning now, held for it until {@link release}. Errors:
   * ERR_LIST_NONE, ERR_LIST_STALE, ERR_LIST_CHANGED, ERR_LIST_UNKNOWN, ERR_LIST_VERSION (none of
   * those asked has `sha256`).
   */
  acquire(user: ListUser, { sha256 = '', names = [] }: ListRequest = {}): AskedLists {
    const serving = this.#current;
    if (serving === undefined) {
      throw new TacetError('ERR_LIST_NONE', { what: 'no list is loaded' });
    }
    const asked = new AskedLists(serving, names);
    assertFresh(asked.lists, Date.now());
    if (sha256 !== '' && !asked.lists.some((list) => list.sha256 === sha256)) {
      throw new TacetError('ERR_LIST_VERSION', {
        what: 'the list version asked for is not served',
        fix: 'Ask GetLists which versions are, or leave list_sha256 empty',
      });
    }
    serving.hold(user);
    return asked;
  }

  /** Ends the hold of `user`; the last release frees a superseded version. */
  release(user: ListUser, { served }: AskedLists): void {
    if (served.release(user) && served.isOver) this.#retire(served);
  }

  /**
   * Releases what is served, for good; a reload under way is refused. Call it only when no batch is
   * in the pool. A version that a call still holds is released with that call.
   */
  close(): void {
    this.#closed = true;
    for (const timer of this.#pinTimers.values()) clearTimeout(timer);
    this.#pinTimers.clear();
    if (this.#current !== undefined) this.#supersede(this.#current);
    this.#current = undefined;
  }
}

function isRejected(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return result.status === 'rejected';
}

function closing(): TacetError {
  return new TacetError('ERR_STOPPING', { what: 'the server is stopping' });
}

function outlived(): TacetError {
  return new TacetError('ERR_LIST_SUPERSEDED', {
    what: 'the stream outlived its list version: a newer one serves',
    fix: 'Open a new stream and go on behind the last answer',
    facts: { limit: 'stream-pin' },
  });
}
