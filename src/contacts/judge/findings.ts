import { TacetError } from '../../errors.ts';
import { VERDICT_OF_REASON } from '../../verdict/reason.ts';
import { DOUBT_KINDS, type DoubtKind, doubtKindsOf } from '../cells/doubts.ts';
import { type NumberOrigins, SLOT_LOOKED_UP } from './numbers.ts';
import { OUTCOMES } from './outcome.ts';

/** Rows with one kind of doubt. */
export interface StructureDoubt {
  readonly kind: DoubtKind;
  readonly rows: number;
  /** The line where the first of them begins, from 1. */
  readonly firstLine: number;
}

/** What a scan found besides the rows themselves. */
export interface ScanFindings {
  readonly rows: number;
  /** Rows whose number of cells differs from the header's. */
  readonly uneven: number;
  /** Opt-ins that could not be read. */
  readonly optInUnreadable: number;
  /** Rows whose structure is in doubt. */
  readonly rowsInDoubt: number;
  /** Their doubts by kind; `firstLine` counts from the first of all rows. */
  readonly doubts: readonly StructureDoubt[];
  /** Lines that end in these rows. */
  readonly lines: number;
  /** Columns, from 0, that hold phone numbers although the user did not name them. */
  readonly phoneColumns: readonly number[];
  /** The offset in the block after the last row. */
  readonly end: number;
  /** ROWS_OK, or what is wrong with the row after the last one. */
  readonly problem: number;
}

/** Counts the rows in doubt. A row may have several kinds of doubt. */
export class DoubtCounter {
  rowsInDoubt = 0;
  readonly #rows = new Map<DoubtKind, { rows: number; firstLine: number }>();

  /** @param line returns the line where the row begins; called for the first row of a kind */
  add(doubts: number, line: () => number): void {
    this.rowsInDoubt++;
    for (const kind of doubtKindsOf(doubts)) {
      const known = this.#rows.get(kind);
      if (known === undefined) this.#rows.set(kind, { rows: 1, firstLine: line() });
      else known.rows++;
    }
  }

  /** Adds the findings of a later scan; `lines`: how many lines precede its first row. */
  addAll({ rowsInDoubt, doubts }: ScanFindings, lines: number): void {
    this.rowsInDoubt += rowsInDoubt;
    for (const { kind, rows, firstLine } of doubts) {
      const known = this.#rows.get(kind);
      if (known === undefined) this.#rows.set(kind, { rows, firstLine: lines + firstLine });
      else known.rows += rows;
    }
  }

  get doubts(): StructureDoubt[] {
    return DOUBT_KINDS.flatMap((kind) => {
      const found = this.#rows.get(kind);
      return found === undefined ? [] : [{ kind, ...found }];
    });
  }
}

/** Columns that the user did not name hold phone numbers: read again, with these looked up. */
export class PhoneColumnsFound extends Error {
  /** From 0. */
  readonly columns: readonly number[];
  /** At least this many rows had been read by then. */
  readonly rows: number;

  constructor(columns: readonly number[], rows: number) {
    super('columns that nobody named hold phone numbers');
    this.columns = columns;
    this.rows = rows;
  }
}

/** How many numbers had which reason, and the outcomes of rows. */
export interface Tally {
  /** Numbers by `Reason`, {@link OUTCOMES} of them. */
  readonly reasons: Float64Array;
  /** Numbers in columns that are not dialled. */
  lookedUp: number;
  /** Rows in doubt because such a number is on the list. */
  otherColumnListed: number;
}

export function newTally(): Tally {
  return { reasons: new Float64Array(OUTCOMES), lookedUp: 0, otherColumnListed: 0 };
}

/** Adds counts by reason. Errors: as {@link tallyNumbers}. */
export function tallyReasons({ reasons }: Tally, counts: Uint32Array): void {
  for (let reason = 0; reason < counts.length; reason++) {
    const count = counts[reason] as number;
    if (count > 0 && VERDICT_OF_REASON[reason] === 0) throw noReason();
    reasons[reason] = (reasons[reason] as number) + count;
  }
}

/**
 * Adds numbers one by one. Errors: ERR_RECONCILE if the reason for a number implies no verdict: its
 * row would be lost, or judged by its other numbers.
 */
export function tallyNumbers(
  tally: Tally,
  { slots, count }: Pick<NumberOrigins, 'slots' | 'count'>,
  answered: Uint8Array,
): void {
  const { reasons } = tally;
  let lookedUp = 0;
  for (let i = 0; i < count; i++) {
    // Both have `count` elements, and reasons are below OUTCOMES.
    const reason = answered[i] as number;
    if (VERDICT_OF_REASON[reason] === 0) throw noReason();
    reasons[reason] = (reasons[reason] as number) + 1;
    if (slots[i] === SLOT_LOOKED_UP) lookedUp++;
  }
  tally.lookedUp += lookedUp;
}

function noReason(): TacetError {
  return new TacetError('ERR_RECONCILE', {
    what: 'a number has no reason of a verdict',
    fix: 'Nothing was published; report this',
  });
}
