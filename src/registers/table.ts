/*
 * What registers say of numbers, as threads look it up: an immutable hash table in shared memory.
 *
 *   +---------+-------------------+----------------+----------------+----------------+
 *   | filter  | keys              | opt-in days    | end days       | objected       |
 *   +---------+-------------------+----------------+----------------+----------------+
 *     bits      f64 each, 0 = none  u16 each         u16 each         u8 each, 0 or 1
 *
 * filter: one bit in 16 or more is set, so that most numbers cost one look into few bytes
 * keys: open addressing, at most half full; a phone number of 15 digits fits an f64 exactly
 */

/** What is said of one number. */
export interface Entry {
  readonly key: number;
  /** Epoch day of the latest opt-in; 0 = none. */
  readonly optInDay: number;
  /** Opt-ins up to this epoch day have ended; 0 = none has. */
  readonly endDay: number;
  readonly isObjected: boolean;
}

/** A table as it travels between threads. */
export interface PackedTable {
  readonly buffer: SharedArrayBuffer;
  /** Log2 of the places for keys. */
  readonly bits: number;
  /** Numbers in it. */
  readonly count: number;
  /** Whether any of them has an opt-in. */
  readonly hasOptIns: boolean;
}

/** The smallest table has 64 places. */
const BITS_MIN = 6;
/** 2^28 places would take 3.5 GiB. */
const BITS_MAX = 27;
/** A filter has 8 bits a place: 16 or more a number. */
const FILTER_BITS_A_PLACE_LOG2 = 3;

/** The most numbers that a table can hold. */
const TABLE_ENTRIES_MAX = 2 ** (BITS_MAX - 1);

function bitsFor(entries: number): number {
  return Math.max(BITS_MIN, Math.ceil(Math.log2(Math.max(1, entries) * 2)));
}

function placesOf(bits: number) {
  const places = 2 ** bits;
  const keys = (places << FILTER_BITS_A_PLACE_LOG2) / 8;
  const optInDays = keys + places * 8;
  const endDays = optInDays + places * 2;
  const objected = endDays + places * 2;
  return { places, keys, optInDays, endDays, objected, bytes: objected + places };
}

/**
 * Mixes the words of a key by Fibonacci hashing: the highest bits are used, which depend on all
 * others, and neighbours lie far apart.
 */
function hash(low: number, high: number): number {
  return Math.imul(low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
}

/** A table opened on this thread. */
export class RegisterTable {
  readonly packed: PackedTable;
  readonly #filter: Uint32Array;
  readonly #keys: Float64Array;
  readonly #optInDays: Uint16Array;
  readonly #endDays: Uint16Array;
  readonly #objected: Uint8Array;
  readonly #shift: number;
  readonly #filterShift: number;

  constructor(packed: PackedTable) {
    const { buffer, bits } = packed;
    const at = placesOf(bits);
    this.packed = packed;
    this.#filter = new Uint32Array(buffer, 0, at.keys / 4);
    this.#keys = new Float64Array(buffer, at.keys, at.places);
    this.#optInDays = new Uint16Array(buffer, at.optInDays, at.places);
    this.#endDays = new Uint16Array(buffer, at.endDays, at.places);
    this.#objected = new Uint8Array(buffer, at.objected, at.places);
    this.#shift = 32 - bits;
    this.#filterShift = Math.max(0, 32 - bits - FILTER_BITS_A_PLACE_LOG2);
  }

  /**
   * The place of a number, for the other methods; -1 = nothing is said of it. For few numbers, or
   * {@link candidates}: it goes to memory for each.
   *
   * @param low of the key's two words
   */
  find(low: number, high: number): number {
    const mixed = hash(low, high);
    const keys = this.#keys;
    const key = high * 0x1_0000_0000 + low;
    const last = keys.length - 1;
    for (let place = mixed >>> this.#shift; ; place = (place + 1) & last) {
      const found = keys[place] as number;
      if (found === key) return key === 0 ? -1 : place;
      if (found === 0) return -1;
    }
  }

  /**
   * Adds the indexes of keys that may be in it to `candidates`, from `from` on; returns where they
   * end. Nothing but arithmetic and one load a key, so that many loads are under way at once.
   */
  candidates(words: Uint32Array, count: number, candidates: Uint32Array, from = 0): number {
    const filter = this.#filter;
    const shift = this.#filterShift;
    let end = from;
    for (let i = 0; i < count; i++) {
      // In range: count is at most the length of each, and the shift leaves the bits of the filter.
      const bit = hash(words[i * 2] as number, words[i * 2 + 1] as number) >>> shift;
      candidates[end] = i;
      end += ((filter[bit >>> 5] as number) >>> (bit & 31)) & 1;
    }
    return end;
  }

  optInDayAt(place: number): number {
    return this.#optInDays[place] as number;
  }

  endDayAt(place: number): number {
    return this.#endDays[place] as number;
  }

  isObjectedAt(place: number): boolean {
    return this.#objected[place] === 1;
  }

  /** All that is in it, in no order. */
  *entries(): Iterable<Entry> {
    for (let place = 0; place < this.#keys.length; place++) {
      const key = this.#keys[place] as number;
      if (key === 0) continue;
      yield {
        key,
        optInDay: this.optInDayAt(place),
        endDay: this.endDayAt(place),
        isObjected: this.isObjectedAt(place),
      };
    }
  }

  /** Writes an entry of {@link packTable}; the last of a key stands. */
  put({ key, optInDay, endDay, isObjected }: Entry): boolean {
    const low = key % 0x1_0000_0000;
    const mixed = hash(low, Math.floor(key / 0x1_0000_0000));
    const bit = mixed >>> this.#filterShift;
    this.#filter[bit >>> 5] = (this.#filter[bit >>> 5] as number) | (1 << (bit & 31));
    const last = this.#keys.length - 1;
    let place = mixed >>> this.#shift;
    while (this.#keys[place] !== 0 && this.#keys[place] !== key) place = (place + 1) & last;
    const isNew = this.#keys[place] === 0;
    this.#keys[place] = key;
    this.#optInDays[place] = optInDay;
    this.#endDays[place] = endDay;
    this.#objected[place] = Number(isObjected);
    return isNew;
  }
}

/**
 * Packs entries into a table.
 *
 * @param entriesMax no less than there are; the table has room for so many
 * @throws RangeError if there are more than {@link TABLE_ENTRIES_MAX}, or there is no memory
 */
export function packTable(entries: Iterable<Entry>, entriesMax: number): PackedTable {
  if (entriesMax > TABLE_ENTRIES_MAX) throw new RangeError(`${entriesMax} numbers are too many`);
  const bits = bitsFor(entriesMax);
  const buffer = new SharedArrayBuffer(placesOf(bits).bytes);
  const table = new RegisterTable({ buffer, bits, count: 0, hasOptIns: false });
  let count = 0;
  let hasOptIns = false;
  for (const entry of entries) {
    if (table.put(entry)) count++;
    hasOptIns ||= entry.optInDay > 0;
  }
  return { buffer, bits, count, hasOptIns };
}
