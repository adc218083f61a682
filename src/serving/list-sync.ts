import type { ServeOptions } from '../options/serve/table.ts';
import { SYNC_DEFAULTS, type SyncSecrets } from '../sync/options.ts';
import type { SyncOutcome } from '../sync/outcome.ts';
import { type ScheduleOptions, SyncScheduler } from '../sync/schedule.ts';
import type { ListLog } from './notices.ts';

/**
 * The sync options of a server that fetches its own list; undefined if it does not.
 *
 * @param secrets for sFTP, from the environment; default none
 */
export function syncOptionsOf(
  { list: [store], sync: { from, ...sync } }: ServeOptions,
  secrets: SyncSecrets | undefined,
): ScheduleOptions | undefined {
  if (from === undefined || store === undefined) return undefined;
  return { ...SYNC_DEFAULTS, ...sync, ...secrets, from, store };
}

/** Runs the syncs of one server by schedule, and logs how they ended. */
export class ListSync {
  readonly #scheduler: SyncScheduler;
  readonly #log: ListLog;
  /** The name of the list. */
  readonly list: string;
  #unlogged = 0;
  #onEnded: () => void = () => undefined;

  /** Errors: ERR_OPTION if no sync can run with the options. */
  constructor(options: ScheduleOptions, log: ListLog) {
    this.list = options.name;
    this.#log = log;
    this.#scheduler = new SyncScheduler(options, { onOutcome: (outcome) => this.#take(outcome) });
  }

  /** @param onEnded called when a sync has ended, successfully or not */
  start(onEnded: () => void): void {
    this.#onEnded = onEnded;
    void this.#scheduler.start();
  }

  /** Ends a sync under way; a step it has not finished counts as not begun. */
  async stop(): Promise<void> {
    await this.#scheduler.stop();
  }

  /** How many failures could not even be written to the log of the store. */
  get unlogged(): number {
    return this.#unlogged;
  }

  #take(outcome: SyncOutcome): void {
    const { result, message, logged } = outcome;
    if (!logged) this.#unlogged++;
    if (result === 'switched' || result === 'unchanged') {
      this.#log.info({ sync: outcome }, `sync: ${message}`);
    } else {
      this.#log.error({ sync: outcome }, `sync: ${message}`);
    }
    this.#onEnded();
  }
}
