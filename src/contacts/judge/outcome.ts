import { REASON_NAMES, verdictOfReason } from '../../verdict/reason.ts';
import { mayCall, VERDICT_BLOCKED, VERDICT_NAMES } from '../../verdict/verdict.ts';

/**
 * The outcome of a row: the reason for the number that decided it, as `tacet.v1.Reason`, or one
 * that only exists for contact files. One byte per row; 0 = not judged.
 */
export const OUTCOME_ROW_STRUCTURE = 50;
export const OUTCOME_OTHER_COLUMN_LISTED = 51;
/** All outcomes are below this. */
export const OUTCOMES = 64;

/** The three outputs, in the order in which they are reported. */
export const OUTPUT_KINDS = ['callable', 'blocked', 'undecided'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** How an outcome is printed in the last two columns. */
export interface PrintedOutcome {
  readonly kind: OutputKind;
  readonly verdict: string;
  readonly reason: string;
}

const OF_FILES_ALONE: Readonly<Record<number, string>> = {
  [OUTCOME_ROW_STRUCTURE]: 'row-structure',
  [OUTCOME_OTHER_COLUMN_LISTED]: 'other-column-listed',
};

/** By outcome; undefined if there is no such outcome. */
export const PRINTED_OUTCOMES: readonly (PrintedOutcome | undefined)[] = Array.from(
  { length: OUTCOMES },
  (_, outcome) => printedOutcome(outcome),
);

function printedOutcome(outcome: number): PrintedOutcome | undefined {
  const ofFiles = OF_FILES_ALONE[outcome];
  if (ofFiles !== undefined) return { kind: 'undecided', verdict: 'undecided', reason: ofFiles };
  const reason = REASON_NAMES[outcome] ?? '';
  const verdict = reason === '' ? 0 : verdictOfReason(outcome);
  if (verdict === 0) return undefined;
  return { kind: kindOf(verdict), verdict: VERDICT_NAMES[verdict] ?? '', reason };
}

function kindOf(verdict: number): OutputKind {
  // `RunCounts` refuses verdicts of service calls where none were declared.
  if (mayCall(verdict, 'service')) return 'callable';
  return verdict === VERDICT_BLOCKED ? 'blocked' : 'undecided';
}

// The layout in which `assembly/partition.ts` reads the printed outcomes.
export const OUTCOME_BYTES = 32;
const OUTCOME_LENGTH = 30;
const OUTCOME_KIND = 31;
const NO_KIND = 255;

/** {@link PRINTED_OUTCOMES} for the module: {@link OUTCOME_BYTES} each. */
export function outcomeTable(separator: string): Uint8Array {
  const table = Buffer.alloc(OUTCOMES * OUTCOME_BYTES);
  PRINTED_OUTCOMES.forEach((printed, outcome) => {
    const at = outcome * OUTCOME_BYTES;
    table[at + OUTCOME_KIND] = printed === undefined ? NO_KIND : OUTPUT_KINDS.indexOf(printed.kind);
    if (printed === undefined || printed.kind === 'callable') return;
    const { verdict, reason } = printed;
    table[at + OUTCOME_LENGTH] = table.write(`${separator}${verdict}${separator}${reason}`, at);
  });
  return table;
}

// If a row has several numbers, the one with the highest rank decides; in a tie, the first.
export const RANK_NONE = 0;
export const RANK_CALLABLE = 1;
const RANKS = { callable: RANK_CALLABLE, undecided: 2, blocked: 3 } as const;

/** The rank of each outcome; 0 if it is not an outcome. */
export const OUTCOME_RANKS: Readonly<Uint8Array> = Uint8Array.from(PRINTED_OUTCOMES, (printed) =>
  printed === undefined ? RANK_NONE : RANKS[printed.kind],
);
