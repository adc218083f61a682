import { type Faults, type Place, placeText } from './faults.ts';

/** A value of JSON; objects as maps, in which no key is special. */
export type Json = string | number | boolean | null | readonly Json[] | ReadonlyMap<string, Json>;

/** Deeper than any access file. */
const DEPTH_MAX = 16;

const WORDS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * Reads JSON (RFC 8259) and says where it is wrong, in words that show nothing of the file. Unlike
 * JSON.parse it refuses a key that an object has twice: of two clients with one name, either would
 * get lost without a word. Throws ReadingEnded if it is no JSON.
 */
export function readJson(text: string, faults: Faults): Json {
  return new JsonReader(text, faults).whole();
}

class JsonReader {
  readonly #text: string;
  readonly #faults: Faults;
  #at = 0;

  constructor(text: string, faults: Faults) {
    this.#text = text;
    this.#faults = faults;
  }

  whole(): Json {
    const value = this.#value(undefined, 0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#refuse('something follows the end of the JSON');
    return value;
  }

  #value(place: Place | undefined, depth: number): Json {
    if (depth > DEPTH_MAX) this.#refuse(`nested more than ${DEPTH_MAX} deep`);
    this.#skipSpace();
    if (this.#takes('{')) return this.#object(place, depth);
    if (this.#takes('[')) return this.#array(place, depth);
    if (this.#text[this.#at] === '"') return this.#string();
    for (const [word, value] of WORDS) if (this.#takes(word)) return value;
    NUMBER.lastIndex = this.#at;
    const [number] = NUMBER.exec(this.#text) ?? [];
    if (number === undefined) return this.#refuse('a value is missing here');
    this.#at += number.length;
    return Number(number);
  }

  #object(within: Place | undefined, depth: number): ReadonlyMap<string, Json> {
    const members = new Map<string, Json>();
    this.#skipSpace();
    if (this.#takes('}')) return members;
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') this.#refuse('a key in double quotes is missing here');
      const key = this.#string();
      const place = { within, key };
      if (members.has(key)) {
        const fix = 'Keep one of them';
        const what = `the key is there twice (${this.#where()})`;
        this.#faults.add({ place: placeText(place), what, fix });
      }
      this.#expect(':');
      members.set(key, this.#value(place, depth + 1));
      this.#skipSpace();
    } while (this.#takes(','));
    this.#expect('}');
    return members;
  }

  #array(within: Place | undefined, depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#skipSpace();
    if (this.#takes(']')) return items;
    do {
      items.push(this.#value({ within, key: items.length }, depth + 1));
      this.#skipSpace();
    } while (this.#takes(','));
    this.#expect(']');
    return items;
  }

  #string(): string {
    const start = this.#at;
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (end > 0 && this.#isEscaped(end));
    if (end < 0) return this.#refuse('the text that begins here has no closing quote');
    this.#at = end + 1;
    try {
      // A text in double quotes is JSON by itself, and a JSON text in double quotes is a string.
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch {
      this.#at = start;
      return this.#refuse('the text that begins here has a character that JSON does not take');
    }
  }

  /** Whether an odd number of backslashes is before it. */
  #isEscaped(index: number): boolean {
    let first = index;
    while (this.#text[first - 1] === '\\') first--;
    return (index - first) % 2 === 1;
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #takes(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  #expect(mark: string): void {
    this.#skipSpace();
    if (!this.#takes(mark)) this.#refuse(`"${mark}" is missing here`);
  }

  #where(): string {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    return `line ${line}, column ${before.length - before.lastIndexOf('\n')}`;
  }

  #refuse(what: string): never {
    const fix = 'Mend it there, then check again';
    return this.#faults.end({ place: this.#where(), what: `not JSON: ${what}`, fix });
  }
}
