/** The slot of a number that is looked up but not dialled. */
export const SLOT_LOOKED_UP = 255;

const CAPACITY_MIN = 8192;

/** Where the numbers of a block came from, and what is known about them before the look-up. */
export interface NumberOrigins {
  readonly count: number;
  /** Each row has exactly one number, in slot 0: then `rows` and `slots` are unused. */
  readonly onePerRow: boolean;
  /** Index of the row, ascending. */
  readonly rows: Int32Array;
  /** Which of the dialled columns, or {@link SLOT_LOOKED_UP}. */
  readonly slots: Uint8Array;
  /** Indexes of the cells that are not phone numbers and have no key, ascending. */
  readonly unreadAt: Int32Array;
  /** The `Reason` why each of these is not one. */
  readonly unread: Uint8Array;
  /** Offsets of the cells in the block; empty unless cells may be emptied. */
  readonly cellStarts: Int32Array;
  readonly cellEnds: Int32Array;
}

/**
 * The phone numbers of a block to look up, in row order. Reused for every block; grows to the size
 * that the fullest block needs.
 */
export class NumberList {
  count = 0;
  onePerRow = true;
  /** Pairs of u32 (low, high); 0 if a cell is not a phone number. */
  keys = new Uint32Array(CAPACITY_MIN * 2);
  /** Epoch days of the opt-ins; 0 = none. */
  optInDays = new Uint32Array(CAPACITY_MIN);
  rows = new Int32Array(CAPACITY_MIN);
  slots = new Uint8Array(CAPACITY_MIN);
  unreadAt = new Int32Array(CAPACITY_MIN);
  unread = new Uint8Array(CAPACITY_MIN);
  unreadCount = 0;
  cellStarts = new Int32Array(CAPACITY_MIN);
  cellEnds = new Int32Array(CAPACITY_MIN);

  clear(): void {
    this.count = 0;
    this.onePerRow = true;
    this.unreadCount = 0;
  }

  /** Makes room for `more` numbers after the existing ones. */
  reserve(more: number): void {
    const wanted = this.count + more;
    if (wanted <= this.rows.length) return;
    const capacity = Math.max(wanted, this.rows.length * 2);
    this.keys = grown(this.keys, new Uint32Array(capacity * 2));
    this.optInDays = grown(this.optInDays, new Uint32Array(capacity));
    this.rows = grown(this.rows, new Int32Array(capacity));
    this.slots = grown(this.slots, new Uint8Array(capacity));
    this.unreadAt = grown(this.unreadAt, new Int32Array(capacity));
    this.unread = grown(this.unread, new Uint8Array(capacity));
    this.cellStarts = grown(this.cellStarts, new Int32Array(capacity));
    this.cellEnds = grown(this.cellEnds, new Int32Array(capacity));
  }

  /**
   * Adds a number; there must be room. `key`: a key or, if there is none, the negative reason; 0 if
   * the caller writes it into `keys` afterwards.
   */
  add(row: number, slot: number, key: number): void {
    this.#tellRows();
    const index = this.count++;
    const known = Math.max(key, 0);
    this.keys[index * 2] = known % 0x1_0000_0000;
    this.keys[index * 2 + 1] = known / 0x1_0000_0000;
    this.optInDays[index] = 0;
    this.rows[index] = row;
    this.slots[index] = slot;
    if (key < 0) this.markUnread(index, -key);
  }

  /** Records why an added number has no key. Call it in the order of the numbers. */
  markUnread(index: number, reason: number): void {
    this.unreadAt[this.unreadCount] = index;
    this.unread[this.unreadCount++] = reason;
  }

  /** Adds a number in slot 0 for each of `count` rows from `row` on; there must be room. */
  addRows(row: number, keys: Uint32Array, count: number): void {
    const from = this.count;
    // Rows in doubt before this one have no numbers.
    if (row !== from) this.#tellRows();
    this.keys.set(keys.subarray(0, count * 2), from * 2);
    this.optInDays.fill(0, from, from + count);
    this.count += count;
    if (!this.onePerRow) this.#fillRows(from, row, count);
  }

  /** Uses `rows` and `slots` from here on, until the list is cleared. */
  #tellRows(): void {
    if (!this.onePerRow) return;
    this.onePerRow = false;
    this.#fillRows(0, 0, this.count);
  }

  #fillRows(from: number, row: number, count: number): void {
    this.slots.fill(0, from, from + count);
    for (let i = 0; i < count; i++) this.rows[from + i] = row + i;
  }

  /** Copies of what is needed once the numbers are answered. */
  origins(withCells: boolean): NumberOrigins {
    const { count, onePerRow, unreadCount } = this;
    const told = onePerRow ? 0 : count;
    const cells = withCells ? count : 0;
    return {
      count,
      onePerRow,
      rows: this.rows.slice(0, told),
      slots: this.slots.slice(0, told),
      unreadAt: this.unreadAt.slice(0, unreadCount),
      unread: this.unread.slice(0, unreadCount),
      cellStarts: this.cellStarts.slice(0, cells),
      cellEnds: this.cellEnds.slice(0, cells),
    };
  }
}

function grown<Values extends Uint32Array | Int32Array | Uint8Array>(
  from: Values,
  into: Values,
): Values {
  into.set(from);
  return into;
}
