import { numberOf, type Statements } from '../database.ts';
import { isAfterRelease } from './releases.ts';

/** Asks for numbers of a client's day. */
interface NumbersWanted {
  readonly client: string;
  /** The day in Brussels, as an epoch day. */
  readonly day: number;
  /** How many the client may ask on that day. */
  readonly max: number;
  /** How many would be good to have. */
  readonly want: number;
}

interface NumbersGranted {
  /** They count as spent from now on. */
  readonly granted: number;
  /** What the day has left after them. */
  readonly left: number;
}

/** Grants numbers of a day, as many as are wanted and left. */
export async function leaseNumbers(
  statements: Statements,
  { client, day, max, want }: NumbersWanted,
): Promise<NumbersGranted> {
  // Sets nothing, but keeps other servers from this row until the commit.
  const [row] = await statements.query(
    `INSERT INTO numbers_spent (client, day, spent) VALUES ($1, $2, 0)
       ON CONFLICT (client, day) DO UPDATE SET spent = numbers_spent.spent RETURNING spent`,
    client,
    day,
  );
  const left = Math.max(0, max - numberOf(row, 'spent'));
  const granted = Math.min(want, left);
  await statements.query(
    'UPDATE numbers_spent SET spent = spent + $3 WHERE client = $1 AND day = $2',
    client,
    day,
    granted,
  );
  return { granted, left: left - granted };
}

/** Gives back numbers that were granted and not asked. */
export async function returnNumbers(
  statements: Statements,
  given: { readonly client: string; readonly day: number; readonly count: number },
): Promise<void> {
  await statements.query(
    `UPDATE numbers_spent SET spent = spent - $3
       WHERE client = $1 AND day = $2 AND spent >= $3`,
    given.client,
    given.day,
    given.count,
  );
}

/** Clocks of servers that share a state may differ so much. */
const CLOCKS_DIFFER_MS = 60_000;

/** Asks for checks from a client's bucket. */
interface ChecksWanted {
  readonly client: string;
  /** What the bucket holds, and what flows into it in a minute. */
  readonly max: number;
  readonly want: number;
  readonly nowMs: number;
}

interface ChecksGranted {
  readonly granted: number;
  /** What the bucket held after that, at `atMs`; not whole, since it fills all the time. */
  readonly level: number;
  readonly atMs: number;
}

/** Grants checks, as many as are wanted and as the bucket holds. A negative wish gives back. */
export async function leaseChecks(
  statements: Statements,
  { client, max, want, nowMs }: ChecksWanted,
): Promise<ChecksGranted> {
  const [row] = await statements.query(
    `INSERT INTO check_buckets (client, level, at_ms) VALUES ($1, $2, $3)
       ON CONFLICT (client) DO UPDATE SET level = check_buckets.level RETURNING level, at_ms`,
    client,
    max,
    nowMs,
  );
  const lastMs = numberOf(row, 'at_ms');
  // Clocks differ, and go back a little: time is never counted twice. One that was far ahead was
  // wrong, and would keep the bucket as it is until then: time goes on from now.
  const atMs = lastMs - nowMs > CLOCKS_DIFFER_MS ? nowMs : Math.max(nowMs, lastMs);
  const inflow = (max * Math.max(0, atMs - lastMs)) / 60_000;
  const held = Math.min(max, numberOf(row, 'level') + inflow);
  const granted = Math.min(want, Math.floor(held));
  const level = Math.min(max, held - granted);
  await statements.query(
    'UPDATE check_buckets SET level = $2, at_ms = $3 WHERE client = $1',
    client,
    level,
    atMs,
  );
  return { granted, level, atMs };
}

/** Answers given to a client on a day. */
interface Answers {
  readonly numbers: number;
  readonly blocked: number;
}

/** Answers of a day, and after which release of the client they were given; 0 = there was none. */
interface AnswersGiven extends Answers {
  readonly client: string;
  readonly day: number;
  readonly releasedMs: number;
}

/**
 * Adds answers to a client's day, unless it was released since; gives the sum of all servers, or
 * undefined if it was.
 */
export async function addAnswers(
  statements: Statements,
  given: AnswersGiven,
): Promise<Answers | undefined> {
  const { client: subject, releasedMs } = given;
  if (!(await isAfterRelease(statements, { subject, releasedMs }))) return undefined;
  const [row] = await statements.query(
    `INSERT INTO answers (client, day, numbers, blocked) VALUES ($1, $2, $3, $4)
       ON CONFLICT (client, day) DO UPDATE SET numbers = answers.numbers + excluded.numbers,
         blocked = answers.blocked + excluded.blocked RETURNING numbers, blocked`,
    given.client,
    given.day,
    given.numbers,
    given.blocked,
  );
  return { numbers: numberOf(row, 'numbers'), blocked: numberOf(row, 'blocked') };
}

/** Forgets what was spent, answered and asked before a day, which began at an instant. */
export async function forgetOld(
  statements: Statements,
  { day, atMs }: { readonly day: number; readonly atMs: number },
): Promise<void> {
  await statements.query('DELETE FROM numbers_spent WHERE day < $1', day);
  await statements.query('DELETE FROM answers WHERE day < $1', day);
  await statements.query('DELETE FROM check_buckets WHERE at_ms < $1', atMs);
  // Of parties alone: secrets and releases stay.
  await statements.query("DELETE FROM sightings WHERE subject LIKE 'party:%' AND at_ms < $1", atMs);
}
