import type { Statements } from '../database.ts';

/** A server that uses the state. */
interface ServerSeen {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly nowMs: number;
}

const FORGOTTEN_MS = 7 * 86_400_000;

/** Notes that a server lives, which also shows that the state can be written. */
export async function beat(statements: Statements, server: ServerSeen): Promise<void> {
  const { id, host, pid, startedMs, nowMs } = server;
  await statements.query(
    `INSERT INTO servers (id, host, pid, started_ms, seen_ms) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET seen_ms = excluded.seen_ms`,
    id,
    host,
    pid,
    startedMs,
    nowMs,
  );
  await statements.query('DELETE FROM servers WHERE seen_ms < $1', nowMs - FORGOTTEN_MS);
}
