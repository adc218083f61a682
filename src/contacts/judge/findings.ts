import { TacetError } from '../../errors.ts';
import { VERDICT_OF_REASON } from '../../verdict/reason.ts';
import { type NumberOrigins, SLOT_LOOKED_UP } from '../columns/numbers.ts';
import { DOUBT_KINDS, type DoubtKind, doubtKindsOf } from '../scan/doubts.ts';
import { OUTCOMES } from './outcome.ts';

/** Rows in doubt of one kind. */
export interface StructureDoubt {
  readonly kind: DoubtKind;
  readonly rows: number;
  /** Line in which the first of them begins, from 1. */
  readonly firstLine: number;
}

/** What a scan of some rows found besides the rows. */
export interface ScanFindings {
  readonly rows: number;
  /** Rows with another number of cells than the header. */
  readonly uneven: number;
  /** Opt-ins that could not be read. */
  readonly optInUnreadable: number;
  /** Rows whose structure is in doubt. */
  readonly rowsInDoubt: number;
  /** The kinds of their doubts; `firstLine` counts from the first of all rows. */
  readonly doubts: readonly StructureDoubt[];
  /** Lines that end in these rows. */
  readonly lines: number;
  /** Columns, from 0, not named as phone numbers that by their content hold some. */
  readonly phoneColumns: readonly number[];
  /** Behind the last row, as offset into the block. */
  readonly end: number;
  /** ROWS_OK, or what is wrong with the row behind it. */
  readonly problem: number;
}

/** Counts the rows in doubt. A row may have several kinds of doubt. */
export class DoubtCounter {
  rowsInDoubt = 0;
  readonly #rows = new Map<DoubtKind, { rows: number; firstLine: number }>();

  /** @param line says in which line the row begins; asked for the first row of a kind */
  add(doubts: number, line: () => number): void {
    this.rowsInDoubt++;
    for (const kind of doubtKindsOf(doubts)) {
      const known = this.#rows.get(kind);
      if (known === undefined) this.#rows.set(kind, { rows: 1, firstLine: line() });
      else known.rows++;
    }
  }

  /** Adds what a later scan found; `lines`: how many lines are before the first of its rows. */
  addAll({ rowsInDoubt, doubts }: ScanFindings, lines: number): void {
    this.rowsInDoubt += rowsInDoubt;
    for (const { kind, rows, firstLine } of doubts) {
      const known = this.#rows.get(kind);
      if (known === undefined) this.#rows.set(kind, { rows, firstLine: lines + firstLine });
      else known.rows += rows;
    }
  }

  clear(): void {
    this.rowsInDoubt = 0;
    this.#rows.clear();
  }

  get doubts(): StructureDoubt[] {
    return DOUBT_KINDS.flatMap((kind) => {
      const found = this.#rows.get(kind);
      return found === undefined ? [] : [{ kind, ...found }];
    });
  }
}

/**
 * Columns that nobody named turned out to hold phone numbers: the file has to be read again, and
 * they looked up from its first row on.
 */
export class PhoneColumnsFound extends Error {
  /** From 0. */
  readonly columns: readonly number[];
  /** How many rows had been read before it turned out, at least. */
  readonly rows: number;

  constructor(columns: readonly number[], rows: number) {
    super('columns that nobody named hold phone numbers');
    this.columns = columns;
    this.rows = rows;
  }
}

/** How many numbers had which reason, and what became of rows. */
export interface Tally {
  /** Numbers by `Reason`, {@link OUTCOMES} of them. */
  readonly reasons: Float64Array;
  /** Numbers that stand in a column nobody dials. */
  readonly lookedUp: number;
  /** Rows in doubt because such a number is on the list. */
  readonly otherColumnListed: number;
}

/** Counts numbers, and what became of their rows. */
export class TallyCounter {
  readonly #reasons = new Float64Array(OUTCOMES);
  #lookedUp = 0;
  #otherColumnListed = 0;

  clear(): void {
    this.#reasons.fill(0);
    this.#lookedUp = 0;
    this.#otherColumnListed = 0;
  }

  /** Adds numbers by their reason. Errors: as {@link add}. */
  addReasons(counts: Uint32Array): void {
    for (let reason = 0; reason < counts.length; reason++) {
      const count = counts[reason] as number;
      if (count > 0 && VERDICT_OF_REASON[reason] === 0) throw noReason();
      this.#reasons[reason] = (this.#reasons[reason] as number) + count;
    }
  }

  /**
   * Adds numbers one by one; `otherListed`: rows of theirs that are undecided for that.
   * Errors: ERR_RECONCILE where one has no reason that goes with a verdict: its row would be lost,
   * or judged by others.
   */
  add(
    { slots, count }: Pick<NumberOrigins, 'slots' | 'count'>,
    reasons: Uint8Array,
    otherListed: number,
  ): void {
    for (let i = 0; i < count; i++) {
      // Both have `count` elements, and reasons are below OUTCOMES.
      const reason = reasons[i] as number;
      if (VERDICT_OF_REASON[reason] === 0) throw noReason();
      this.#reasons[reason] = (this.#reasons[reason] as number) + 1;
      if (slots[i] === SLOT_LOOKED_UP) this.#lookedUp++;
    }
    this.#otherColumnListed += otherListed;
  }

  get tally(): Tally {
    return {
      reasons: this.#reasons.slice(),
      lookedUp: this.#lookedUp,
      otherColumnListed: this.#otherColumnListed,
    };
  }
}

function noReason(): TacetError {
  return new TacetError('ERR_RECONCILE', {
    what: 'a number has no reason of a verdict',
    fix: 'Nothing was published; report this',
  });
}
