/** What operations see of a database: the same for SQLite and PostgreSQL. */

/** Days and instants are integers; PostgreSQL's int8 comes back as a number, exact to 2^53. */
export type Value = number | string | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;

/** Runs statements within one transaction. */
export interface Statements {
  /**
   * The rows of one statement, in PostgreSQL's dialect as far as SQLite shares it: `$1` for values,
   * `ON CONFLICT`, `RETURNING`. The text must be a constant: statements are kept by it.
   */
  query(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
}

/** One connection. */
export interface Database {
  /**
   * Runs `work` in a transaction that sees no half of another and is durable once this resolves.
   * What `work` throws rolls it back. Called once at a time. Errors: ERR_STATE; those of `work`.
   */
  transaction<Result>(work: (statements: Statements) => Promise<Result>): Promise<Result>;
  /** Like {@link transaction}, and no two servers are in one of these at once. */
  exclusively<Result>(work: (statements: Statements) => Promise<Result>): Promise<Result>;
  /** Runs `read`, which changes nothing, on one moment of the database, whatever others commit. */
  snapshot<Result>(read: (statements: Statements) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** A number of a row. Operations name columns of their own tables, which are never null. */
export function numberOf(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}

/** A text of a row; as {@link numberOf}. */
export function textOf(row: Row, column: string): string {
  return String(row[column] ?? '');
}
