import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { errorFromData, TacetError } from '../../errors.ts';
import { FIRM } from '../../registers/standing.ts';
import type { Layers, RegisterView } from '../../registers/view.ts';
import { JOB_ID } from '../../wire/identity.ts';
import { readLocation } from '../location.ts';
import type { SqliteDriver } from '../sqlite-drivers.ts';
import {
  type RegistersRead,
  sharedClockMs,
  type ViewsQuestion,
  type ViewsStart,
  type ViewsWord,
} from './messages.ts';

/** How {@link openRegisterViews} follows. */
interface RegisterViewsOptions {
  /** How often to look for edits of others. Default 500 ms. */
  readonly pollMs?: number;
  /** Views older than that are not given out. Default 10 s. */
  readonly staleMaxMs?: number;
  /** Bytes of the views that are kept; the firm's always is. Default 1 GiB. */
  readonly bytesMax?: number;
  /** How long PostgreSQL may take to connect, or for a statement. Default 5 s. */
  readonly timeoutMs?: number;
  readonly driver?: SqliteDriver | undefined;
  /** Hears when reading begins to fail, and when it is well again. */
  readonly observer?: { failed(error: TacetError): void; recovered(): void };
}

/** What is known of one advertiser. */
interface Known {
  readonly layers: Layers;
  /** Made when first asked for, from these layers. */
  view: RegisterView | undefined;
  usedMs: number;
}

interface Waiter {
  resolve(): void;
  reject(error: TacetError): void;
}

let lastId = 0;

/**
 * Opens the registers of a state that is there. A thread of its own reads them and packs what it
 * reads. Errors: ERR_OPTION, ERR_STATE.
 */
export async function openRegisterViews(
  location: string,
  options: RegisterViewsOptions = {},
): Promise<RegisterViews> {
  const { pollMs = 500, timeoutMs = 5_000, driver } = options;
  const start: ViewsStart = {
    location: readLocation(location),
    options: { create: false, serve: false, waitMs: 0, timeoutMs, driver },
    pollMs,
  };
  const views = new RegisterViews(
    new Worker(new URL('./thread.js', import.meta.url), { workerData: start }),
    options,
  );
  try {
    await views.opened;
    return views;
  } catch (error) {
    await views.close();
    throw error;
  }
}

/** What the registers say now, for each advertiser that is asked for. */
export class RegisterViews {
  /** Resolves with the first read; rejects if it fails. */
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #observer: RegisterViewsOptions['observer'];
  readonly #staleMaxMs: number;
  readonly #bytesMax: number;
  readonly #known = new Map<string, Known>();
  /** Who waits for an advertiser that was not followed. */
  readonly #waiting = new Map<string, Waiter[]>();
  /** Who waits for a read that begins later than this. */
  #looking: (Waiter & { readonly sinceMs: number })[] = [];
  #revision = 0;
  #readMs = Number.NEGATIVE_INFINITY;
  #isFailing = false;
  #ended = false;

  constructor(worker: Worker, options: RegisterViewsOptions) {
    this.#worker = worker;
    this.#observer = options.observer;
    this.#staleMaxMs = options.staleMaxMs ?? 10_000;
    this.#bytesMax = options.bytesMax ?? 2 ** 30;
    this.opened = new Promise((resolve, reject) => {
      this.#waiting.set(FIRM, [{ resolve, reject }]);
    });
    worker.on('message', (word: ViewsWord) => {
      if (word.kind === 'read') this.#took(word.read);
      else this.#failed(errorFromData(word.error));
    });
    worker.on('error', (cause) => {
      this.#failed(closed(cause));
      this.#end(cause);
    });
    worker.on('exit', () => this.#end(undefined));
  }

  /** Of the last read. */
  get revision(): number {
    return this.#revision;
  }

  /** How old the last read is, ms. */
  get ageMs(): number {
    return sharedClockMs() - this.#readMs;
  }

  /** Bytes of the tables that are kept. */
  get bytes(): number {
    let bytes = 0;
    for (const { layers } of this.#known.values()) bytes += bytesOf(layers);
    return bytes;
  }

  /** Throws ERR_STATE_STALE if the registers have not been read for too long. */
  assertFresh(): void {
    if (this.ageMs <= this.#staleMaxMs) return;
    throw new TacetError('ERR_STATE_STALE', {
      what: 'the registers have not been read for too long',
      expected: `at most ${this.#staleMaxMs / 1000} s`,
      fix: 'Look at the state and the way to it; it is tried again by itself',
    });
  }

  /**
   * What the registers say for an advertiser now; '' = for nobody in particular. A promise if it
   * must be read first. Errors: ERR_REQUEST for what is no advertiser; ERR_STATE_STALE, ERR_STATE.
   */
  viewOf(advertiser: string): RegisterView | Promise<RegisterView> {
    if (advertiser !== '' && !JOB_ID.test(advertiser)) throw malformed();
    this.assertFresh();
    return this.#current(advertiser) ?? this.#follow(advertiser);
  }

  /** Resolves once edits that are durable now are in every view. Errors: ERR_STATE. */
  look(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(closed());
      this.#looking.push({ resolve, reject, sinceMs: sharedClockMs() });
      this.#ask({ kind: 'look' });
    });
  }

  /** Ends the thread. Never rejects. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const exited = once(this.#worker, 'exit').catch(() => undefined);
    this.#ask({ kind: 'close' });
    await exited;
  }

  /** Ends the thread with whatever it does: for a database that does not answer. */
  destroy(): void {
    void this.#worker.terminate();
  }

  #current(advertiser: string): RegisterView | undefined {
    const own = this.#known.get(advertiser);
    const firm = this.#known.get(FIRM);
    if (own === undefined || firm === undefined) return undefined;
    own.usedMs = sharedClockMs();
    own.view ??= {
      id: ++lastId,
      revision: this.#revision,
      own: own.layers,
      firm: advertiser === '' ? undefined : firm.layers,
    };
    return own.view;
  }

  async #follow(advertiser: string): Promise<RegisterView> {
    for (;;) {
      if (this.#ended) throw closed();
      await new Promise<void>((resolve, reject) => {
        const waiting = this.#waiting.get(advertiser);
        this.#waiting.set(advertiser, [...(waiting ?? []), { resolve, reject }]);
        if (waiting === undefined) this.#ask({ kind: 'follow', advertiser });
      });
      const view = this.#current(advertiser);
      // Another may have taken its place meanwhile.
      if (view !== undefined) return view;
    }
  }

  #ask(question: ViewsQuestion): void {
    this.#worker.postMessage(question);
  }

  #took({ atMs, revision, followed, changed }: RegistersRead): void {
    this.#readMs = atMs;
    for (const advertiser of this.#known.keys()) {
      if (!followed.includes(advertiser)) this.#known.delete(advertiser);
    }
    if (revision !== this.#revision) {
      this.#revision = revision;
      // Views name their revision.
      for (const known of this.#known.values()) known.view = undefined;
    }
    for (const [advertiser, layers] of changed) {
      const usedMs = this.#known.get(advertiser)?.usedMs ?? sharedClockMs();
      this.#known.set(advertiser, { layers, view: undefined, usedMs });
    }
    if (changed.has(FIRM)) for (const known of this.#known.values()) known.view = undefined;
    for (const advertiser of followed) this.#settle(advertiser);
    this.#looking = this.#looking.filter((waiter) => {
      if (waiter.sinceMs > atMs) return true;
      waiter.resolve();
      return false;
    });
    this.#leaveSome();
    if (this.#isFailing) this.#observer?.recovered();
    this.#isFailing = false;
  }

  #settle(advertiser: string): void {
    const waiting = this.#waiting.get(advertiser) ?? [];
    this.#waiting.delete(advertiser);
    for (const { resolve } of waiting) resolve();
  }

  /** Whoever waits for this is told; who uses views goes on until they are stale. */
  #failed(error: TacetError): void {
    if (!this.#isFailing) this.#observer?.failed(error);
    this.#isFailing = true;
    this.#rejectAll(error);
  }

  #rejectAll(error: TacetError): void {
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const { reject } of [...waiting, ...this.#looking.splice(0)]) reject(error);
  }

  /** Leaves those that were used the longest ago, until the others have room. */
  #leaveSome(): void {
    let { bytes } = this;
    if (bytes <= this.#bytesMax) return;
    const byUse = [...this.#known].sort(([, one], [, other]) => one.usedMs - other.usedMs);
    for (const [advertiser, { layers }] of byUse) {
      if (bytes <= this.#bytesMax) return;
      if (advertiser === FIRM) continue;
      this.#ask({ kind: 'leave', advertiser });
      bytes -= bytesOf(layers);
    }
  }

  #end(cause: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#readMs = Number.NEGATIVE_INFINITY;
    this.#rejectAll(closed(cause));
  }
}

function bytesOf({ base, overlay }: Layers): number {
  return base.buffer.byteLength + overlay.buffer.byteLength;
}

function malformed(): TacetError {
  return new TacetError('ERR_REQUEST', {
    what: 'malformed advertiser',
    expected: '1 to 64 of A-Z a-z 0-9 . _ -, as in the registers',
  });
}

function closed(cause?: unknown): TacetError {
  return new TacetError('ERR_STATE', { what: 'the state is closed', where: '--state', cause });
}
