/**
 * The two libraries that bring SQLite, behind one form: Node's own where it is there without a
 * flag (22.13 and later), else `better-sqlite3`. Nothing is loaded until a state is opened.
 */
import { createRequire } from 'node:module';
import { TacetError } from '../errors.ts';
import type { Row, Value } from './database.ts';

export const SQLITE_DRIVERS = ['node:sqlite', 'better-sqlite3'] as const;

export type SqliteDriver = (typeof SQLITE_DRIVERS)[number];

/** An open file of SQLite. All calls block until the disk has answered. */
export interface SqliteFile {
  /** Runs statements that take no values and give no rows. */
  execute(sql: string): void;
  /** Compiles a statement whose values are marked `?`, in order. */
  prepare(sql: string): (values: readonly Value[]) => readonly Row[];
  close(): void;
}

type OpenFile = (path: string) => SqliteFile;

/** The part of `node:sqlite` in use. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { all(...values: readonly Value[]): readonly Row[] };
    close(): void;
  };
}

/** The part of `better-sqlite3` in use. */
type BetterSqlite = new (
  path: string,
) => {
  exec(sql: string): unknown;
  prepare(sql: string): {
    /** Whether it gives rows; if not, `all` throws. */
    readonly reader: boolean;
    all(...values: readonly Value[]): readonly Row[];
    run(...values: readonly Value[]): unknown;
  };
  close(): unknown;
};

/**
 * How to open files.
 *
 * @param wanted undefined = the first driver that is there
 * Errors: ERR_STATE if there is none.
 */
export function sqliteOpener(wanted?: SqliteDriver): OpenFile {
  const load = { 'node:sqlite': nodeOpener, 'better-sqlite3': betterOpener };
  const failures: unknown[] = [];
  for (const driver of wanted === undefined ? SQLITE_DRIVERS : [wanted]) {
    try {
      return load[driver]();
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw new TacetError('ERR_STATE', {
    what: `Node ${process.versions.node} has no SQLite, and the add-on better-sqlite3 is not built`,
    where: '--state',
    fix: 'Run Node 22.13 or later; or build the add-on: npm rebuild better-sqlite3',
    cause: failures.at(-1),
  });
}

function nodeOpener(): OpenFile {
  // Types of Node 20 do not know the module; on Node without it, this is undefined.
  const module = process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined;
  if (module === undefined) throw new Error('Node has no module node:sqlite');
  const { DatabaseSync } = module;
  return (path) => {
    const file = new DatabaseSync(path);
    return {
      execute: (sql) => file.exec(sql),
      prepare: (sql) => {
        const statement = file.prepare(sql);
        return (values) => statement.all(...values);
      },
      close: () => file.close(),
    };
  };
}

function betterOpener(): OpenFile {
  // It exports the class itself; opening a file is the first thing that needs the binary.
  const Database = createRequire(import.meta.url)('better-sqlite3') as BetterSqlite;
  new Database(':memory:').close();
  return (path) => {
    const file = new Database(path);
    return {
      execute: (sql) => void file.exec(sql),
      prepare: (sql) => {
        const statement = file.prepare(sql);
        return (values) => {
          if (statement.reader) return statement.all(...values);
          statement.run(...values);
          return [];
        };
      },
      close: () => void file.close(),
    };
  };
}

/** SQLite's primary result codes that people can do something about. */
const REASONS: ReadonlyMap<number, readonly [name: string, what: string, fix: string]> = new Map([
  [5, ['BUSY', 'another process writes to it', 'Wait for it to end']],
  [8, ['READONLY', 'it may only be read', 'Let the user of Tacet write the directory']],
  [10, ['IOERR', 'the disk could not be read or written', 'Look at the disk and its log']],
  [11, ['CORRUPT', 'it is damaged', 'Restore the last backup; keep this directory aside']],
  [13, ['FULL', 'no space left on the device', 'Free some space']],
  [14, ['CANTOPEN', 'it cannot be opened', 'Let the user of Tacet write the directory']],
  [26, ['NOTADB', 'it is no SQLite file, or damaged', 'Restore the last backup']],
]);

/** An error of either driver, for people. */
export function sqliteError(where: string, doing: string, cause: unknown): TacetError {
  // Both give extended codes too, whose low byte, or whose name's beginning, is the primary one.
  const { errcode = 0, code = '' } = cause as { errcode?: number; code?: string };
  const known =
    REASONS.get(errcode & 0xff) ??
    [...REASONS.values()].find(([name]) => code.startsWith(`SQLITE_${name}`));
  const [, what = cause instanceof Error ? cause.message : String(cause), fix] = known ?? [];
  return new TacetError('ERR_STATE', {
    what: `cannot ${doing}: ${what}`,
    where,
    ...(fix !== undefined && { fix }),
    cause,
  });
}
