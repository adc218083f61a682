import type { PackedTable } from './table.ts';

/** What a register says of numbers: a large table, and a small one whose entries go before it. */
export interface Layers {
  readonly base: PackedTable;
  readonly overlay: PackedTable;
}

/**
 * All that the registers say for one advertiser at one moment, as it travels between threads. It
 * never changes; an edit makes another, which shares what is as before.
 */
export interface RegisterView {
  /** Unique among the views of a process; threads know what they have opened by it. */
  readonly id: number;
  /** Of the registers, at that moment. */
  readonly revision: number;
  /** Of the advertiser; where none is named, of all together. */
  readonly own: Layers;
  /** Of the firm; undefined where none is named, since `own` has all. */
  readonly firm: Layers | undefined;
}

/** The view, if it says anything: one that does not need not be looked into. */
export function saying(view: RegisterView | undefined): RegisterView | undefined {
  const tables = [view?.own, view?.firm].flatMap((layers) =>
    layers === undefined ? [] : [layers.base, layers.overlay],
  );
  return tables.some(({ count }) => count > 0) ? view : undefined;
}
