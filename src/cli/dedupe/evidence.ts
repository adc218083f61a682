import type { Column, DedupeFilesResult } from '../../contacts/dedupe.ts';
import { TacetError } from '../../errors.ts';
import { REASON_NAMES, VERDICT_OF_REASON } from '../../verdict/reason.ts';
import { VERDICT_NAMES } from '../../verdict/verdict.ts';
import type { ListVersionMessage, OverrideMessage } from '../../wire/service.ts';
import { packageVersion } from '../package.ts';
import type { DedupeIdentity, RunVersion } from './engine.ts';
import { type AnsweredNumbers, answeredNumbers } from './new-version.ts';

/** What a run of `tacet dedupe` leaves to be checked later; keys as in the proto. */
export interface Evidence {
  readonly tacet_version: string;
  /** Of the list that may be consulted for the shortest time, usually the only one. */
  readonly name: string;
  readonly snapshot_date: string;
  readonly sha256: string;
  readonly source_sha256: string;
  /** Until when the callable file may be dialled, ISO 8601. */
  readonly valid_until: string;
  readonly valid_until_unix: number;
  /** Who let the list be consulted past valid_until, why, and until when; null = nobody. */
  readonly override: OverrideMessage | null;
  readonly lists: readonly ListVersionMessage[];
  /** Which numbers were answered from which lists: one entry, unless a version was gone. */
  readonly versions: readonly AnsweredNumbers[];
  readonly advertiser: string;
  readonly job_id: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly started_unix_ms: number;
  readonly finished_unix_ms: number;
  readonly input: DedupeFilesResult['input'];
  readonly outputs: DedupeFilesResult['outputs'];
  /** Those that were dialled; those of their opt-ins; of the country; and those left aside. */
  readonly columns: readonly Column[];
  readonly opt_in_columns: readonly Column[];
  readonly country_column: Column | null;
  readonly not_dialled_columns: readonly Column[];
  /** Columns nobody named that were looked up too, because they hold phone numbers. */
  readonly looked_up_columns: readonly Column[];
  /** The header not counted. */
  readonly rows: number;
  /** Rows that are undecided whatever their numbers, by the reason as printed. */
  readonly rows_in_doubt: Readonly<Record<string, number>>;
  /** The kinds of doubt about the structure of rows; a row may have several. */
  readonly structure_doubts: readonly {
    readonly kind: string;
    readonly rows: number;
    readonly first_line: number;
  }[];
  /** Numbers by the reason of their verdict, as printed. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Numbers that stand in columns nobody dials. */
  readonly looked_up_too: number;
  /** Numbers that were looked up, and their verdicts. */
  readonly numbers: number;
  readonly callable: number;
  readonly blocked: number;
  readonly callable_opt_in: number;
  readonly not_covered: number;
  readonly unreadable: number;
  readonly opt_in_unreadable: number;
  readonly uneven_rows: number;
}

/** Puts the evidence together. Errors: ERR_RECONCILE if the counts do not add up. */
export function evidenceOf(
  result: DedupeFilesResult,
  run: {
    readonly identity: DedupeIdentity;
    readonly versions: readonly RunVersion[];
    readonly startedMs: number;
    readonly finishedMs: number;
  },
): Evidence {
  const counts = verdictCounts(result.reasons);
  assertReconciled(result, counts.numbers);
  const lists = run.versions.flatMap((version) => version.lists);
  const [list] = lists.toSorted((a, b) => a.valid_until_unix - b.valid_until_unix);
  if (list === undefined) {
    throw new TacetError('ERR_RECONCILE', { what: 'the answers name no list' });
  }
  return {
    tacet_version: packageVersion(),
    name: list.name,
    snapshot_date: list.snapshot_date,
    sha256: list.sha256,
    source_sha256: list.source_sha256,
    valid_until: new Date(list.valid_until_unix * 1000).toISOString(),
    valid_until_unix: list.valid_until_unix,
    override: list.override ?? null,
    lists,
    versions: answeredNumbers(run.versions, counts.numbers),
    advertiser: run.identity.advertiser,
    job_id: run.identity.jobId,
    started_at: new Date(run.startedMs).toISOString(),
    finished_at: new Date(run.finishedMs).toISOString(),
    started_unix_ms: run.startedMs,
    finished_unix_ms: run.finishedMs,
    input: result.input,
    outputs: result.outputs,
    columns: result.columns.dialled,
    opt_in_columns: result.columns.optIns,
    country_column: result.columns.country,
    not_dialled_columns: result.columns.notDialled,
    looked_up_columns: result.lookedUpColumns,
    rows: result.rows,
    rows_in_doubt: {
      ...(result.rowsInDoubt > 0 && { 'row-structure': result.rowsInDoubt }),
      ...(result.otherColumnListed > 0 && { 'other-column-listed': result.otherColumnListed }),
    },
    structure_doubts: result.structureDoubts.map(({ kind, rows, firstLine }) => ({
      kind,
      rows,
      first_line: firstLine,
    })),
    reasons: Object.fromEntries(
      result.reasons.flatMap((count, reason) =>
        count === 0 ? [] : [[REASON_NAMES[reason] ?? '', count]],
      ),
    ),
    looked_up_too: result.lookedUpToo,
    ...counts,
    opt_in_unreadable: result.optInUnreadable,
    uneven_rows: result.unevenRows,
  };
}

/** How many numbers got which verdict, under the names of `tacet.v1.Summary`. */
function verdictCounts(reasons: readonly number[]) {
  const byVerdict = VERDICT_NAMES.map((_, verdict) =>
    reasons.reduce(
      (sum, count, reason) => sum + (VERDICT_OF_REASON[reason] === verdict ? count : 0),
      0,
    ),
  );
  const [, callable = 0, blocked = 0, optIn = 0, notCovered = 0, unreadable = 0] = byVerdict;
  return {
    numbers: reasons.reduce((sum, count) => sum + count, 0),
    callable,
    blocked,
    callable_opt_in: optIn,
    not_covered: notCovered,
    unreadable,
  };
}

/** Every row is in at most one output, in exactly one if all are written: none lost or doubled. */
function assertReconciled(result: DedupeFilesResult, numbers: number): void {
  const { rows, outputs, columns, rowsInDoubt } = result;
  const written = outputs.reduce((sum, output) => sum + output.rows, 0);
  const isWhole = outputs.length < 3 ? written <= rows : written === rows;
  // Every row that is not in doubt has at least one number, and with one column exactly one.
  const judged = rows - rowsInDoubt;
  const asked = numbers - result.lookedUpToo;
  const isAsked = columns.dialled.length > 1 ? asked >= judged : asked === judged;
  if (isWhole && isAsked) return;
  throw new TacetError('ERR_RECONCILE', {
    what: 'the rows, the numbers and the outputs do not add up',
    expected: `${rows} rows, ${judged} judged`,
    got: `${written} rows written, ${asked} numbers judged`,
  });
}
