import { TacetError } from '../../errors.ts';
import { numberOf, type Statements, textOf } from '../database.ts';
import { type Counted, isAfterRelease, markReleased, type Release, releases } from './releases.ts';

/** Who may not ask: a client by its name, or all clients of a party as `party:ID`. */
interface Stop {
  readonly subject: string;
  readonly reason: string;
  readonly atMs: number;
}

/** An entry of the audit trail. */
interface AuditEntry {
  /** Unique; the same entry twice is one. */
  readonly id: string;
  readonly atMs: number;
  /** What happened: `stop`, `release`. */
  readonly event: string;
  readonly subject: string;
  /** Who did it; `tacet` where no person did. */
  readonly by: string;
  readonly reason: string;
}

/**
 * Stops somebody, until a person releases it; who is stopped stays so for the first reason. Nothing
 * happens if a person has done so since.
 */
export async function stop(
  statements: Statements,
  entry: Omit<AuditEntry, 'event'> & Counted,
): Promise<void> {
  if (!(await isAfterRelease(statements, entry))) return;
  const added = await statements.query(
    `INSERT INTO stops (subject, reason, at_ms) VALUES ($1, $2, $3)
       ON CONFLICT (subject) DO NOTHING RETURNING subject`,
    entry.subject,
    entry.reason,
    entry.atMs,
  );
  if (added.length > 0) await record(statements, { ...entry, event: 'stop' });
}

/**
 * Lets somebody ask again. What was counted against it begins anew, or it would be stopped at
 * once. Errors: ERR_USAGE if it is not stopped.
 */
export async function release(
  statements: Statements,
  entry: Omit<AuditEntry, 'event'>,
): Promise<Stop> {
  const { subject } = entry;
  const [row] = await statements.query(
    'DELETE FROM stops WHERE subject = $1 RETURNING subject, reason, at_ms',
    subject,
  );
  if (row === undefined) throw await notStopped(statements, subject);
  await statements.query('DELETE FROM sightings WHERE subject = $1', subject);
  await statements.query('DELETE FROM answers WHERE client = $1', subject);
  await markReleased(statements, entry);
  await record(statements, { ...entry, event: 'release' });
  return stopOf(row);
}

async function notStopped(statements: Statements, subject: string): Promise<TacetError> {
  const names = (await stops(statements)).stopped.map((each) => each.subject);
  return new TacetError('ERR_USAGE', {
    what: 'not stopped',
    where: subject,
    fix: names.length === 0 ? 'Nobody is' : `These are: ${names.join(', ')}`,
  });
}

/** Everybody who is stopped, by subject, and whoever was released, now or before. */
export async function stops(
  statements: Statements,
): Promise<{ readonly stopped: readonly Stop[]; readonly released: readonly Release[] }> {
  const rows = await statements.query('SELECT subject, reason, at_ms FROM stops ORDER BY subject');
  return { stopped: rows.map(stopOf), released: await releases(statements) };
}

function stopOf(row: Parameters<typeof textOf>[0]): Stop {
  return {
    subject: textOf(row, 'subject'),
    reason: textOf(row, 'reason'),
    atMs: numberOf(row, 'at_ms'),
  };
}

/** Adds to the audit trail. */
async function record(statements: Statements, entry: AuditEntry): Promise<void> {
  await statements.query(
    `INSERT INTO audit (id, at_ms, event, subject, by_name, reason)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
    entry.id,
    entry.atMs,
    entry.event,
    entry.subject,
    entry.by,
    entry.reason,
  );
}

/** The newest entries of the audit trail, newest first. */
export async function auditTrail(
  statements: Statements,
  { max }: { readonly max: number },
): Promise<readonly AuditEntry[]> {
  const rows = await statements.query(
    `SELECT id, at_ms, event, subject, by_name, reason FROM audit
       ORDER BY at_ms DESC, id DESC LIMIT $1`,
    max,
  );
  return rows.map((row) => ({
    id: textOf(row, 'id'),
    atMs: numberOf(row, 'at_ms'),
    event: textOf(row, 'event'),
    subject: textOf(row, 'subject'),
    by: textOf(row, 'by_name'),
    reason: textOf(row, 'reason'),
  }));
}
