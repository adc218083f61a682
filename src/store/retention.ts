import type { ListStore } from './store.ts';

const DAY_MS = 86_400_000;

/** Which versions may stay. */
export interface Retention {
  /** Versions with an older snapshot go. */
  readonly ageDaysMax: number;
  /** Of the others the newest stay. */
  readonly countMax: number;
  readonly nowMs: number;
}

/**
 * The names of the versions that a retention lets go, newest first; never the one that serves or
 * the one that served before it. Writes nothing.
 *
 * @throws TacetError ERR_STORE where the pointer, or the version that it names, is damaged: what
 *   served before is not known then; ERR_IO
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
