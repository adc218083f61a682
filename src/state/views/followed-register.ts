import { type Entry, type PackedTable, packTable, RegisterTable } from '../../registers/table.ts';
import type { Layers } from '../../registers/view.ts';

/** So many edits lie over a base; with more, they become part of it. */
const OVERLAY_MAX = 65_536;

const EMPTY: PackedTable = packTable([], 0);

/** What is followed for one advertiser: a base as it was read, and what changed since. */
export class FollowedRegister {
  #base: PackedTable;
  #overlay: PackedTable = EMPTY;
  readonly #edits = new Map<number, Entry>();

  constructor(entries: readonly Entry[]) {
    this.#base = packTable(entries, entries.length);
  }

  get layers(): Layers {
    return { base: this.#base, overlay: this.#overlay };
  }

  /** Takes what changed. The layers of before stay as they are. */
  change(entries: readonly Entry[]): void {
    for (const entry of entries) this.#edits.set(entry.key, entry);
    if (this.#edits.size <= OVERLAY_MAX) {
      this.#overlay = packTable(this.#edits.values(), this.#edits.size);
      return;
    }
    this.#base = packTable(this.#merged(), this.#base.count + this.#edits.size);
    this.#overlay = EMPTY;
    this.#edits.clear();
  }

  /** The base, then what goes before it: the last entry of a number stands. */
  *#merged(): Iterable<Entry> {
    yield* new RegisterTable(this.#base).entries();
    yield* this.#edits.values();
  }
}
