import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Running, startProcess } from '../../cli/commands.ts';
import { freePort } from '../../server/free-port.ts';

/** Debian's PostgreSQL 15. */
const BIN = '/usr/lib/postgresql/15/bin';
export const PASSWORD = 'a password of this test';

/** A PostgreSQL of its own, in a temporary folder, on 127.0.0.1. */
export class PostgresProcess {
  readonly port: number;
  readonly #folder: string;
  readonly #as: readonly string[];
  #running: Running;

  private constructor(folder: string, as: readonly string[], port: number) {
    this.#folder = folder;
    this.#as = as;
    this.port = port;
    this.#running = this.#start();
  }

  /** It refuses to run as root, and is run by the user that its package has made, then. */
  static async start(): Promise<PostgresProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'tacet-postgres-'));
    const isRoot = process.getuid?.() === 0;
    const as = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
    const password = join(folder, 'password');
    writeFileSync(password, PASSWORD);
    if (isRoot) {
      const idOf = (what: string) => Number(execFileSync('id', [what, 'postgres']).toString());
      chownSync(folder, idOf('-u'), idOf('-g'));
      chmodSync(password, 0o644);
    }
    const [initdb = '', ...args] = [
      ...[...as, join(BIN, 'initdb'), '--pgdata', join(folder, 'data')],
      ...['--username', 'tacet', '--auth', 'scram-sha-256', '--pwfile', password, '--no-sync'],
    ];
    execFileSync(initdb, args, { cwd: folder, stdio: 'ignore' });
    const postgres = new PostgresProcess(folder, as, await freePort());
    await postgres.ready();
    return postgres;
  }

  #start(): Running {
    const [file = '', ...args] = [
      ...[...this.#as, join(BIN, 'postgres'), '-D', join(this.#folder, 'data')],
      ...['-p', String(this.port), '-h', '127.0.0.1', '-k', this.#folder],
    ];
    return startProcess(file, args, { cwd: this.#folder });
  }

  /** Resolves once it takes connections. */
  async ready(): Promise<void> {
    for (;;) {
      try {
        this.sql('SELECT 1');
        return;
      } catch (error) {
        const { child } = this.#running;
        if (child.exitCode !== null) throw new Error(this.#running.stderr(), { cause: error });
        await wait(50);
      }
    }
  }

  url(database = 'postgres'): string {
    return `postgres://tacet@127.0.0.1:${this.port}/${database}`;
  }

  /** Runs statements as another client would; gives what they print. */
  sql(statements: string, database = 'postgres'): string {
    return this.run('psql', ['-qAt', '-v', 'ON_ERROR_STOP=1', '-c', statements], database);
  }

  /** Runs one of PostgreSQL's own commands on a database. */
  run(command: string, args: readonly string[], database = 'postgres'): string {
    const env = { ...process.env, PGPASSWORD: PASSWORD };
    const where = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'tacet', '-d', database];
    return execFileSync(join(BIN, command), [...where, ...args], {
      ...{ env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    });
  }

  /** Ends it at once, as a crash would; what was acknowledged is on the disk. */
  async crash(): Promise<void> {
    this.#running.child.kill('SIGQUIT');
    await this.#running.ended;
  }

  async restart(): Promise<void> {
    this.#running = this.#start();
    await this.ready();
  }

  async stop(): Promise<void> {
    this.#running.child.kill('SIGINT');
    await this.#running.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
