import { DAY_MS } from '../calendar/day.ts';
import type { ListStore } from './store.ts';

/** Which versions to keep. */
export interface Retention {
  /** Versions with an older snapshot are removed. */
  readonly ageDaysMax: number;
  /** Of the others, this many of the newest are kept. */
  readonly countMax: number;
  readonly nowMs: number;
}

/**
 * The names of the versions to remove under a retention, newest first; never the serving version or
 * the one before it. Writes nothing.
 * Errors: ERR_STORE if the pointer or the version it names is damaged, since the version that
 * served before is then unknown; ERR_IO.
 */
export async function versionsBeyond(store: ListStore, retention: Retention): Promise<string[]> {
  const { ageDaysMax, countMax, nowMs } = retention;
  const current = await store.current();
  const oldest = nowMs - ageDaysMax * DAY_MS;
  return (await store.history())
    .filter(({ snapshotDate }, index) => index >= countMax || Date.parse(snapshotDate) < oldest)
    .map(({ name }) => name)
    .filter((name) => name !== current?.name && name !== current?.previous);
}
