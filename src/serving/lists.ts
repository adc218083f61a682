import { TacetError } from '../errors.ts';
import type { ListHeader } from '../list/format.ts';
import { type ListSetOptions, openListSet } from '../threads/list-set.ts';
import type { MatchPool } from '../threads/pool.ts';
import { assertFresh } from '../verdict/freshness.ts';
import { LiveSet } from './live-set.ts';
import type { FoundList, FoundOverride, ListPlaces } from './places.ts';

/** One set of lists while anything is answered from it. */
export interface ServedSet {
  readonly set: LiveSet;
  /** Where it came from, one entry a list. */
  found: readonly FoundList[];
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
  readonly places: ListPlaces;
  /** How long a stream may go on with a version after a newer one serves, in ms. */
  readonly streamPinMaxMs: number;
}

/** The lists being served: loads, swaps and lets go of them. One set is current at a time. */
export class ServedLists {
  readonly #pool: MatchPool;
  readonly #options: ServedListsOptions;
  /** Superseded sets that streams still hold, each with the timer that ends those. */
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

  /** Opens the lists for the first time. Errors: ERR_STORE, ERR_IO, ERR_FORMAT_*, ERR_LIST_*. */
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
      const opened = await this.#open();
      this.lastRefusal = undefined;
      const now = this.#current;
      if (now !== undefined && isSameAs(now, opened)) {
        this.#pool.retire(opened.set);
        now.found = opened.found;
        return 'unchanged';
      }
      this.#serve(opened);
      return 'swapped';
    } catch (error) {
      this.lastRefusal = error;
      return 'refused';
    }
  }

  async #open(): Promise<ServedSet> {
    const { places } = this.#options;
    const found = await places.find();
    const files = found.map(({ file }) => file);
    const set = new LiveSet(await openListSet(files, this.#options));
    try {
      if (this.#closed) throw closing();
      const nowMs = Date.now();
      set.override((await places.overrides(nowMs)).map(({ override }) => override));
      assertFresh(set.headers, nowMs);
      // Now, so that the first request does not wait for it.
      await this.#pool.load(set);
      if (this.#closed) throw closing();
    } catch (error) {
      this.#pool.retire(set);
      throw error;
    }
    return { set, found, users: new Set(), superseded: false };
  }

  #serve(opened: ServedSet): void {
    const previous = this.#current;
    this.#current = opened;
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

  /** The sets that anything may still be answered from, the current one first. */
  get held(): ServedSet[] {
    const current = this.#current === undefined ? [] : [this.#current];
    return [...current, ...this.#pinTimers.keys()];
  }

  /** Honours the overrides given, one a list, in every set that is held. */
  override(found: readonly FoundOverride[]): void {
    const overrides = found.map(({ override }) => override);
    for (const { set } of this.held) set.override(overrides);
  }

  /**
   * The set that a call that begins now is answered from, held for it until {@link release}.
   * Errors: ERR_LIST_NONE, ERR_LIST_STALE, ERR_LIST_CHANGED, ERR_LIST_VERSION (another than
   * `sha256` is served).
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

/** Whether serving `opened` instead would change nothing: a file changed in place is replaced. */
function isSameAs(now: ServedSet, opened: ServedSet): boolean {
  const versions = (headers: readonly ListHeader[]): string =>
    headers.map((header) => `${header.sha256} ${header.sourceSha256}`).join();
  if (now.set.headers.some(({ changedInPlace }) => changedInPlace)) return false;
  return versions(now.set.headers) === versions(opened.set.headers);
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
