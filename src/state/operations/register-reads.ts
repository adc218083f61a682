import { endOf } from '../../registers/standing.ts';
import type { Entry } from '../../registers/table.ts';
import { numberOf, type Row, type Statements, textOf } from '../database.ts';
import { selectIn } from './many-rows.ts';
import { standingOf } from './register-edits.ts';

/** The revision of the registers. */
export async function registerRevision(statements: Statements): Promise<number> {
  const [row] = await statements.query('SELECT revision FROM register_head WHERE one = 1');
  return numberOf(row, 'revision');
}

/** One act on a number, as its history tells it. */
interface RegisterAct {
  readonly revision: number;
  readonly register: string;
  readonly advertiser: string;
  readonly operation: string;
  /** Epoch day; 0 = the latest opt-in, that was a mistake. */
  readonly day: number;
  readonly source: string;
  readonly reference: string;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

/** Acts that a history shows. */
const HISTORY_MAX = 10_000;

/** The acts on a number, oldest first. */
export async function registerHistory(
  statements: Statements,
  { number }: { readonly number: number },
): Promise<readonly RegisterAct[]> {
  const rows = await statements.query(
    `SELECT edits.revision, register, advertiser, operation, day, source, reference, by_name,
       reason, at_ms FROM register_acts AS acts
       JOIN register_edits AS edits ON edits.revision = acts.revision
       WHERE acts.number = $1 ORDER BY acts.revision LIMIT $2`,
    number,
    HISTORY_MAX,
  );
  return rows.map((row) => ({
    revision: numberOf(row, 'revision'),
    register: textOf(row, 'register'),
    advertiser: textOf(row, 'advertiser'),
    operation: textOf(row, 'operation'),
    day: numberOf(row, 'day'),
    source: textOf(row, 'source'),
    reference: textOf(row, 'reference'),
    by: textOf(row, 'by_name'),
    reason: textOf(row, 'reason'),
    atMs: numberOf(row, 'at_ms'),
  }));
}

/** What stands of one number, for one advertiser or the firm. */
interface FoundStanding {
  readonly advertiser: string;
  readonly number: number;
  /** Epoch days, 0 = none. */
  readonly objectionDay: number;
  readonly endedDay: number;
  readonly optInDay: number;
}

/** What stands of a number, by advertiser. */
export async function registerStandings(
  statements: Statements,
  { number }: { readonly number: number },
): Promise<readonly FoundStanding[]> {
  const rows = await statements.query(
    `SELECT advertiser, number, objection_day, ended_day, opt_in_day FROM register_standings
       WHERE number = $1 ORDER BY advertiser`,
    number,
  );
  return rows.map(foundOf);
}

function foundOf(row: Row): FoundStanding {
  return {
    advertiser: textOf(row, 'advertiser'),
    number: numberOf(row, 'number'),
    ...standingOf(row),
  };
}

/** A page of what stands, in the order of advertisers and numbers. */
export async function registerPage(
  statements: Statements,
  after: { readonly advertiser: string; readonly number: number; readonly max: number },
): Promise<readonly FoundStanding[]> {
  const rows = await statements.query(
    `SELECT advertiser, number, objection_day, ended_day, opt_in_day FROM register_standings
       WHERE (advertiser, number) > ($1, $2) ORDER BY advertiser, number LIMIT $3`,
    ...[after.advertiser, after.number, after.max],
  );
  return rows.map(foundOf);
}

/** A page of the standings of one advertiser, or of the firm, by number. */
export async function entriesOf(
  statements: Statements,
  after: { readonly advertiser: string; readonly number: number; readonly max: number },
): Promise<readonly Entry[]> {
  const rows = await statements.query(
    `SELECT number, objection_day, ended_day, opt_in_day FROM register_standings
       WHERE advertiser = $1 AND number > $2 ORDER BY number LIMIT $3`,
    ...[after.advertiser, after.number, after.max],
  );
  return rows.map(entryOf);
}

/** A page of the standings of all together, by number: for whoever names no advertiser. */
export async function entriesOfAll(
  statements: Statements,
  after: { readonly number: number; readonly max: number },
): Promise<readonly Entry[]> {
  const rows = await statements.query(
    `SELECT number, max(objection_day) AS objection_day, max(ended_day) AS ended_day,
       0 AS opt_in_day FROM register_standings
       WHERE number > $1 GROUP BY number ORDER BY number LIMIT $2`,
    ...[after.number, after.max],
  );
  return rows.map(entryOf);
}

/** The same for some numbers. */
export async function entriesOfAllFor(
  statements: Statements,
  numbers: readonly number[],
): Promise<readonly Entry[]> {
  const rows = await selectIn(
    statements,
    (places) =>
      `SELECT number, max(objection_day) AS objection_day, max(ended_day) AS ended_day,
         0 AS opt_in_day FROM register_standings WHERE number IN (${places}) GROUP BY number`,
    [],
    numbers,
  );
  return rows.map(entryOf);
}

/** Standings that changed after one revision, and not after another. */
export async function changesBetween(
  statements: Statements,
  between: { readonly after: number; readonly upTo: number },
): Promise<readonly (Entry & { readonly advertiser: string })[]> {
  const rows = await statements.query(
    `SELECT advertiser, number, objection_day, ended_day, opt_in_day FROM register_standings
       WHERE revision > $1 AND revision <= $2`,
    ...[between.after, between.upTo],
  );
  return rows.map((row) => ({ ...entryOf(row), advertiser: textOf(row, 'advertiser') }));
}

function entryOf(row: Row): Entry {
  const standing = standingOf(row);
  return {
    key: numberOf(row, 'number'),
    optInDay: standing.optInDay,
    endDay: endOf(standing),
    isObjected: standing.objectionDay > 0,
  };
}
