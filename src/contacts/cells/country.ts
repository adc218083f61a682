import { unwrappedText } from './text.ts';

/** What a country cell says about the national notation beside it. */
export const COUNTRY_EMPTY = 0;
export const COUNTRY_BELGIUM = 1;
const COUNTRY_OTHER = 2;

/** Belgium as `--country-column` accepts it, in upper case: codes and names. */
const BELGIUM = new Set(
  'BE BEL 32 +32 0032 BELGIUM BELGIQUE BELGIË BELGIE BELGIEN BELGICA'.split(' '),
);

/** How many texts to cache: there are few countries. */
const REMEMBERED_MAX = 1000;

/** Reads country cells. */
export class CountryReader {
  readonly #charset: number;
  readonly #remembered = new Map<string, number>();

  constructor(charset: number) {
    this.#charset = charset;
  }

  /** COUNTRY_EMPTY, COUNTRY_BELGIUM, or COUNTRY_OTHER, also for a text that is not a country. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    const known = this.#remembered.get(raw);
    if (known !== undefined) return known;
    const country = countryOf(unwrappedText(bytes, start, end, this.#charset) ?? '?');
    if (this.#remembered.size < REMEMBERED_MAX) this.#remembered.set(raw, country);
    return country;
  }
}

/** Interprets the text of a country cell. */
function countryOf(text: string): number {
  const folded = text.normalize('NFC').trim().toUpperCase();
  if (folded === '') return COUNTRY_EMPTY;
  return BELGIUM.has(folded) ? COUNTRY_BELGIUM : COUNTRY_OTHER;
}
