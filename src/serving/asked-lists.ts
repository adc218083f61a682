import { ALL_LISTS } from '../engine/judge.ts';
import type { ListSet } from '../engine/list-set.ts';
import { TacetError } from '../errors.ts';
import type { ListVersionMessage } from '../wire/gen/messages.ts';
import type { ListState, Serving } from './serving.ts';

/** The lists of a version that a call asks: all of them, or those it names. */
export class AskedLists {
  readonly served: Serving;
  /** A bit for each list of the version: set if it is asked. */
  readonly mask: number;
  /** Undefined = all of them. */
  readonly #names: ReadonlySet<string> | undefined;

  /** @param names none = all. Errors: ERR_LIST_UNKNOWN for one that is not served */
  constructor(served: Serving, names: readonly string[]) {
    const known = served.lists.map(({ name }) => name);
    if (!names.every((name) => known.includes(name))) throw unknown(known);
    this.served = served;
    const isAll = names.length === 0 || known.every((name) => names.includes(name));
    this.#names = isAll ? undefined : new Set(names);
    this.mask = isAll
      ? ALL_LISTS
      : known.reduce((bits, name, at) => bits | (Number(names.includes(name)) << at), 0);
  }

  /** The bit of the objections, which answers name after the lists. */
  get objections(): number {
    return 1 << this.lists.length;
  }

  get set(): ListSet {
    return this.served.set;
  }

  /** As they are now; see {@link Serving.lists}. */
  get lists(): readonly ListState[] {
    return this.#asked(this.served.lists);
  }

  /** What answers say about them; see {@link Serving.versions}. */
  get versions(): ListVersionMessage[] {
    return this.#asked(this.served.versions);
  }

  /** What those who use the answers must know. */
  get notices(): readonly string[] {
    const names = this.#names;
    if (names === undefined) return [];
    const left = this.served.lists.map(({ name }) => name).filter((name) => !names.has(name));
    return [
      `Not every list was asked: a number that is on ${left.join(' or ')} alone passes for one ` +
        'that is on none.',
    ];
  }

  #asked<All extends readonly { readonly name: string }[]>(all: All): All {
    const names = this.#names;
    // What is left of an array of one kind is an array of that kind.
    return names === undefined
      ? all
      : (all.filter(({ name }) => names.has(name)) as unknown as All);
  }
}

/** One version that answers every call with all of its lists, for as long as it is held. */
export function oneVersion(current: Serving) {
  const all = new AskedLists(current, []);
  return { current, acquire: (): AskedLists => all, release: (): void => undefined };
}

/** Clients see this error, so it does not repeat what they sent. */
function unknown(served: readonly string[]): TacetError {
  return new TacetError('ERR_LIST_UNKNOWN', {
    what: 'a list that was asked for is not served',
    expected: served.join(' or '),
    fix: 'Ask GetLists which lists are, or leave lists empty: then all of them are asked',
  });
}
