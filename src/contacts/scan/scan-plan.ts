import type { DayFormat } from '../cells/day-format.ts';
import type { RowShape } from '../cells/rows.ts';

/** What a scanner must know about a file. Structured-cloneable. */
export interface ScanPlan {
  readonly shape: RowShape;
  readonly charset: number;
  /** How many columns are dialled; they have the first slots. */
  readonly dialled: number;
  /** The slot of the opt-in for each dialled column; empty = no opt-ins. */
  readonly optInSlots: readonly number[];
  readonly dayFormat: DayFormat;
  /** The slot of the country; null = none. */
  readonly countrySlot: number | null;
  /** Read national notation as Belgian: without a country column, and beside an empty cell. */
  readonly belgian: boolean;
  readonly belgianBesideEmpty: boolean;
  /** By column: LOOK_UP_NOT, LOOK_UP_LIKELY or LOOK_UP_ALL. */
  readonly lookUp: Uint8Array;
  /** Whether to empty cells of numbers that may not be called if another in the row may. */
  readonly emptiesCells: boolean;
  /** The most numbers in a request. */
  readonly batchNumbers: number;
  /** Which outputs are written, in the order of OUTPUT_KINDS. */
  readonly wanted: readonly boolean[];
  /** The separator of the cells that are added to a row. */
  readonly separator: string;
}

/** The rows of one scan. */
export interface Table {
  /** How many rows of the block precede them. */
  readonly from: number;
  readonly taken: number;
}
