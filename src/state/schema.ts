import { TacetError } from '../errors.ts';
import { type Database, numberOf } from './database.ts';

/**
 * What each version of the schema adds to the one before. An entry is never changed once it was
 * released: a new one is added. The types are those that both databases understand: `bytea` keeps
 * bytes in SQLite too.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    // Numbers that a client has been granted on a day of Brussels; leases count as spent.
    `CREATE TABLE numbers_spent (client text NOT NULL, day bigint NOT NULL, spent bigint NOT NULL,
       PRIMARY KEY (client, day))`,
    // The bucket of checks of a client, as it was at an instant.
    `CREATE TABLE check_buckets (client text PRIMARY KEY, level double precision NOT NULL,
       at_ms bigint NOT NULL)`,
    // Numbers answered to a client on a day, and those of them that were blocked.
    `CREATE TABLE answers (client text NOT NULL, day bigint NOT NULL, numbers bigint NOT NULL,
       blocked bigint NOT NULL, PRIMARY KEY (client, day))`,
    // Who may not ask until a person releases it.
    `CREATE TABLE stops (subject text PRIMARY KEY, reason text NOT NULL, at_ms bigint NOT NULL)`,
    // What the watchers of a subject have seen, in their own form.
    `CREATE TABLE sightings (subject text NOT NULL, name text NOT NULL, at_ms bigint NOT NULL,
       bytes bytea NOT NULL, PRIMARY KEY (subject, name))`,
    // Who did what, when and why. Nothing is ever removed from it.
    `CREATE TABLE audit (id text PRIMARY KEY, at_ms bigint NOT NULL, event text NOT NULL,
       subject text NOT NULL, by_name text NOT NULL, reason text NOT NULL)`,
    `CREATE INDEX audit_by_time ON audit (at_ms)`,
    // The servers that use this state, and when each was last seen.
    `CREATE TABLE servers (id text PRIMARY KEY, host text NOT NULL, pid bigint NOT NULL,
       started_ms bigint NOT NULL, seen_ms bigint NOT NULL)`,
  ],
  [
    // One row: the revision of the registers. Whoever edits locks it, so that revisions become
    // visible in their order.
    `CREATE TABLE register_head (one bigint PRIMARY KEY, revision bigint NOT NULL)`,
    `INSERT INTO register_head (one, revision) VALUES (1, 0)`,
    // What the acts on a number have come to, see src/registers/standing.ts. Never removed: who
    // follows the registers sees a row again when its revision moves.
    `CREATE TABLE register_standings (advertiser text NOT NULL, number bigint NOT NULL,
       objection_day bigint NOT NULL, ended_day bigint NOT NULL, opt_in_day bigint NOT NULL,
       revision bigint NOT NULL, PRIMARY KEY (advertiser, number))`,
    `CREATE INDEX register_standings_by_number ON register_standings (number)`,
    `CREATE INDEX register_standings_by_revision ON register_standings (revision)`,
    // Who did what, when and why: one row for each request.
    `CREATE TABLE register_edits (revision bigint PRIMARY KEY, request_id text NOT NULL UNIQUE,
       digest text NOT NULL, register text NOT NULL, advertiser text NOT NULL,
       operation text NOT NULL, source text NOT NULL, reference text NOT NULL,
       by_name text NOT NULL, reason text NOT NULL, at_ms bigint NOT NULL, answer text NOT NULL)`,
    // The numbers of an edit that it changed.
    `CREATE TABLE register_acts (number bigint NOT NULL, revision bigint NOT NULL,
       day bigint NOT NULL, PRIMARY KEY (number, revision))`,
  ],
];

/** The version of the schema that this build reads and writes. */
const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the schema to this build's version, in one transaction. Errors: ERR_STATE, also for a
 * newer schema.
 */
export async function migrate(database: Database, where: string): Promise<void> {
  await database.exclusively(async (statements) => {
    await statements.query(
      `CREATE TABLE IF NOT EXISTS schema_versions (version bigint PRIMARY KEY,
         at_ms bigint NOT NULL)`,
    );
    const newest = 'SELECT coalesce(max(version), 0) AS version FROM schema_versions';
    const [row] = await statements.query(newest);
    const found = numberOf(row, 'version');
    if (found > SCHEMA_VERSION) {
      throw new TacetError('ERR_STATE', {
        what: 'a newer Tacet has written this state',
        where,
        expected: `schema ${SCHEMA_VERSION} or older`,
        got: `schema ${found}`,
        fix: 'Run that version, or restore a backup from before it',
      });
    }
    for (let version = found + 1; version <= SCHEMA_VERSION; version++) {
      for (const statement of MIGRATIONS[version - 1] ?? []) await statements.query(statement);
      const record = 'INSERT INTO schema_versions (version, at_ms) VALUES ($1, $2)';
      await statements.query(record, version, Date.now());
    }
  });
}
