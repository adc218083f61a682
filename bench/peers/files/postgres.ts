import { execFileSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { run, Server } from '../processes.ts';
import { CONTACT_COLUMNS } from './contacts.ts';
import { READINGS } from './normalise.ts';

/** The settings of a server that may use this machine and need not survive a power cut. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=1GB',
  'work_mem=512MB',
  'max_wal_size=8GB',
  'autovacuum=off',
  'max_parallel_workers_per_gather=2',
];

/** A PostgreSQL of its own in a folder of its own, reached by a socket there, no port. */
export class Postgres {
  readonly folder: string;
  readonly server: Server;

  private constructor(folder: string, server: Server) {
    this.folder = folder;
    this.server = server;
  }

  /** Creates and starts a cluster in `parent`, which must be there, and loads the list's keys. */
  static async start(parent: string, listKeys: string): Promise<Postgres> {
    const folder = `${parent}/postgres`;
    await mkdir(folder);
    await chmod(parent, 0o711);
    if (isRoot()) await run(['chown', 'postgres', folder]);
    await run(
      unprivileged([binary('initdb'), '-A', 'trust', '-U', 'postgres', '-D', `${folder}/db`]),
    );
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    const place = ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`];
    // Its log goes to its standard error; merged, as a server here is heard on its output.
    const command = [binary('postgres'), '-D', `${folder}/db`, ...place, ...settings];
    const merged = ['bash', '-c', 'exec "$@" 2>&1', 'bash', ...command];
    const server = await Server.start(unprivileged(merged), /ready to accept connections/);
    const postgres = new Postgres(folder, server);
    try {
      const columns = CONTACT_COLUMNS.map((name) => `${name} text`).join(', ');
      await run(
        postgres.psql(`
          CREATE UNLOGGED TABLE list (key bigint PRIMARY KEY);
          COPY list FROM '${listKeys}';
          ANALYZE list;
          CREATE UNLOGGED TABLE contacts (${columns});`),
      );
      return postgres;
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  }

  /** The command that reads `input` and writes `callable` and `blocked` into {@link folder}. */
  dedupe(input: string, numbers: 'clean' | 'messy'): string[] {
    const { digits, key } = READINGS[numbers];
    const columns = CONTACT_COLUMNS.join(', ');
    const out = (name: string, test: string): string => `
      COPY (SELECT ${columns} FROM answered WHERE ${test})
      TO '${this.folder}/${name}.csv' (FORMAT csv, DELIMITER ';', HEADER);`;
    return this.psql(`
      DROP TABLE IF EXISTS answered;
      TRUNCATE contacts;
      COPY contacts FROM '${input}' (FORMAT csv, DELIMITER ';', HEADER);
      ANALYZE contacts;
      CREATE UNLOGGED TABLE answered AS
        SELECT ${columns}, list.key IS NULL AS callable
        FROM (SELECT *, ${digits} AS digits FROM contacts) AS read
        LEFT JOIN list ON list.key = (${key})::bigint;
      ${out('callable', 'callable')}
      ${out('blocked', 'NOT callable')}`);
  }

  outputs(): { callable: string[]; blocked: string[] } {
    return { callable: [`${this.folder}/callable.csv`], blocked: [`${this.folder}/blocked.csv`] };
  }

  /** At once, without waiting for what is open. */
  async stop(): Promise<void> {
    await this.server.stop('SIGINT');
  }

  private psql(sql: string): string[] {
    const quiet = ['-X', '-q', '-v', 'ON_ERROR_STOP=1'];
    return [binary('psql'), '-h', this.folder, '-U', 'postgres', ...quiet, '-c', sql];
  }
}

function binary(name: string): string {
  const folder = execFileSync('bash', [
    '-c',
    'ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1',
  ]);
  return `${folder.toString().trim()}/${name}`;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** PostgreSQL refuses to run as root. `setpriv` replaces itself, so signals reach the server. */
function unprivileged(command: readonly string[]): string[] {
  if (!isRoot()) return [...command];
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command];
}
