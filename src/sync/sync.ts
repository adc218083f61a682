import { type ErrorData, errorToData } from '../errors.ts';
import { ListStore } from '../store/store.ts';
import { type Decision, textOf } from './decision.ts';
import { checkSyncOptions, type SyncOptions } from './options.ts';
import type { SyncOutcome } from './outcome.ts';
import { type SyncDeps, SyncRun } from './sync-run.ts';

/**
 * Syncs once. A problem with the file or with fetching it is an outcome, not an error: `refused`
 * and `failed` leave the serving version as it is. Needs 20 bytes of memory a line plus about 60
 * MB; in a server, use {@link syncInProcess}, which runs it in its own process.
 * Errors: ERR_OPTION for options that no sync can run with.
 */
export async function syncOnce(options: SyncOptions, deps: SyncDeps = {}): Promise<SyncOutcome> {
  checkSyncOptions(options);
  const nowMs = deps.nowMs ?? Date.now;
  const startedAtUnixMs = nowMs();
  let decision: Decision;
  let error: ErrorData | null = null;
  let store: ListStore | undefined;
  let run: SyncRun | undefined;
  try {
    store = await ListStore.open(options.store, { create: true });
    run = new SyncRun(store, options, { ...deps, nowMs });
    decision = await run.run();
  } catch (cause) {
    error = errorToData(cause);
    decision = { result: 'failed', message: textOf(cause) };
  }
  const serving = await store?.current().catch(() => undefined);
  return {
    source: null,
    changes: null,
    refusals: [],
    quarantined: null,
    ...decision,
    startedAtUnixMs,
    finishedAtUnixMs: nowMs(),
    version: serving?.name ?? null,
    snapshotDate: serving?.snapshotDate ?? null,
    validUntilUnix: serving?.validUntilUnix ?? null,
    entries: serving?.entries ?? null,
    error: error === null ? null : { code: error.code, message: decision.message },
    logged: run?.logged ?? false,
  };
}
