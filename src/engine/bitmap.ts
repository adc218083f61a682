import { TacetError } from '../errors.ts';

/*
 * The bitmap: the WebAssembly kernel's index for lists with dense regions, as phone numbers have.
 * Every page of 65,536 keys that holds a number has 683 records of 16 bytes:
 *
 *   +------------------+-----------------------------+
 *   | rank as u32      | 96 bits, one a key          |
 *   +------------------+-----------------------------+
 *     of the first bit   key & 65535 = 96 * record + bit
 *
 * The 16 bytes, within one cache line, tell everything about a key. Its rank is the
 * record's rank plus the number of bits set before its own. A list of 1.5 M Belgian numbers takes
 * 17.6 MB, one of 20 M the same: they lie in the same 1,611 pages.
 */
const RECORD_BITS = 96;
const RECORD_WORDS = 4;
const PAGE_RECORDS = Math.ceil(65_536 / RECORD_BITS);
export const PAGE_RECORD_BYTES = PAGE_RECORDS * RECORD_WORDS * 4;

/** For each of the 96 bits, a 16-byte mask of the bits before it; the rank's bytes are clear. */
export const MASK_BYTES = RECORD_BITS * RECORD_WORDS * 4;

/** Bytes of the records of `slotCount` pages and the empty page before them. */
export function bitmapBytes(slotCount: number): number {
  return (slotCount + 1) * PAGE_RECORD_BYTES;
}

/** Writes the masks, {@link MASK_BYTES} of them. */
export function writeMasks(masks: Uint32Array): void {
  for (let bit = 0; bit < RECORD_BITS; bit++) {
    for (let before = 0; before < bit; before++) {
      const word = bit * RECORD_WORDS + 1 + (before >>> 5);
      masks[word] = (masks[word] ?? 0) | (1 << (before & 31));
    }
  }
}

/** Sets the bits of a list piece by piece, in about 4 ns per key. */
export class BitmapBuilder {
  readonly #records: Uint32Array;
  readonly #pages: Uint32Array;
  readonly #where: string;
  readonly #slotMax: number;
  #rank = 0;
  /** The word at which the last key's record begins; 0 = no key yet. */
  #word = 0;

  /**
   * @param records zeroed, {@link bitmapBytes} long
   * @param pages the directory's page table: 0 = no key there, else 1 + slot
   * @param where the file's path, for errors
   */
  constructor(records: Uint32Array, pages: Uint32Array, where: string) {
    this.#records = records;
    this.#pages = pages;
    this.#where = where;
    this.#slotMax = records.length / (PAGE_RECORDS * RECORD_WORDS) - 1;
  }

  /**
   * Adds the next keys of the list.
   *
   * @param words keys below 2^36 as pairs of u32 (low, high), ascending over all calls
   * @throws TacetError ERR_FORMAT_INDEX if the directory does not have a page of the list
   */
  add(words: Uint32Array): void {
    const records = this.#records;
    const pages = this.#pages;
    const slotMax = this.#slotMax;
    let rank = this.#rank;
    let last = this.#word;
    for (let i = 0; i < words.length; i += 2) {
      // In range: i is even and below the length.
      const low = words[i] as number;
      const page = (words[i + 1] as number) * 65_536 + (low >>> 16);
      const slot = pages[page] ?? 0;
      if (slot === 0 || slot > slotMax) throw this.#unknownPage();
      const place = low & 65_535;
      // 43,691 / 2^22 is 1 / 96 for every place.
      const record = Math.imul(place, 43_691) >>> 22;
      const word = (slot * PAGE_RECORDS + record) * RECORD_WORDS;
      if (word !== last) {
        records[word] = rank;
        last = word;
      }
      const bit = place - record * RECORD_BITS;
      const at = word + 1 + (bit >>> 5);
      records[at] = (records[at] as number) | (1 << (bit & 31));
      rank++;
    }
    this.#rank = rank;
    this.#word = last;
  }

  #unknownPage(): TacetError {
    return new TacetError('ERR_FORMAT_INDEX', {
      what: 'the directory does not have the page of a number',
      where: this.#where,
      fix: 'Pack the source again',
    });
  }
}
