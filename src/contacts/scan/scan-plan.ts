import type { DayFormat } from '../columns/day-format.ts';
import type { RowShape } from './rows.ts';

/** What a scanner must know of a file. Structured-cloneable. */
export interface ScanPlan {
  readonly shape: RowShape;
  readonly charset: number;
  /** How many columns are dialled: the first slots. */
  readonly dialled: number;
  /** The slot of the opt-ins of each column that is dialled; empty = there are none. */
  readonly optInSlots: readonly number[];
  readonly dayFormat: DayFormat;
  /** The slot of the country; null = there is none. */
  readonly countrySlot: number | null;
  /** National writing is read as Belgian: beside no country, and beside an empty one. */
  readonly belgian: boolean;
  readonly belgianBesideEmpty: boolean;
  /** By column: LOOK_UP_NOT, LOOK_UP_LIKELY or LOOK_UP_ALL. */
  readonly lookUp: Uint8Array;
  /** Cells of numbers that may not be called are emptied, where one in their row may. */
  readonly emptiesCells: boolean;
  /** Numbers a request at most. */
  readonly batchNumbers: number;
  /** Which outputs are written, as OUTPUT_KINDS. */
  readonly wanted: readonly boolean[];
  /** What separates the cells that are added to a row. */
  readonly separator: string;
}

/** The rows of one scan. */
export interface Table {
  /** Offset of the first of them. */
  readonly start: number;
  /** How many rows of the block are before them. */
  readonly from: number;
  readonly taken: number;
}
