import { REASON_EMPTY } from '../../verdict/reason.ts';
import { COUNTRY_BELGIUM, COUNTRY_EMPTY, CountryReader } from '../cells/country.ts';
import { OptInReader } from '../cells/opt-ins.ts';
import { PhoneCellReader } from '../cells/phone-cells.ts';
import { CHARSET_WINDOWS_1252 } from '../cells/text.ts';
import { type NumberList, SLOT_LOOKED_UP } from '../judge/numbers.ts';
import { TABLE_ROWS } from './block-memory.ts';
import type { BlockModule, SlotCells } from './block-module.ts';
import type { LookedUp } from './look-up.ts';
import type { ScanPlan, Table } from './scan-plan.ts';

/** Reads the phone numbers of the rows of a scan, and the opt-ins and countries beside them. */
export class NumberReader {
  /** Opt-ins that could not be read. */
  optInUnreadable = 0;
  /** For the first slot: the `Reason` why a row has no key; 0 if it has one. */
  readonly unread: Uint8Array;
  readonly #plan: ScanPlan;
  readonly #utf8: boolean;
  readonly #module: BlockModule;
  readonly #phones: PhoneCellReader;
  readonly #optIns: OptInReader;
  readonly #countries: CountryReader;
  /** For each dialled slot: the keys of a scan's rows, and why a row has none. */
  readonly #slotKeys: readonly Uint32Array[];
  readonly #slotUnread: readonly Uint8Array[];

  constructor(plan: ScanPlan, module: BlockModule) {
    const { charset, dayFormat, dialled } = plan;
    this.#plan = plan;
    this.#utf8 = charset !== CHARSET_WINDOWS_1252;
    this.#module = module;
    this.#phones = new PhoneCellReader(charset);
    this.#optIns = new OptInReader(charset, dayFormat);
    this.#countries = new CountryReader(charset);
    this.#slotKeys = Array.from({ length: dialled }, () => new Uint32Array(TABLE_ROWS * 2));
    this.#slotUnread = Array.from({ length: dialled }, () => new Uint8Array(TABLE_ROWS));
    this.unread = this.#slotUnread[0] ?? new Uint8Array(0);
  }

  /**
   * Reads the keys of a slot into the module's keys, and why rows have none. Returns the rows in
   * unusual notation, valid until the next call: only these may have no key.
   */
  readSlot(block: number, bytes: Uint8Array, slot: number, count: number): Int32Array {
    const { belgian, countrySlot } = this.#plan;
    const { keys, slots, belgians, doubts } = this.#module;
    const unread = this.#slotUnread[slot] as Uint8Array;
    const { starts, ends } = slots[slot] as SlotCells;
    const isFixed = countrySlot === null;
    if (!isFixed && slot === 0) this.#readCountries(bytes, countrySlot, count);
    const others = this.#module.readKeys(block, slot, count, {
      belgian: isFixed ? belgian : undefined,
      utf8: this.#utf8,
    });
    unread.fill(0, 0, count);
    for (let i = 0; i < others.length; i++) {
      const row = others[i] as number;
      const isBelgian = isFixed ? belgian : belgians[row] === 1;
      // A row in doubt has no numbers to look up.
      const key =
        doubts[row] === 0
          ? this.#phones.read(bytes, starts[row] as number, ends[row] as number, isBelgian)
          : -REASON_EMPTY;
      const known = Math.max(key, 0);
      keys[row * 2] = known % 0x1_0000_0000;
      keys[row * 2 + 1] = known / 0x1_0000_0000;
      if (key <= 0) unread[row] = -key;
    }
    return others;
  }

  #readCountries(bytes: Uint8Array, slot: number, count: number): void {
    const { starts, ends } = this.#module.slots[slot] as SlotCells;
    const { belgianBesideEmpty } = this.#plan;
    for (let row = 0; row < count; row++) {
      const country = this.#countries.read(bytes, starts[row] as number, ends[row] as number);
      const isBelgian =
        country === COUNTRY_BELGIUM || (country === COUNTRY_EMPTY && belgianBesideEmpty);
      this.#module.belgians[row] = Number(isBelgian);
    }
  }

  /** The epoch day of the opt-in beside a number; 0 = none, or unreadable. */
  optInDay(bytes: Uint8Array, slot: number, row: number): number {
    const cells = this.#module.slots[this.#plan.optInSlots[slot] as number];
    if (cells === undefined) return 0;
    const day = this.#optIns.read(bytes, cells.starts[row] as number, cells.ends[row] as number);
    if (day < 0) this.optInUnreadable++;
    return Math.max(day, 0);
  }

  /** Adds one number per row, if one column is dialled and no row is in doubt. */
  addRows(block: number, bytes: Uint8Array, { from, taken }: Table, numbers: NumberList): void {
    const others = this.readSlot(block, bytes, 0, taken);
    numbers.reserve(taken);
    const first = numbers.count;
    numbers.addRows(from, this.#module.keys, taken);
    for (const row of others) {
      const reason = this.unread[row] ?? 0;
      if (reason !== 0) numbers.markUnread(first + row, reason);
    }
    if (this.#plan.optInSlots.length === 0) return;
    for (let row = 0; row < taken; row++) {
      numbers.optInDays[first + row] = this.optInDay(bytes, 0, row);
    }
  }

  /** Adds the numbers row by row: first the dialled ones, then those that are only looked up. */
  addByRow(
    block: number,
    bytes: Uint8Array,
    { from, taken }: Table,
    looked: readonly LookedUp[],
    numbers: NumberList,
  ): void {
    const { dialled } = this.#plan;
    const { doubts, keys } = this.#module;
    for (let slot = 0; slot < dialled; slot++) {
      this.readSlot(block, bytes, slot, taken);
      (this.#slotKeys[slot] as Uint32Array).set(keys.subarray(0, taken * 2));
    }
    numbers.reserve(taken * dialled + looked.length);
    let next = 0;
    for (let row = 0; row < taken; row++) {
      const isInDoubt = doubts[row] !== 0;
      if (!isInDoubt) this.#addRow(bytes, row, from + row, numbers);
      for (; looked[next]?.row === row; next++) {
        if (!isInDoubt) numbers.add(from + row, SLOT_LOOKED_UP, looked[next]?.key ?? 0);
      }
    }
  }

  /** Empty cells do not count, unless all are empty. */
  #addRow(bytes: Uint8Array, row: number, blockRow: number, numbers: NumberList): void {
    const { dialled } = this.#plan;
    let filled = 0;
    for (let slot = 0; slot < dialled; slot++) {
      if (this.#slotUnread[slot]?.[row] === REASON_EMPTY) continue;
      this.#addNumber(bytes, slot, row, blockRow, numbers);
      filled++;
    }
    if (filled === 0) this.#addNumber(bytes, 0, row, blockRow, numbers);
  }

  #addNumber(
    bytes: Uint8Array,
    slot: number,
    row: number,
    blockRow: number,
    numbers: NumberList,
  ): void {
    const index = numbers.count;
    const keys = this.#slotKeys[slot] as Uint32Array;
    const unread = this.#slotUnread[slot]?.[row] ?? 0;
    numbers.add(blockRow, slot, -unread);
    if (unread === 0) {
      numbers.keys[index * 2] = keys[row * 2] as number;
      numbers.keys[index * 2 + 1] = keys[row * 2 + 1] as number;
    }
    const cells = this.#module.slots[slot];
    numbers.cellStarts[index] = cells?.starts[row] ?? 0;
    numbers.cellEnds[index] = cells?.ends[row] ?? 0;
    if (this.#plan.optInSlots.length > 0) {
      numbers.optInDays[index] = this.optInDay(bytes, slot, row);
    }
  }
}
