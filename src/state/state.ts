import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import { errorFromData, TacetError } from '../errors.ts';
import { readLocation } from './location.ts';
import type { ThreadStart, ThreadWord } from './messages.ts';
import type { AnswerOf, InputOf, OperationName } from './operations.ts';
import type { SqliteDriver } from './sqlite-drivers.ts';

/** How {@link openState} opens. */
export interface StateOptions {
  /** A server is the only one in its directory. Default false. */
  readonly serve?: boolean;
  /** Make a directory that is missing. Default: a server does. */
  readonly create?: boolean;
  /** How long a server waits until another has left the directory. Default 10 s. */
  readonly waitMs?: number;
  /** How long PostgreSQL may take to connect, or for a statement. Default 5 s. */
  readonly timeoutMs?: number;
  /** How long an operation waits for others to share its commit. Default 2 ms. */
  readonly groupMs?: number;
  /** Default: Node's own SQLite where it is there, else better-sqlite3. */
  readonly driver?: SqliteDriver;
  /** Hears how the state does. */
  readonly observer?: StateObserver;
}

/** Is told how the state does. What only reads is no commit: it may work where writing does not. */
export interface StateObserver {
  /** Something was written, which took so long, and is durable. */
  committed(commitMs: number): void;
  /** A commit has failed, or something that only reads. */
  failed(error: TacetError, what: 'commit' | 'read'): void;
}

/** Operations that may wait: beyond that the state is too slow to be of use. */
const PENDING_MAX = 10_000;
/** How often a server shows that it lives. */
const BEAT_MS = 10_000;

interface Pending {
  resolve(answer: unknown): void;
  reject(error: TacetError): void;
}

/**
 * Opens the state at a directory or at `postgres://...`, as `--state` names it. One thread does all
 * that touches the database. Errors: ERR_OPTION; ERR_STATE if it is missing, damaged, in use by
 * another server, from a newer Tacet or cannot be reached; ERR_IO.
 */
export async function openState(location: string, options: StateOptions = {}): Promise<State> {
  const {
    serve = false,
    create = serve,
    waitMs = 10_000,
    timeoutMs = 5_000,
    groupMs = 2,
    driver,
  } = options;
  const start: ThreadStart = {
    location: readLocation(location),
    options: { create, serve, waitMs, timeoutMs, groupMs, driver },
  };
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: start });
  const state = new State(worker, options.observer);
  await state.opened;
  if (serve) await state.beat();
  return state;
}

/** An open state. */
export class State {
  /** Names this process among those that use the state. */
  readonly id = randomUUID();
  /** Resolves once it can be used; rejects if it cannot. */
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #observer: StateObserver | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #startedMs = Date.now();
  #settleOpen: Pending | undefined;
  #lastId = 0;
  #ended = false;
  #beatTimer: NodeJS.Timeout | undefined;

  constructor(worker: Worker, observer: StateObserver | undefined) {
    this.#worker = worker;
    this.#observer = observer;
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpen = { resolve: () => resolve(), reject };
    });
    worker.on('message', (word: ThreadWord) => this.#heard(word));
    worker.on('error', (cause) => this.#end(cause));
    worker.on('exit', () => this.#end(undefined));
  }

  /**
   * Does one operation; resolves once it is durable. Operations asked at the same time share a
   * commit, in the order asked. Errors: ERR_STATE; those of the operation.
   */
  run<Name extends OperationName>(name: Name, ...[input]: InputOf<Name>): Promise<AnswerOf<Name>> {
    return new Promise<AnswerOf<Name>>((resolve, reject) => {
      if (this.#ended) return reject(closed());
      if (this.#pending.size >= PENDING_MAX) return reject(tooSlow());
      const id = ++this.#lastId;
      // What comes back under this id is the answer of that operation.
      this.#pending.set(id, { resolve: (answer) => resolve(answer as AnswerOf<Name>), reject });
      this.#worker.postMessage({ id, name, input });
    });
  }

  /** Shows, from now on, that this server lives. Errors: ERR_STATE, this first time. */
  async beat(): Promise<void> {
    const { id } = this;
    const server = { id, host: hostname(), pid: process.pid, startedMs: this.#startedMs };
    const once = (): Promise<void> => this.run('beat', { ...server, nowMs: Date.now() });
    await once();
    this.#beatTimer = setInterval(() => once().catch(() => undefined), BEAT_MS).unref();
  }

  /** Does what was asked, then closes the database and ends the thread. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#beatTimer);
    if (this.#ended) return;
    const exited = once(this.#worker, 'exit').catch(() => undefined);
    this.#worker.postMessage('close');
    await exited;
  }

  /** Ends the thread with whatever it does: for a database that does not answer. */
  destroy(): void {
    clearInterval(this.#beatTimer);
    void this.#worker.terminate();
  }

  #heard(word: ThreadWord): void {
    if (word.kind === 'open') return this.#settleOpen?.resolve(undefined);
    if (word.kind === 'refused') return this.#settleOpen?.reject(errorFromData(word.error));
    if (word.kind === 'done') {
      if (word.commitMs !== undefined) this.#observer?.committed(word.commitMs);
      for (const [id, answer] of word.answers) this.#take(id)?.resolve(answer);
      return;
    }
    const error = errorFromData(word.error);
    if (error.code === 'ERR_STATE') {
      this.#observer?.failed(error, word.isCommit ? 'commit' : 'read');
    }
    for (const id of word.ids) this.#take(id)?.reject(error);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #end(cause: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#beatTimer);
    const error = closed(cause);
    if (cause !== undefined) this.#observer?.failed(error, 'commit');
    this.#settleOpen?.reject(error);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function closed(cause?: unknown): TacetError {
  return new TacetError('ERR_STATE', { what: 'the state is closed', where: '--state', cause });
}

function tooSlow(): TacetError {
  return new TacetError('ERR_STATE', {
    what: `${PENDING_MAX} operations wait for the state already`,
    where: '--state',
    fix: 'Look at its disk, or at the database',
  });
}
