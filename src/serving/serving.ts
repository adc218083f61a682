import { fstat as fstatCallback } from 'node:fs';
import { promisify } from 'node:util';
import { validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { isSameFile } from '../disk/identity.ts';
import type { ListSet } from '../engine/list-set.ts';
import type { TacetError } from '../errors.ts';
import type { ListHeader } from '../list/format.ts';
import type { ListHandle } from '../list/mapping.ts';
import type { FreshnessOverride } from '../store/override.ts';
import type { ListVersionMessage, OverrideMessage } from '../wire/gen/messages.ts';
import type { FoundOverride } from './places.ts';

const fstat = promisify(fstatCallback);

/** A list being served: its header, and what has happened to it since it was opened. */
export interface ListState extends ListHeader {
  /** The path it was opened by. */
  readonly file: string;
  /** Lets the list be consulted past its valid_until. */
  readonly override: FreshnessOverride | undefined;
  /** The file was written to while mapped: nothing may be answered from it. */
  readonly changedInPlace: boolean;
}

/** A stream that must end when its version has been superseded for too long. */
export interface ListUser {
  expire(error: TacetError): void;
}

/** One version of the lists, for as long as anything is answered from it. */
export class Serving {
  readonly set: ListSet;
  #names: readonly (string | undefined)[];
  #lists: readonly ListState[];
  #versions: ListVersionMessage[];
  readonly #users = new Set<ListUser>();
  #superseded = false;

  /** @param names of the versions, see {@link Serving.names} */
  constructor(set: ListSet, names: readonly (string | undefined)[] = []) {
    this.set = set;
    this.#names = names;
    this.#lists = set.handles.map(({ header, path }) => ({
      ...header,
      file: path,
      override: undefined,
      changedInPlace: false,
    }));
    this.#versions = this.#lists.map(versionOf);
  }

  /** The lists as they are now; a new array after any change. */
  get lists(): readonly ListState[] {
    return this.#lists;
  }

  /**
   * What answers say about the lists. A new array after any change, so its encoding may be kept.
   */
  get versions(): ListVersionMessage[] {
    return this.#versions;
  }

  /** The name of each list's version; undefined if it is not from a store. */
  get names(): readonly (string | undefined)[] {
    return this.#names;
  }

  /** The same lists were found again, under these names. */
  foundAs(names: readonly (string | undefined)[]): void {
    this.#names = names;
  }

  /** Sets what overrides the freshness of the lists from now on, one entry per list. */
  override(found: readonly FoundOverride[]): void {
    const overrides = this.#lists.map((_, index) => found[index]?.override);
    if (this.#lists.every((list, index) => isSame(list.override, overrides[index]))) return;
    this.#lists = this.#lists.map((list, index) => ({ ...list, override: overrides[index] }));
    this.#versions = this.#lists.map(versionOf);
  }

  /**
   * Marks the lists whose mapped file was written to since it was opened, and returns the newly
   * marked ones. A copy in memory does not depend on its file.
   */
  async lookAtFiles(): Promise<ListState[]> {
    const areChanged = await Promise.all(this.set.handles.map(isChanged));
    // The last call that used it ended meanwhile and closed the file: that is no change.
    if (this.isOver) return [];
    const lists = this.#lists.map((list, index) =>
      list.changedInPlace || areChanged[index] !== true ? list : { ...list, changedInPlace: true },
    );
    const marked = lists.filter((list, index) => list !== this.#lists[index]);
    this.#lists = lists;
    return marked;
  }

  /**
   * Whether serving `opened` instead would change nothing. A file changed in place must be
   * replaced.
   */
  isSameAs(opened: Serving): boolean {
    if (this.#lists.some(({ changedInPlace }) => changedInPlace)) return false;
    const digests = ({ set }: Serving): string =>
      set.headers.map(({ sha256, sourceSha256 }) => `${sha256} ${sourceSha256}`).join();
    return digests(this) === digests(opened);
  }

  /** The streams and calls that are using it. */
  get users(): ReadonlySet<ListUser> {
    return this.#users;
  }

  hold(user: ListUser): void {
    this.#users.add(user);
  }

  /** Ends the hold of `user`; false if it had none. */
  release(user: ListUser): boolean {
    return this.#users.delete(user);
  }

  /** From now on, new calls are not answered from it. */
  supersede(): void {
    this.#superseded = true;
  }

  /** Whether nothing is answered from it any more. */
  get isOver(): boolean {
    return this.#superseded && this.#users.size === 0;
  }

  /** Ends the streams that still use it. */
  expire(error: TacetError): void {
    for (const user of this.#users) user.expire(error);
  }
}

/** Whether a mapped file was written to since it was opened, or can no longer be checked. */
async function isChanged(handle: ListHandle): Promise<boolean> {
  if (handle.kind === 'shared') return false;
  try {
    const stats = await fstat(handle.fd);
    const { size, mtimeMs } = stats;
    return !isSameFile(stats, handle) || size !== handle.fileBytes || mtimeMs !== handle.mtimeMs;
  } catch {
    return true;
  }
}

function versionOf(list: ListState): ListVersionMessage {
  return {
    name: list.name,
    sha256: list.sha256,
    snapshotDate: formatIsoDay(list.snapshotDay),
    entries: list.entries,
    validUntilUnix: validUntilMs(list.snapshotDay) / 1000,
    sourceSha256: list.sourceSha256,
    override: messageOf(list.override),
    revision: 0,
  };
}

function messageOf(override: FreshnessOverride | undefined): OverrideMessage | null {
  if (override === undefined) return null;
  const { by, reason, atUnix, untilUnix } = override;
  return { by, reason, atUnix: Math.floor(atUnix), untilUnix: Math.floor(untilUnix) };
}

function isSame(a: FreshnessOverride | undefined, b: FreshnessOverride | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
