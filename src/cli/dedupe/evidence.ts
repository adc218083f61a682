import type { AnsweredRegister } from '../../client/answered-registers.ts';
import type { DedupeFilesResult } from '../../contacts/options.ts';
import { TacetError } from '../../errors.ts';
import type { Approach, Channel } from '../../verdict/approach.ts';
import { REASON_NAMES, VERDICT_OF_REASON } from '../../verdict/reason.ts';
import { VERDICT_NAMES } from '../../verdict/verdict.ts';
import { summaryCounts } from '../../wire/summary.ts';
import { packageVersion } from '../package.ts';
import type { DedupeIdentity, RunVersion } from './engine.ts';
import { answeredNumbers } from './new-version.ts';

/** What a run of `tacet dedupe` records so that it can be checked later. */
export type Evidence = ReturnType<typeof evidenceOf>;

/** Assembles the evidence. Errors: ERR_RECONCILE if the counts do not add up. */
export function evidenceOf(
  result: DedupeFilesResult,
  run: {
    readonly identity: DedupeIdentity;
    readonly approach: Approach;
    readonly versions: readonly RunVersion[];
    readonly registers: readonly AnsweredRegister[];
    readonly notices: readonly string[];
    readonly startedMs: number;
    readonly finishedMs: number;
  },
) {
  const counts = verdictCounts(result.reasons);
  assertReconciled(result, counts.numbers);
  const lists = run.versions.flatMap((version) => version.lists);
  const [list] = lists.toSorted((a, b) => a.validUntilUnix - b.validUntilUnix);
  if (list === undefined) {
    throw new TacetError('ERR_RECONCILE', { what: 'the answers name no list' });
  }
  return {
    tacetVersion: packageVersion(),
    // Of the list that expires first, usually the only one.
    name: list.name,
    snapshotDate: list.snapshotDate,
    sha256: list.sha256,
    sourceSha256: list.sourceSha256,
    // When the callable file must no longer be dialled.
    validUntil: new Date(list.validUntilUnix * 1000).toISOString(),
    validUntilUnix: list.validUntilUnix,
    // Who allowed the list to be used past valid_until, why, and until when; null = nobody.
    override: list.override ?? null,
    lists: lists.map(({ revision: _, ...version }) => version),
    // The firm's own lists by which it was answered besides; empty = none are kept.
    registers: run.registers,
    // Which lists answered which numbers: one entry, unless a version was gone during the run.
    versions: answeredNumbers(run.versions, counts.numbers),
    advertiser: run.identity.advertiser,
    jobId: run.identity.jobId,
    ...run.approach,
    // Why the list was not applied, and on whose word; null = it was.
    listNotApplied: listNotApplied(run.approach),
    notices: run.notices,
    startedAt: new Date(run.startedMs).toISOString(),
    finishedAt: new Date(run.finishedMs).toISOString(),
    startedUnixMs: run.startedMs,
    finishedUnixMs: run.finishedMs,
    input: result.input,
    outputs: result.outputs,
    columns: result.columns.dialled,
    optInColumns: result.columns.optIns,
    countryColumn: result.columns.country,
    notDialledColumns: result.columns.notDialled,
    lookedUpColumns: result.lookedUpColumns,
    rows: result.rows,
    // By printed reason: rows that are undecided regardless of their numbers.
    rowsInDoubt: {
      ...(result.rowsInDoubt > 0 && { 'row-structure': result.rowsInDoubt }),
      ...(result.otherColumnListed > 0 && { 'other-column-listed': result.otherColumnListed }),
    },
    structureDoubts: result.structureDoubts,
    reasons: reasonCounts(result.reasons),
    lookedUpToo: result.lookedUpToo,
    ...counts,
    optInUnreadable: result.optInUnreadable,
    unevenRows: result.unevenRows,
  };
}

const CHANNELS_WITHOUT_LIST: Partial<Record<Channel, string>> = { sms: 'SMS', fax: 'fax' };

/** Why the list does not apply, and on whose word; null = it does. */
function listNotApplied({ purpose, channel }: Approach): string | null {
  if (purpose === 'service') return 'the caller declared service calls';
  const name = CHANNELS_WITHOUT_LIST[channel];
  return name === undefined ? null : `the caller declared ${name}, where opt-ins alone decide`;
}

/** Numbers by the printed reason for their verdict. */
function reasonCounts(reasons: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    reasons.flatMap((count, reason) => (count === 0 ? [] : [[REASON_NAMES[reason] ?? '', count]])),
  );
}

/** How many numbers got which verdict, as in `tacet.v1.Summary`. */
function verdictCounts(reasons: readonly number[]) {
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  const byVerdict = VERDICT_NAMES.map((_, verdict) =>
    sum(reasons.filter((_, reason) => VERDICT_OF_REASON[reason] === verdict)),
  );
  return { ...summaryCounts(byVerdict), numbers: sum(reasons) };
}

/**
 * Every row is in at most one output, in exactly one if all are written: none lost or duplicated.
 */
function assertReconciled(result: DedupeFilesResult, numbers: number): void {
  const { rows, outputs, columns, rowsInDoubt } = result;
  const written = outputs.reduce((sum, output) => sum + output.rows, 0);
  const isWhole = outputs.length < 3 ? written <= rows : written === rows;
  // Every row that is not in doubt has at least one number, or exactly one with one column.
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
