import { TacetError } from '../errors.ts';
import type { ListHeader } from '../list/format.ts';
import { type ListSet, type ListSetOptions, openListSet } from '../pool/list-set.ts';
import type { MatchPool } from '../pool/pool.ts';
import { assertFresh } from '../verdict/freshness.ts';

/** One set of lists while anything is answered from it. */
export interface ServedSet {
  readonly set: ListSet;
  /** Streams and calls under way on it. */
  readonly users: Set<ListUser>;
  superseded: boolean;
}

/** A stream that must end when its set has been superseded for too long. */
export interface ListUser {
  expire(error: TacetError): void;
}

/** How a reload ended. */
export type ReloadOutcome = 'swapped' | 'unchanged' | 'refused';

export interface ServedListsOptions extends ListSetOptions {
  readonly paths: readonly string[];
  /** How long a stream may go on with a version after a newer one serves, in ms. */
  readonly streamPinMaxMs: number;
}

/** The lists being served: loads, swaps and lets go of them. One set is current at a time. */
export class ServedLists {
  readonly #pool: MatchPool;
  readonly #options: ServedListsOptions;
  readonly #pinTimers = new Map<ServedSet, NodeJS.Timeout>();
  #closed = false;
  #current: ServedSet | undefined;
  #reloading: Promise<ReloadOutcome> = Promise.resolve('unchanged');
  /** The last reload that was refused, until one succeeds. */
  lastRefusal: unknown;

  constructor(pool: MatchPool, options: ServedListsOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  /** Opens the lists for the first time. Errors: ERR_IO, ERR_FORMAT_*, ERR_LIST_STALE. */
  async load(): Promise<void> {
    this.#serve(await this.#open());
  }

  /**
   * Opens the files again and serves them if they are whole, fresh and of another version; the old
   * set goes on serving otherwise. Never rejects: `lastRefusal` has the reason. One at a time.
   */
  reload(): Promise<ReloadOutcome> {
    this.#reloading = this.#reloading.then(() => this.#reloadOnce());
    return this.#reloading;
  }

  async #reloadOnce(): Promise<ReloadOutcome> {
    try {
      const set = await this.#open();
      this.lastRefusal = undefined;
      const now = this.#current;
      if (now !== undefined && sameVersions(now.set.headers, set.headers)) {
        this.#pool.retire(set);
        return 'unchanged';
      }
      this.#serve(set);
      return 'swapped';
    } catch (error) {
      this.lastRefusal = error;
      return 'refused';
    }
  }

  async #open(): Promise<ListSet> {
    const set = await openListSet(this.#options.paths, this.#options);
    try {
      if (this.#closed) throw closing();
      assertFresh(set.headers, Date.now());
      // Now, so that the first request does not wait for it.
      await this.#pool.load(set);
      this.#pool.matcherOf(set);
      if (this.#closed) throw closing();
    } catch (error) {
      this.#pool.retire(set);
      throw error;
    }
    return set;
  }

  #serve(set: ListSet): void {
    const previous = this.#current;
    this.#current = {
      set,
      users: new Set(),
      superseded: false,
    };
    if (previous !== undefined) this.#supersede(previous);
  }

  #supersede(served: ServedSet): void {
    served.superseded = true;
    if (served.users.size === 0) {
      this.#retire(served);
      return;
    }
    const timer = setTimeout(() => {
      for (const user of served.users) user.expire(outlived());
    }, this.#options.streamPinMaxMs);
    timer.unref();
    this.#pinTimers.set(served, timer);
  }

  #retire(served: ServedSet): void {
    // The timer would keep the set, and a shared copy of its files, for as long as it may run.
    clearTimeout(this.#pinTimers.get(served));
    this.#pinTimers.delete(served);
    this.#pool.retire(served.set);
  }

  /** The current set, fresh or not; undefined before the first load. */
  get current(): ServedSet | undefined {
    return this.#current;
  }

  /**
   * The set that a call that begins now is answered from, held for it until {@link release}.
   * Errors: ERR_LIST_NONE, ERR_LIST_STALE, ERR_LIST_VERSION (another than `sha256` is served).
   */
  acquire(user: ListUser, sha256 = ''): ServedSet {
    const served = this.#current;
    if (served === undefined) {
      throw new TacetError('ERR_LIST_NONE', { what: 'no list is loaded' });
    }
    assertFresh(served.set.headers, Date.now());
    if (sha256 !== '' && !served.set.versions.some((version) => version.sha256 === sha256)) {
      throw new TacetError('ERR_LIST_VERSION', {
        what: 'the list version asked for is not served',
        fix: 'Ask GetLists which versions are, or leave list_sha256 empty',
      });
    }
    served.users.add(user);
    return served;
  }

  /** Ends the hold of `user`; the last one lets a superseded set go. */
  release(user: ListUser, served: ServedSet): void {
    if (!served.users.delete(user)) return;
    if (served.superseded && served.users.size === 0) this.#retire(served);
  }

  /**
   * Lets go of what is served, for good: a reload under way is refused. Only once no batch is in
   * the pool; a set that a call still holds goes with that call.
   */
  close(): void {
    this.#closed = true;
    for (const timer of this.#pinTimers.values()) clearTimeout(timer);
    this.#pinTimers.clear();
    if (this.#current !== undefined) this.#supersede(this.#current);
    this.#current = undefined;
  }
}

function sameVersions(a: readonly ListHeader[], b: readonly ListHeader[]): boolean {
  const versions = (headers: readonly ListHeader[]): string =>
    headers.map((header) => `${header.sha256} ${header.sourceSha256}`).join();
  return versions(a) === versions(b);
}

function closing(): TacetError {
  return new TacetError('ERR_STOPPING', { what: 'the server is stopping' });
}

function outlived(): TacetError {
  return new TacetError('ERR_STOPPING', {
    what: 'the stream outlived its list version: a newer one serves',
    fix: 'Open a new stream and go on behind the last answer',
  });
}
