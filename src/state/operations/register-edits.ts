import { createHash } from 'node:crypto';
import { TacetError } from '../../errors.ts';
import {
  type Act,
  FIRM,
  NO_STANDING,
  type Register,
  type RegisterOperation,
  type Standing,
  standingAfter,
} from '../../registers/standing.ts';
import { numberOf, type Row, type Statements, textOf } from '../database.ts';
import { inRows, selectIn } from './many-rows.ts';

/** One request to edit a register: the same act on some numbers. */
interface RegisterEdit {
  /** Names the request: done once, however often it is asked. */
  readonly requestId: string;
  readonly register: Register;
  /** Its id, or `*` for the firm. */
  readonly advertiser: string;
  readonly operation: RegisterOperation;
  /** As integers of E.164 digits, each once. */
  readonly numbers: readonly number[];
  /** Epoch day of the act, one for each number; 0 = the latest opt-in, for `lift-mistake`. */
  readonly days: readonly number[];
  /** Whether the request said which days; else they follow from the moment, and repeats differ. */
  readonly isDayGiven: boolean;
  readonly source: string;
  readonly reference: string;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

/** What became of an edit. */
interface RegisterAnswer {
  /** Of the registers with this edit. */
  readonly revision: number;
  /** Numbers for which it changed something, and for which it was so already. */
  readonly changed: number;
  readonly unchanged: number;
  /** Indexes of numbers whose opt-in was refused, since somebody objects. */
  readonly objected: readonly number[];
}

/**
 * Edits a register, whole or not at all. Errors: ERR_REQUEST if a request with this id asked for
 * something else.
 */
export async function editRegister(
  statements: Statements,
  edit: RegisterEdit,
): Promise<RegisterAnswer> {
  const digest = digestOf(edit);
  // Locks out other edits until the end of the transaction.
  const [head] = await statements.query(
    'UPDATE register_head SET revision = revision + 1 WHERE one = 1 RETURNING revision',
  );
  const revision = numberOf(head, 'revision');
  const earlier = await answerOf(statements, edit.requestId, digest);
  if (earlier !== undefined) {
    await statements.query('UPDATE register_head SET revision = $1 WHERE one = 1', revision - 1);
    return earlier;
  }
  const done = await apply(statements, edit, revision);
  const answer = { revision, ...done };
  await record(statements, edit, { revision, digest, answer: JSON.stringify(answer) });
  return answer;
}

/** The answer to the same request, if it was done before. */
async function answerOf(
  statements: Statements,
  requestId: string,
  digest: string,
): Promise<RegisterAnswer | undefined> {
  const [row] = await statements.query(
    'SELECT digest, answer FROM register_edits WHERE request_id = $1',
    requestId,
  );
  if (row === undefined) return undefined;
  if (textOf(row, 'digest') === digest) return JSON.parse(textOf(row, 'answer')) as RegisterAnswer;
  throw new TacetError('ERR_REQUEST', {
    what: 'a request with this request_id asked for something else',
    where: 'request_id',
    got: requestId,
    fix: 'Give every edit a request_id of its own; repeat one only with the same content',
  });
}

/** Everything that was asked: not the instant, nor what follows from it. */
function digestOf({ requestId: _, atMs: __, days, ...asked }: RegisterEdit): string {
  const content = { ...asked, ...(asked.isDayGiven && { days }) };
  const parts = Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

async function apply(statements: Statements, edit: RegisterEdit, revision: number) {
  const { register, operation, advertiser, numbers } = edit;
  const standings = await standingsOf(statements, advertiser, numbers);
  const isOptIn = register === 'opt-ins' && operation === 'add';
  const firms = isOptIn ? await standingsOf(statements, FIRM, numbers) : undefined;
  const left = await optInsOf(statements, edit);
  const rows: number[][] = [];
  const objected: number[] = [];
  let unchanged = 0;
  numbers.forEach((number, index) => {
    const before = standings.get(number) ?? NO_STANDING;
    const objections = [before, firms?.get(number)];
    if (isOptIn && objections.some((standing) => (standing?.objectionDay ?? 0) > 0)) {
      objected.push(index);
      return;
    }
    const day = edit.days[index] ?? 0;
    const act: Act = { register, operation, day };
    const optIns = left.get(number);
    const isMistaken = optIns?.delete(day === 0 ? latest(optIns) : day) ?? false;
    const after = standingAfter(before, act, optIns && latest(optIns));
    if (!isNews(before, act, isMistaken)) unchanged++;
    else rows.push([number, after.objectionDay, after.endedDay, after.optInDay, day]);
  });
  await inRows(
    statements,
    rows.map(([number = 0, objection = 0, ended = 0, optIn = 0]) => [
      ...[advertiser, number, objection, ended, optIn, revision],
    ]),
    (places) =>
      `INSERT INTO register_standings
         (advertiser, number, objection_day, ended_day, opt_in_day, revision) VALUES ${places}
       ON CONFLICT (advertiser, number) DO UPDATE SET objection_day = excluded.objection_day,
         ended_day = excluded.ended_day, opt_in_day = excluded.opt_in_day,
         revision = excluded.revision`,
  );
  await inRows(
    statements,
    rows.map(([number = 0, , , , day = 0]) => [number, revision, day]),
    (places) => `INSERT INTO register_acts (number, revision, day) VALUES ${places}`,
  );
  return { changed: rows.length, unchanged, objected };
}

/**
 * Whether an act says what was not said: it belongs to the history even if another stands.
 *
 * @param isMistaken whether there is an opt-in that was a mistake
 */
function isNews(before: Standing, act: Act, isMistaken: boolean): boolean {
  const { register, operation, day } = act;
  if (register === 'objections') {
    return before.objectionDay !== (operation === 'add' ? day : 0);
  }
  if (operation === 'add') return before.optInDay !== day;
  return operation === 'lift' ? before.endedDay < day : isMistaken;
}

async function standingsOf(
  statements: Statements,
  advertiser: string,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, Standing>> {
  const rows = await selectIn(
    statements,
    (places) =>
      `SELECT number, objection_day, ended_day, opt_in_day FROM register_standings
         WHERE advertiser = $1 AND number IN (${places})`,
    [advertiser],
    numbers,
  );
  return new Map(rows.map((row) => [numberOf(row, 'number'), standingOf(row)]));
}

export function standingOf(row: Row): Standing {
  return {
    objectionDay: numberOf(row, 'objection_day'),
    endedDay: numberOf(row, 'ended_day'),
    optInDay: numberOf(row, 'opt_in_day'),
  };
}

/** For opt-ins that were a mistake: by number, the days of its opt-ins before that. */
async function optInsOf(
  statements: Statements,
  { register, operation, advertiser, numbers }: RegisterEdit,
): Promise<ReadonlyMap<number, Set<number>>> {
  if (register !== 'opt-ins' || operation !== 'lift-mistake') return new Map();
  const rows = await selectIn(
    statements,
    (places) =>
      `SELECT acts.number, acts.day, edits.operation FROM register_acts AS acts
         JOIN register_edits AS edits ON edits.revision = acts.revision
         WHERE edits.register = 'opt-ins' AND edits.operation <> 'lift'
           AND edits.advertiser = $1 AND acts.number IN (${places})
         ORDER BY acts.revision`,
    [advertiser],
    numbers,
  );
  const days = new Map<number, Set<number>>();
  for (const row of rows) {
    const number = numberOf(row, 'number');
    const known = days.get(number) ?? new Set<number>();
    days.set(number, known);
    const day = numberOf(row, 'day');
    if (textOf(row, 'operation') === 'add') known.add(day);
    else known.delete(day === 0 ? latest(known) : day);
  }
  return days;
}

function latest(days: ReadonlySet<number>): number {
  return Math.max(0, ...days);
}

async function record(
  statements: Statements,
  edit: RegisterEdit,
  done: { readonly revision: number; readonly digest: string; readonly answer: string },
): Promise<void> {
  await statements.query(
    `INSERT INTO register_edits (revision, request_id, digest, register, advertiser, operation,
       source, reference, by_name, reason, at_ms, answer)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    ...[done.revision, edit.requestId, done.digest, edit.register, edit.advertiser, edit.operation],
    ...[edit.source, edit.reference, edit.by, edit.reason, edit.atMs, done.answer],
  );
}
