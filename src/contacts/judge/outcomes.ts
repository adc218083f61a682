import {
  REASON_CHANNEL_NEEDS_OPT_IN,
  REASON_OPT_IN_GIVEN,
  VERDICT_OF_REASON,
} from '../../verdict/reason.ts';
import { VERDICT_BLOCKED, VERDICT_CALLABLE_OPT_IN } from '../../verdict/verdict.ts';
import { type NumberOrigins, SLOT_LOOKED_UP } from './numbers.ts';
import { OUTCOME_OTHER_COLUMN_LISTED, OUTCOME_RANKS, RANK_CALLABLE, RANK_NONE } from './outcome.ts';

/**
 * Whether a number with this reason is on the list, and that matters, by reason. Numbers that are
 * looked up too have no opt-in of their own, so that by machine a listed one is `listed`; for
 * service calls, SMS and fax the list does not matter, and no reason says that one is on it.
 */
const IS_LISTED = VERDICT_OF_REASON.map((verdict, reason) =>
  Number(
    (verdict === VERDICT_BLOCKED || verdict === VERDICT_CALLABLE_OPT_IN) &&
      reason !== REASON_OPT_IN_GIVEN &&
      reason !== REASON_CHANNEL_NEEDS_OPT_IN,
  ),
);

function restoreUnread({ unreadAt, unread }: NumberOrigins, reasons: Uint8Array): void {
  for (let i = 0; i < unreadAt.length; i++) {
    // Both have the same length, and the indexes are below the number of reasons.
    reasons[unreadAt[i] as number] = unread[i] as number;
  }
}

/** A block whose numbers have been answered: its rows and bytes. */
interface AnsweredBlock {
  readonly bytes: Uint8Array;
  /** By row: where it begins, and its outcome, already set if the row is in doubt. */
  readonly rows: { readonly starts: Int32Array; readonly outcomes: Uint8Array };
}

/**
 * Settles the outcomes of rows by the reasons for their numbers: a row is blocked if one of its
 * numbers is, else undecided if one is, else callable. A callable row becomes undecided if a column
 * that is not dialled holds a listed number; returns how many rows do. An outcome that is already
 * set (a doubt) stays: such a row has no numbers.
 *
 * @param origins where the numbers came from; those of a row are adjacent
 * @param reasons one per number, as answered. If a cell is not a phone number, only its reader
 *   knows the reason: these are corrected in place
 * @param emptiesCells instead, empties cells of numbers that may not be called, and keeps a row
 *   callable while one number remains; then the bytes of the row change and it begins later
 */
export function settleBlock(
  origins: NumberOrigins,
  reasons: Uint8Array,
  block: AnsweredBlock,
  emptiesCells: boolean,
): number {
  restoreUnread(origins, reasons);
  return emptiesCells
    ? settleByEmptying(origins, reasons, block)
    : settleOutcomes(origins, reasons, 0, origins.count, block.rows.outcomes);
}

function settleOutcomes(
  { onePerRow, rows, slots }: NumberOrigins,
  reasons: Uint8Array,
  from: number,
  to: number,
  outcomes: Uint8Array,
): number {
  if (onePerRow) {
    outcomes.set(reasons.subarray(from, to));
    return 0;
  }
  let otherListed = 0;
  for (let i = from; i < to; i++) {
    // All arrays have the same length, and rows are indexes into `outcomes`.
    const row = rows[i] as number;
    const reason = reasons[i] as number;
    const before = outcomes[row] as number;
    if (slots[i] !== SLOT_LOOKED_UP) {
      if (rankOf(reason) > rankOf(before)) outcomes[row] = reason;
    } else if (IS_LISTED[reason] === 1 && rankOf(before) === RANK_CALLABLE) {
      outcomes[row] = OUTCOME_OTHER_COLUMN_LISTED;
      otherListed++;
    }
  }
  return otherListed;
}

function rankOf(outcome: number): number {
  return OUTCOME_RANKS[outcome] ?? RANK_NONE;
}

function settleByEmptying(
  origins: NumberOrigins,
  reasons: Uint8Array,
  block: AnsweredBlock,
): number {
  const { rows, slots, count } = origins;
  const { outcomes } = block.rows;
  let otherListed = 0;
  for (let from = 0; from < count; ) {
    const row = rows[from] as number;
    let to = from;
    let callable = -1;
    let isOtherListed = false;
    for (; to < count && rows[to] === row; to++) {
      const reason = reasons[to] as number;
      if (slots[to] === SLOT_LOOKED_UP) isOtherListed ||= IS_LISTED[reason] === 1;
      else if (callable < 0 && rankOf(reason) === RANK_CALLABLE) callable = to;
    }
    if (callable < 0) settleOutcomes(origins, reasons, from, to, outcomes);
    else if (isOtherListed) {
      outcomes[row] = OUTCOME_OTHER_COLUMN_LISTED;
      otherListed++;
    } else {
      outcomes[row] = reasons[callable] as number;
      emptyCells(origins, reasons, { row, from, to }, block);
    }
    from = to;
  }
  return otherListed;
}

/** Removes the cells that may not be called; the bytes of the row before them move to the right. */
function emptyCells(
  { slots, cellStarts, cellEnds }: NumberOrigins,
  reasons: Uint8Array,
  numbers: { readonly row: number; readonly from: number; readonly to: number },
  { bytes, rows }: AnsweredBlock,
): void {
  const { row, from, to } = numbers;
  const cells: [number, number][] = [];
  for (let i = from; i < to; i++) {
    if (slots[i] === SLOT_LOOKED_UP || rankOf(reasons[i] as number) === RANK_CALLABLE) continue;
    cells.push([cellStarts[i] as number, cellEnds[i] as number]);
  }
  // From the first cell on, shift everything before the cell, without those already emptied.
  let start = rows.starts[row] as number;
  for (const [cellStart, cellEnd] of cells.sort(([one], [other]) => one - other)) {
    const moved = start + (cellEnd - cellStart);
    bytes.copyWithin(moved, start, cellStart);
    start = moved;
  }
  rows.starts[row] = start;
}
