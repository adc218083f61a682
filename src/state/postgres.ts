import type pg from 'pg';
import { hasCode, TacetError } from '../errors.ts';
import type { Database, Row, Statements, Value } from './database.ts';
import { findPassword } from './password.ts';

/** How a shared database is reached. */
interface PostgresOptions {
  /** Without a password, which comes from PGPASSWORD or PGPASSFILE. */
  readonly url: string;
  /** How long connecting, or one statement, may take. */
  readonly timeoutMs: number;
}

/** Makes the servers of a database take turns at its schema; any number that nobody else uses. */
const SCHEMA_LOCK = 0x7ace7;

/** Transactions of two servers that waited for each other, or read what the other changed. */
const RETRIED = ['40P01', '40001'];
const ATTEMPTS_MAX = 5;

/** `pg` gives them as texts, since they may exceed 2^53. None of ours does. */
const INT8 = 20;

/** Opens a database that servers share; a lost connection is made anew. Errors: ERR_STATE. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const database = new PostgresDatabase(options);
  await database.transaction(async () => undefined);
  return database;
}

class PostgresDatabase implements Database {
  readonly #options: PostgresOptions;
  #client: pg.Client | undefined;

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  transaction<Result>(work: (statements: Statements) => Promise<Result>): Promise<Result> {
    return this.#tried('BEGIN', work);
  }

  async #tried<Result>(
    begin: string,
    work: (statements: Statements) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(begin, work);
      } catch (error) {
        if (error instanceof TacetError) throw error;
        if (attempt < ATTEMPTS_MAX && hasCode(error, ...RETRIED)) continue;
        throw this.#failed(error);
      }
    }
  }

  exclusively<Result>(work: (statements: Statements) => Promise<Result>): Promise<Result> {
    return this.transaction(async (statements) => {
      // Until the end of the transaction.
      await statements.query('SELECT pg_advisory_xact_lock($1)', SCHEMA_LOCK);
      return work(statements);
    });
  }

  snapshot<Result>(read: (statements: Statements) => Promise<Result>): Promise<Result> {
    return this.#tried('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', read);
  }

  async #attempt<Result>(
    begin: string,
    work: (statements: Statements) => Promise<Result>,
  ): Promise<Result> {
    const client = this.#client ?? (await this.#connect());
    const statements: Statements = {
      query: async (sql, ...values) => (await client.query<Row>(sql, values.map(sent))).rows,
    };
    try {
      await client.query(begin);
      const result = await work(statements);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => this.#drop(client));
      throw error;
    }
  }

  async #connect(): Promise<pg.Client> {
    const { url, timeoutMs } = this.#options;
    const { default: library } = await import('pg');
    const client = new library.Client({
      connectionString: url,
      application_name: 'tacet',
      connectionTimeoutMillis: timeoutMs,
      statement_timeout: timeoutMs,
      // Ends the wait for an answer that never comes, too: the server cannot do that.
      query_timeout: timeoutMs + 500,
      idle_in_transaction_session_timeout: 2 * timeoutMs,
      keepAlive: true,
      types: {
        getTypeParser: (type: number, format?: 'text' | 'binary') =>
          type === INT8 ? Number : library.types.getTypeParser(type, format),
      },
    });
    // Never none: `pg` would look for a file in the home directory.
    client.password = findPassword(process.env, settled(client)) ?? '';
    // Of a connection that is lost while idle; the next transaction makes another.
    client.on('error', () => this.#drop(client));
    await client.connect().catch((error: unknown) => {
      this.#drop(client);
      throw error;
    });
    this.#client = client;
    // A commit is on the disk before it is acknowledged, whatever the server's default.
    const { rows } = await client.query<Row>('SHOW synchronous_commit');
    if (rows[0]?.['synchronous_commit'] === 'off')
      await client.query('SET synchronous_commit = on');
    return client;
  }

  /** An old connection may fail late: that is none of the new one's business. */
  #drop(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    client.end().catch(() => undefined);
  }

  #failed(cause: unknown): TacetError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const text = cause instanceof Error ? cause.message : String(cause);
    const isPassword = code.startsWith('28') || text.includes('password');
    return new TacetError('ERR_STATE', {
      what: `PostgreSQL: ${text || code}`,
      where: this.#options.url,
      fix: isPassword
        ? 'Set PGPASSWORD, or PGPASSFILE to a file that only its owner may read'
        : 'Look at the database and the way to it; it is tried again by itself',
      cause,
    });
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }
}

/** Where a client connects to; the URL may leave things to the environment. */
function settled({ host, port, database = '', user = '' }: pg.Client) {
  return { host, port, database, user };
}

/** Bytes as `pg` takes them. */
function sent(value: Value): Value {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}
