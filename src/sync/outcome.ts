/** How a sync ended: what commands print, metrics count and the log says. */
import type { ErrorCode } from '../errors.ts';
import type { SourceOrigin } from '../store/version.ts';
import type { Refusal } from './guard/guard.ts';

/**
 * - `switched`: a new version serves
 * - `unchanged`: the file is the one that serves, or one that was rolled back from
 * - `refused`: the file may not serve, and is in quarantine
 * - `failed`: no file could be had, or the store could not be written
 */
export const SYNC_RESULTS = ['switched', 'unchanged', 'refused', 'failed'] as const;

export type SyncResult = (typeof SYNC_RESULTS)[number];

/** Plain data; holds no phone number and no secret. */
export interface SyncOutcome {
  readonly result: SyncResult;
  /** One line for people, without a full stop. */
  readonly message: string;
  readonly startedAtUnixMs: number;
  readonly finishedAtUnixMs: number;
  /** Null where nothing was fetched. */
  readonly source: SourceOrigin | null;
  /** The version that serves now; null where none does. */
  readonly version: string | null;
  readonly snapshotDate: string | null;
  /** Unix seconds until which it answers; null where none serves. */
  readonly validUntilUnix: number | null;
  readonly entries: number | null;
  /** Of the file that was fetched, against what served before; null where unknown. */
  readonly changes: {
    readonly added: number;
    readonly removed: number;
    readonly redated: number;
  } | null;
  /** The rules that were violated; empty unless refused. */
  readonly refusals: readonly Refusal[];
  /** The name under `quarantine/`; null unless refused. */
  readonly quarantined: string | null;
  /** Of a failure. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** Whether the log of the store says so too; only a failure may not be there. */
  readonly logged: boolean;
}
