/** When to sync: every night, with retries until it succeeds. */
import { Cron } from 'croner';
import { brusselsDay } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { errorToData, TacetError } from '../errors.ts';
import { ListStore } from '../store/store.ts';
import { checkSyncOptions, type SyncOptions } from './options.ts';
import type { SyncOutcome } from './outcome.ts';
import { syncInProcess } from './sync-process.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Long waits are split, to notice soon if the clock was set or the machine slept. */
const TICK_MS_MAX = 5 * MINUTE_MS;
const ZONE = 'Europe/Brussels';

/** How and when to sync. */
export interface ScheduleOptions extends SyncOptions {
  /** Minute, hour, day, month, weekday in Brussels; default `30 1 * * *`. */
  readonly schedule?: string;
  /**
   * Random delay added to it, at most, so that licensees do not all start at once. Default 30 min.
   */
  readonly jitterMs?: number;
  /** The first wait after a failure, doubled each time; default 1 min. */
  readonly retryMinMs?: number;
  /** The longest wait; default 30 min. */
  readonly retryMaxMs?: number;
  /** Syncs on start if the serving version was packed longer ago than this; default 20 h. */
  readonly startAgeMs?: number;
}

/** The dependencies of a scheduler. */
interface ScheduleDeps {
  /** Called after every sync; it must not throw. */
  readonly onOutcome: (outcome: SyncOutcome) => void;
  readonly nowMs?: () => number;
  /** Calls back once after `ms`; returns a function that cancels it. Default `setTimeout`. */
  readonly setTimer?: (callback: () => void, ms: number) => () => void;
  /** In [0, 1); default `Math.random`. */
  readonly random?: () => number;
  /** Default {@link syncInProcess}. */
  readonly sync?: (options: SyncOptions, signal: AbortSignal) => Promise<SyncOutcome>;
}

/**
 * Syncs every night and retries after a failure until it succeeds. One sync at a time. A refused
 * file, or an old file when a newer one is due, is also fetched again, but only after the longest
 * wait, because the other side has to act first.
 */
export class SyncScheduler {
  readonly #options: Required<ScheduleOptions>;
  readonly #deps: Required<ScheduleDeps>;
  readonly #cron: Cron;
  #cancelTimer: () => void = () => undefined;
  #running: Promise<void> | undefined;
  readonly #abort = new AbortController();
  #failures = 0;
  #nextMs: number | null = null;

  /** Errors: ERR_OPTION for options that no sync can run with, or a bad schedule. */
  constructor(options: ScheduleOptions, deps: ScheduleDeps) {
    checkSyncOptions(options);
    this.#options = {
      schedule: '30 1 * * *',
      jitterMs: 30 * MINUTE_MS,
      retryMinMs: MINUTE_MS,
      retryMaxMs: 30 * MINUTE_MS,
      startAgeMs: 20 * HOUR_MS,
      ...options,
    };
    this.#deps = {
      nowMs: Date.now,
      setTimer: systemTimer,
      random: Math.random,
      sync: (sync, signal) => syncInProcess(sync, { signal }),
      ...deps,
    };
    this.#cron = cronOf(this.#options.schedule);
  }

  /** When the next sync begins, in Unix milliseconds; null while one runs or after a stop. */
  get nextMs(): number | null {
    return this.#nextMs;
  }

  /** Waits for the next night; syncs at once if the list is old or none serves. Never fails. */
  async start(): Promise<void> {
    const { startAgeMs, store: path } = this.#options;
    const store = await ListStore.open(path).catch(() => undefined);
    const serving = await store?.current().catch(() => undefined);
    const nowMs = this.#deps.nowMs();
    if (this.#abort.signal.aborted) return;
    const isOld = serving === undefined || nowMs - serving.packedAtUnix * 1000 > startAgeMs;
    this.#arm(isOld ? nowMs : this.#nextNight(nowMs));
  }

  /** Starts no more syncs; cancels a running one and waits for it to end. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancelTimer();
    this.#nextMs = null;
    await this.#running;
  }

  #nextNight(nowMs: number): number {
    const next = this.#cron.nextRun(new Date(nowMs));
    if (next === null) return nowMs + 24 * HOUR_MS;
    return next.getTime() + Math.floor(this.#deps.random() * this.#options.jitterMs);
  }

  #arm(atMs: number): void {
    this.#nextMs = atMs;
    const waitMs = Math.min(TICK_MS_MAX, Math.max(0, atMs - this.#deps.nowMs()));
    this.#cancelTimer = this.#deps.setTimer(() => this.#tick(atMs), waitMs);
  }

  #tick(atMs: number): void {
    if (this.#abort.signal.aborted) return;
    if (this.#deps.nowMs() < atMs) {
      this.#arm(atMs);
      return;
    }
    this.#nextMs = null;
    this.#running = this.#sync();
  }

  async #sync(): Promise<void> {
    const startedAtMs = this.#deps.nowMs();
    const { signal } = this.#abort;
    const outcome = await this.#deps
      .sync(this.#options, signal)
      .catch((error: unknown) => failure(error, startedAtMs, this.#deps.nowMs()));
    if (signal.aborted) return;
    this.#arm(this.#nextAfter(outcome));
    this.#deps.onOutcome(outcome);
  }

  #nextAfter(outcome: SyncOutcome): number {
    const nowMs = this.#deps.nowMs();
    const nextNight = this.#nextNight(nowMs);
    const { retryMinMs, retryMaxMs } = this.#options;
    const isLate = outcome.result === 'unchanged' && !isOfYesterday(outcome, nowMs);
    if (outcome.result === 'switched' || (outcome.result === 'unchanged' && !isLate)) {
      this.#failures = 0;
      return nextNight;
    }
    if (outcome.result !== 'failed') return Math.min(nextNight, nowMs + retryMaxMs);
    // Beyond 2^20 every wait is the maximum.
    const waitMs = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(this.#failures++, 20));
    return Math.min(nextNight, nowMs + waitMs);
  }
}

/** Whether the serving version is the newest possible. */
function isOfYesterday({ snapshotDate }: SyncOutcome, nowMs: number): boolean {
  return snapshotDate !== null && snapshotDate >= formatIsoDay(brusselsDay(nowMs) - 1);
}

function cronOf(schedule: string): Cron {
  let cause: unknown;
  try {
    const cron = new Cron(schedule, { timezone: ZONE, paused: true, mode: '5-part' });
    if (cron.nextRun() !== null) return cron;
  } catch (error) {
    cause = error;
  }
  throw new TacetError('ERR_OPTION', {
    what: 'the schedule cannot be read, or never comes',
    expected: 'minute, hour, day, month and weekday in Brussels, such as "30 1 * * *"',
    where: '--sync-schedule',
    cause,
  });
}

function systemTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** The outcome of a sync that ended without reporting one. */
export function failure(error: unknown, startedAtMs: number, finishedAtMs: number): SyncOutcome {
  const { code, detail } = errorToData(error);
  const message = error instanceof TacetError ? error.message : detail.what;
  return {
    result: 'failed',
    message,
    startedAtUnixMs: startedAtMs,
    finishedAtUnixMs: finishedAtMs,
    source: null,
    version: null,
    snapshotDate: null,
    validUntilUnix: null,
    entries: null,
    changes: null,
    refusals: [],
    quarantined: null,
    error: { code, message },
    logged: false,
  };
}
