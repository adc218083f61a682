/** How a sync ended: commands print it, metrics count it and the log records it. */
import type { ErrorCode } from '../errors.ts';
import type { ListDifference } from '../store/diff.ts';
import type { SourceOrigin } from '../store/version.ts';
import type { Refusal } from './guard/guard.ts';

/**
 * - `switched`: a new version serves
 * - `unchanged`: the file is the version that serves, or one that was rolled back
 * - `refused`: the file may not serve and is in quarantine
 * - `failed`: no file could be fetched, or the store could not be written
 */
export const SYNC_RESULTS = ['switched', 'unchanged', 'refused', 'failed'] as const;

export type SyncResult = (typeof SYNC_RESULTS)[number];

/** Plain data; holds no phone number and no secret. */
export interface SyncOutcome {
  readonly result: SyncResult;
  /** One human-readable line, without a full stop. */
  readonly message: string;
  readonly startedAtUnixMs: number;
  readonly finishedAtUnixMs: number;
  /** Null if nothing was fetched. */
  readonly source: SourceOrigin | null;
  /** The version that serves now; null if none does. */
  readonly version: string | null;
  readonly snapshotDate: string | null;
  /** When it stops answering, in Unix seconds; null if none serves. */
  readonly validUntilUnix: number | null;
  readonly entries: number | null;
  /** Changes in the fetched file from the version that served before; null if unknown. */
  readonly changes: ListDifference | null;
  /** The violated rules; empty unless refused. */
  readonly refusals: readonly Refusal[];
  /** The name under `quarantine/`; null unless refused. */
  readonly quarantined: string | null;
  /** Set only if the sync failed. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** Whether the store's log has this outcome too; only a failure may be missing. */
  readonly logged: boolean;
}
