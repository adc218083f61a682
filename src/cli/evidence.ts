import type { DedupeFilesResult } from '../csv/dedupe.ts';
import { TacetError } from '../errors.ts';
import type { ListVersionMessage, OverrideMessage } from '../wire/service.ts';
import type { DedupeIdentity, RunVersion } from './engine.ts';
import { type AnsweredRows, answeredRows } from './new-version.ts';
import { packageVersion } from './package.ts';

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
  /** Which rows were answered from which lists: one entry, unless a version was gone on the way. */
  readonly versions: readonly AnsweredRows[];
  readonly advertiser: string;
  readonly job_id: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly started_unix_ms: number;
  readonly finished_unix_ms: number;
  readonly input: DedupeFilesResult['input'];
  readonly outputs: DedupeFilesResult['outputs'];
  readonly column: DedupeFilesResult['column'];
  readonly opt_in_column: DedupeFilesResult['optInColumn'];
  readonly numbers: number;
  readonly callable: number;
  readonly blocked: number;
  readonly callable_opt_in: number;
  readonly not_covered: number;
  readonly unreadable: number;
  readonly opt_in_unreadable: number;
  readonly uneven_rows: number;
}

/** Puts the evidence together. Errors: ERR_RECONCILE if the counts do not add up to the rows. */
export function evidenceOf(
  result: DedupeFilesResult,
  run: {
    readonly identity: DedupeIdentity;
    readonly versions: readonly RunVersion[];
    readonly startedMs: number;
    readonly finishedMs: number;
  },
): Evidence {
  const { counts } = result;
  const sum =
    counts.callable +
    counts.blocked +
    counts.callable_opt_in +
    counts.not_covered +
    counts.unreadable;
  if (sum !== result.rows || counts.numbers !== result.rows) {
    throw new TacetError('ERR_RECONCILE', {
      what: 'the verdicts do not add up to the rows',
      expected: String(result.rows),
      got: String(sum),
    });
  }
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
    versions: answeredRows(run.versions, result.rows),
    advertiser: run.identity.advertiser,
    job_id: run.identity.jobId,
    started_at: new Date(run.startedMs).toISOString(),
    finished_at: new Date(run.finishedMs).toISOString(),
    started_unix_ms: run.startedMs,
    finished_unix_ms: run.finishedMs,
    input: result.input,
    outputs: result.outputs,
    column: result.column,
    opt_in_column: result.optInColumn,
    ...counts,
    opt_in_unreadable: result.optInUnreadable,
    uneven_rows: result.unevenRows.count,
  };
}
