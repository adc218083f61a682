/** What a store's log says about its syncs, whether a server, a timer or a person ran them. */
import { type LogPosition, readLog } from '../store/log.ts';
import type { ListStore } from '../store/store.ts';
import { SYNC_RESULTS, type SyncResult } from './outcome.ts';

/** Years of nightly syncs, or weeks of a sync that fails every ten minutes. */
const TAIL_BYTES_MAX = 1_048_576;

/** What the log has shown about the syncs into a store. */
export interface SyncsSeen {
  /** How many syncs had each result since the log was first read. */
  readonly counts: Readonly<Record<SyncResult, number>>;
  /** When a sync last ended with the newest list serving, in Unix seconds; 0 = none known. */
  readonly lastSuccessUnix: number;
  /** The newest file, if it was refused and nothing newer serves since. */
  readonly refused: RefusedFile | undefined;
}

export interface RefusedFile {
  /** Its name under `quarantine/`. */
  readonly quarantined: string;
  /** When it was first refused since the last different file, in Unix seconds. */
  readonly sinceUnix: number;
}

/** The state before the log was read. */
export const NO_SYNCS: SyncsSeen = {
  counts: { switched: 0, unchanged: 0, refused: 0, failed: 0 },
  lastSuccessUnix: 0,
  refused: undefined,
};

/**
 * Follows a store's log.jsonl. It misses a sync that could not write there: because another process
 * held the lock, the disk was gone, or the sync was killed.
 */
export class SyncLog {
  readonly #store: ListStore;
  #position: LogPosition | undefined;
  #seen = NO_SYNCS;

  constructor(store: ListStore) {
    this.#store = store;
  }

  get seen(): SyncsSeen {
    return this.#seen;
  }

  /**
   * Reads what was logged since the last call. The first call counts nothing, but learns from the
   * newest 1 MiB which file is refused and when a sync last succeeded. One call at a time. Errors:
   * ERR_IO.
   */
  async read(): Promise<void> {
    const { lines, position, continues } = await readLog(
      this.#store,
      this.#position,
      TAIL_BYTES_MAX,
    );
    this.#position = position;
    for (const line of lines) {
      const event = parseEvent(line);
      if (event !== undefined) this.#take(event, continues ? 1 : 0);
    }
  }

  #take(event: LoggedEvent, count: number): void {
    const { counts } = this.#seen;
    const result = resultOf(event);
    if (result !== undefined) {
      this.#seen = { ...this.#seen, counts: { ...counts, [result]: counts[result] + count } };
    }
    if (result === 'switched' || result === 'unchanged') {
      this.#seen = { ...this.#seen, lastSuccessUnix: event.atUnix, refused: undefined };
    } else if (result === 'refused') {
      this.#seen = { ...this.#seen, refused: refusedFile(event, this.#seen.refused) };
    } else if (event.event === 'switched' && event.rollback !== true) {
      // A person accepted a file. A rollback, by contrast, leaves the newest file refused.
      this.#seen = { ...this.#seen, refused: undefined };
    }
  }
}

/** The fields of a log line that are read here. */
interface LoggedEvent
  extends Readonly<Record<'by' | 'accepted' | 'rollback' | 'quarantined', unknown>> {
  readonly event: string;
  readonly atUnix: number;
}

function parseEvent(line: string): LoggedEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, event, by, accepted, rollback, quarantined } = Object.fromEntries(
    Object.entries(value),
  );
  const atUnix = Math.floor(Date.parse(String(at)) / 1000);
  if (typeof event !== 'string' || Number.isNaN(atUnix)) return undefined;
  return { event, atUnix, by, accepted, rollback, quarantined };
}

/** How a sync ended; undefined for other events, such as a person's decision. */
function resultOf({ event, by, accepted, rollback }: LoggedEvent): SyncResult | undefined {
  const isPerson = accepted === true || rollback === true;
  if (event === 'switched' && (by !== 'sync' || isPerson)) return undefined;
  return SYNC_RESULTS.find((result) => result === event);
}

function refusedFile(
  { quarantined, atUnix }: LoggedEvent,
  before: RefusedFile | undefined,
): RefusedFile {
  const name = String(quarantined);
  return name === before?.quarantined ? before : { quarantined: name, sinceUnix: atUnix };
}
