import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ioError, TacetError } from '../errors.ts';
import type { Database, Row, Statements, Value } from './database.ts';
import { type SqliteDriver, type SqliteFile, sqliteError, sqliteOpener } from './sqlite-drivers.ts';

/** The files of a state directory. SQLite adds `-wal` and `-shm` to the first. */
const STATE_FILE = 'state.sqlite';
const LOCK_FILE = 'server-lock.sqlite';
const HOLDER_FILE = 'server.json';

/** How long one transaction waits for that of another process: each takes milliseconds. */
const BUSY_MS = 5_000;

/** How a state directory is opened. */
interface DirectoryOptions {
  readonly path: string;
  /** Make what is missing. */
  readonly create: boolean;
  /** No second server uses the directory beside this one. */
  readonly serve: boolean;
  /** How long a server waits for another one to end. */
  readonly waitMs: number;
  /** Default: the first that is there. */
  readonly driver: SqliteDriver | undefined;
}

/** Opens the SQLite file of a directory. Blocks this thread. Errors: ERR_STATE, ERR_IO. */
export function openDirectory(options: DirectoryOptions): Database {
  const { path, serve, create } = options;
  const open = sqliteOpener(options.driver);
  const file = join(path, STATE_FILE);
  if (create) createDirectory(path, file);
  else if (!existsSync(file)) throw noState(path);
  const held: SqliteFile[] = [];
  const release = (): void => {
    for (const each of held) each.close();
  };
  try {
    if (serve) held.push(lockDirectory(open, options));
    const state = open(file);
    held.unshift(state);
    state.execute(`PRAGMA busy_timeout = ${BUSY_MS}`);
    state.execute('PRAGMA journal_mode = WAL');
    // Each commit is on the disk before it is acknowledged.
    state.execute('PRAGMA synchronous = FULL');
    const [found] = state.prepare('PRAGMA quick_check(1)')([]);
    if (found?.['quick_check'] !== 'ok') throw damaged(file, String(found?.['quick_check']));
    return new SqliteDatabase(state, file, release);
  } catch (error) {
    release();
    throw error instanceof TacetError ? error : sqliteError(file, 'open the state', error);
  }
}

function createDirectory(path: string, file: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(file, 'a', 0o600));
  } catch (cause) {
    throw ioError(path, 'make the state directory', cause);
  }
}

/**
 * Keeps other servers out until the file is closed. The lock is the operating system's: it ends
 * with the process, however that ends.
 */
function lockDirectory(open: (path: string) => SqliteFile, options: DirectoryOptions): SqliteFile {
  const { path, waitMs } = options;
  const holder = join(path, HOLDER_FILE);
  const lock = open(join(path, LOCK_FILE));
  try {
    lock.execute(`PRAGMA busy_timeout = ${waitMs}`);
    lock.execute('BEGIN IMMEDIATE');
  } catch (cause) {
    lock.close();
    const { code, errcode } = cause as { code?: string; errcode?: number };
    if (code !== 'SQLITE_BUSY' && errcode !== 5) throw cause;
    throw new TacetError('ERR_STATE', {
      what: `${holderOf(holder)} uses this state`,
      where: path,
      fix: 'Stop it, or give this server a directory of its own, or both --state postgres://...',
      cause,
    });
  }
  const about = { pid: process.pid, host: hostname(), since_unix: Math.floor(Date.now() / 1000) };
  writeFileSync(holder, `${JSON.stringify(about)}\n`, { mode: 0o600 });
  return lock;
}

function holderOf(path: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return `the server with process ${pid} on ${host}`;
  } catch {
    return 'another server';
  }
}

function noState(path: string): TacetError {
  return new TacetError('ERR_STATE', {
    what: 'there is no state here',
    where: path,
    fix: `A server or an edit makes one: tacet serve --state ${path}, or tacet register add`,
  });
}

function damaged(where: string, found: string): TacetError {
  return new TacetError('ERR_STATE', {
    what: 'the state is damaged',
    where,
    got: found.replaceAll(/\s+/g, ' ').slice(0, 200),
    fix: 'Restore the last backup; keep this directory aside',
  });
}

class SqliteDatabase implements Database {
  readonly #file: SqliteFile;
  readonly #path: string;
  readonly #release: () => void;
  /** By their texts, which are constants. */
  readonly #prepared = new Map<string, (values: readonly Value[]) => readonly Row[]>();

  constructor(file: SqliteFile, path: string, release: () => void) {
    this.#file = file;
    this.#path = path;
    this.#release = release;
  }

  transaction<Result>(work: (statements: Statements) => Promise<Result>): Promise<Result> {
    // Writers queue here, not in the middle of a transaction that has read what they change.
    return this.#within('BEGIN IMMEDIATE', work);
  }

  snapshot<Result>(read: (statements: Statements) => Promise<Result>): Promise<Result> {
    return this.#within('BEGIN', read);
  }

  async #within<Result>(
    begin: string,
    work: (statements: Statements) => Promise<Result>,
  ): Promise<Result> {
    const statements: Statements = { query: async (sql, ...values) => this.#query(sql, values) };
    this.#attempt('begin', () => this.#file.execute(begin));
    try {
      const result = await work(statements);
      this.#attempt('commit', () => this.#file.execute('COMMIT'));
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  exclusively<Result>(work: (statements: Statements) => Promise<Result>): Promise<Result> {
    return this.transaction(work);
  }

  #query(sql: string, values: readonly Value[]): readonly Row[] {
    return this.#attempt('use', () => {
      let run = this.#prepared.get(sql);
      if (run === undefined) {
        run = this.#prepare(sql);
        this.#prepared.set(sql, run);
      }
      return run(values);
    });
  }

  /** Values are marked `$2` in our statements; the drivers agree on `?` alone. */
  #prepare(sql: string): (values: readonly Value[]) => readonly Row[] {
    const order: number[] = [];
    const run = this.#file.prepare(
      sql.replace(/\$(\d+)/g, (_, place: string) => {
        order.push(Number(place) - 1);
        return '?';
      }),
    );
    return (values) => run(order.map((index) => values[index] ?? null));
  }

  #attempt<Result>(doing: string, work: () => Result): Result {
    try {
      return work();
    } catch (cause) {
      throw sqliteError(this.#path, `${doing} the state`, cause);
    }
  }

  /** A full disk or a failed commit may have done so already. */
  #rollBack(): void {
    try {
      this.#file.execute('ROLLBACK');
    } catch {
      // There is no transaction any more.
    }
  }

  async close(): Promise<void> {
    this.#release();
  }
}
