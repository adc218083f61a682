import { EPOCH_DAY_MAX, parseIsoDay } from '../../calendar/day.ts';
import { shapeOf } from '../../errors.ts';
import { didYouMean } from '../../options/suggest.ts';
import { Faults, keyText, type Place, placeText } from './faults.ts';
import type { Json } from './json.ts';

/** What ids of parties and names of clients are made of. */
const ID = /^[A-Za-z0-9._-]{1,64}$/;
const ID_EXPECTED = '1 to 64 of A-Z, a-z, 0-9, ".", "_", "-"';

/** Longer words are nobody's slip. */
const WORD_MAX = 64;

/**
 * A value of the access file and its place. Every method that does not find what it reads adds a
 * fault and returns undefined, or nothing; the file then is refused, whatever else is in it.
 */
export class FileValue {
  readonly #place: Place | undefined;
  /** Undefined = there is none; null counts as none. */
  readonly #json: Json | undefined;
  readonly #faults: Faults;

  /** @param place undefined = the file as a whole */
  constructor(json: Json | undefined, place: Place | undefined, faults: Faults) {
    this.#place = place;
    this.#json = json ?? undefined;
    this.#faults = faults;
  }

  get isAbsent(): boolean {
    return this.#json === undefined;
  }

  /** Adds a fault of this value. */
  fault(what: string, fix: string): undefined {
    this.#faults.add({ place: placeText(this.#place), what, fix });
  }

  /**
   * The members of an object by the keys that it may have; the others are faults. Of what is no
   * object that alone is told, and nothing of its members.
   */
  members<const Key extends string>(known: readonly Key[]): Record<Key, FileValue> {
    const object = this.#object();
    const faults = object === undefined ? new Faults() : this.#faults;
    for (const key of object?.keys() ?? []) {
      if ((known as readonly string[]).includes(key)) continue;
      const meant = didYouMean(key.slice(0, WORD_MAX), known);
      this.fault(`unknown key ${keyText(key)}`, meant || `Known are ${known.join(', ')}`);
    }
    const members = known.map((key) => {
      const place = { within: this.#place, key };
      return [key, new FileValue(object?.get(key), place, faults)] as const;
    });
    // Every key of `known` has its member.
    return Object.fromEntries(members) as Record<Key, FileValue>;
  }

  /** The members of an object whose keys are ids; a key that is none is a fault. */
  byId(): ReadonlyMap<string, FileValue> {
    const found = new Map<string, FileValue>();
    for (const [key, json] of this.#object() ?? []) {
      const value = this.#inner(json, key);
      if (ID.test(key)) found.set(key, value);
      else value.fault('the key is no id', `Make it of ${ID_EXPECTED}`);
    }
    return found;
  }

  #object(): ReadonlyMap<string, Json> | undefined {
    return this.#json instanceof Map ? this.#json : this.#expected('an object in braces');
  }

  /** The items of an array, none if it is absent. */
  items(): readonly FileValue[] {
    if (this.isAbsent) return [];
    if (Array.isArray(this.#json)) {
      return this.#json.map((json: Json, index) => this.#inner(json, index));
    }
    this.#expected('an array in square brackets');
    return [];
  }

  #inner(json: Json | undefined, key: string | number): FileValue {
    return new FileValue(json, { within: this.#place, key }, this.#faults);
  }

  /** Whether it is this very text. */
  is(text: string): boolean {
    return this.#json === text;
  }

  /** A text that `accepts` takes; `secret`: nothing of it is shown. */
  text(
    expected: string,
    accepts: (text: string) => boolean,
    { secret = false }: { readonly secret?: boolean } = {},
  ): string | undefined {
    if (typeof this.#json === 'string' && accepts(this.#json)) return this.#json;
    return this.#expected(expected, secret);
  }

  /** A text for people: one line, of 200 characters at most. */
  line(): string | undefined {
    const expected = 'a text of one line, 1 to 200 characters';
    return this.text(expected, (text) => /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(text));
  }

  id(): string | undefined {
    return this.text(ID_EXPECTED, (text) => ID.test(text));
  }

  /** The id of one of `known`; `what` they are. */
  idOf(known: ReadonlyMap<string, unknown>, what: string): string | undefined {
    const id = this.id();
    if (id === undefined || known.has(id)) return id;
    const meant = didYouMean(id, [...known.keys()]);
    return this.fault(`${keyText(id)} is no ${what}`, meant || `Write the id of one`);
  }

  choice<const Choice extends string>(choices: readonly Choice[]): Choice | undefined {
    const found = choices.find((choice) => choice === this.#json);
    if (found !== undefined) return found;
    const word = typeof this.#json === 'string' ? this.#json.slice(0, WORD_MAX) : '';
    const meant = word === '' ? '' : ` ${didYouMean(word, choices)}`.trimEnd();
    return this.#expected(`one of ${choices.join(', ')}`, false, meant);
  }

  /** A whole number from `min` on. */
  count(min: number): number | undefined {
    const json = this.#json;
    if (typeof json === 'number' && Number.isSafeInteger(json) && json >= min) return json;
    return this.#expected(`a whole number from ${min} on`);
  }

  /** A date as an epoch day. */
  day(): number | undefined {
    const day = typeof this.#json === 'string' ? parseIsoDay(this.#json) : Number.NaN;
    if (day >= 0 && day <= EPOCH_DAY_MAX) return day;
    return this.#expected('a date from 1970 to 2149 as YYYY-MM-DD');
  }

  #expected(expected: string, secret = false, meant = ''): undefined {
    const fix = `Write ${expected}.${meant}`.replace(/\.$/, '');
    if (this.isAbsent) return this.fault('is missing', fix);
    return this.fault(secret ? 'is not that' : `is ${shown(this.#json)}`, fix);
  }
}

/** A wrong value for an error: a text as its shape. */
function shown(json: Json | undefined): string {
  if (typeof json === 'string') return json === '' ? 'empty' : shapeOf(json);
  if (typeof json === 'number') return 'a number that is not allowed';
  if (typeof json === 'boolean') return String(json);
  return Array.isArray(json) ? 'an array' : 'an object';
}
