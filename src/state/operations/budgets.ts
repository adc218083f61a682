import { numberOf, type Statements } from '../database.ts';

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
  // Clocks may go back, and those of servers differ: time is never counted twice.
  const atMs = Math.max(nowMs, numberOf(row, 'at_ms'));
  const inflow = (max * (atMs - numberOf(row, 'at_ms'))) / 60_000;
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

/** Adds answers to a client's day; gives the sum of all servers. */
export async function addAnswers(
  statements: Statements,
  given: Answers & { readonly client: string; readonly day: number },
): Promise<Answers> {
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

/** Forgets what was spent and answered before a day. */
export async function forgetDays(
  statements: Statements,
  { before }: { readonly before: number },
): Promise<void> {
  await statements.query('DELETE FROM numbers_spent WHERE day < $1', before);
  await statements.query('DELETE FROM answers WHERE day < $1', before);
}
