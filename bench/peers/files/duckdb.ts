/**
 * DuckDB, from CSV to CSVs in one pass; the list is a table of a database file.
 *
 *     node build/bench/peers/duckdb.js load DATABASE LIST_KEYS.csv
 *     node build/bench/peers/duckdb.js run DATABASE CONTACTS.csv OUT_FOLDER clean|messy
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { PEERS_PACKAGE } from '../processes.ts';
import { CONTACT_COLUMNS } from './contacts.ts';
import { READINGS } from './normalise.ts';

/** What of DuckDB's package is used. */
interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{ run(sql: string): Promise<unknown>; closeSync(): void }>;
      closeSync(): void;
    }>;
  };
}

async function main(): Promise<void> {
  const [action, database = '', input, folder, numbers] = process.argv.slice(2);
  // Installed by install.sh at an exact version, which has this class.
  const { DuckDBInstance } = createRequire(PEERS_PACKAGE)('@duckdb/node-api') as DuckDb;
  const instance = await DuckDBInstance.create(database);
  const connection = await instance.connect();
  await connection.run(`SET threads = ${availableParallelism()}`);
  // Rows may change places, which is faster; Tacet keeps them in order.
  await connection.run('SET preserve_insertion_order = false');
  if (action === 'load') {
    await connection.run(
      `CREATE TABLE list AS SELECT key::UBIGINT AS key
       FROM read_csv('${input}', header = false, names = ['key'])`,
    );
  } else {
    const { digits, key } = READINGS[numbers === 'clean' ? 'clean' : 'messy'];
    await connection.run(
      `COPY (
         SELECT ${CONTACT_COLUMNS.join(', ')},
           CASE WHEN list.key IS NULL THEN 'callable' ELSE 'blocked' END AS verdict
         FROM (
           SELECT *, ${digits} AS digits
           FROM read_csv('${input}', delim = ';', header = true, all_varchar = true)
         ) LEFT JOIN list ON list.key = TRY_CAST(${key} AS UBIGINT)
       ) TO '${folder}' (FORMAT csv, DELIMITER ';', HEADER, PARTITION_BY (verdict))`,
    );
  }
  connection.closeSync();
  instance.closeSync();
}

await main();
