import type { Statements } from './database.ts';
import {
  addAnswers,
  forgetOld,
  leaseChecks,
  leaseNumbers,
  returnNumbers,
} from './operations/budgets.ts';
import { editRegister } from './operations/register-edits.ts';
import {
  registerHistory,
  registerPage,
  registerRevision,
  registerStandings,
} from './operations/register-reads.ts';
import { beat } from './operations/servers.ts';
import { firstSighting, saveSighting, sightings } from './operations/sightings.ts';
import { auditTrail, release, stop, stops } from './operations/stops.ts';

/** Everything that can be done with a state, by name; each is whole or not at all. */
const KNOWN = {
  leaseNumbers,
  returnNumbers,
  leaseChecks,
  addAnswers,
  forgetOld,
  stop,
  release,
  stops,
  auditTrail,
  saveSighting,
  firstSighting,
  sightings,
  beat,
  editRegister,
  registerHistory,
  registerPage,
  registerRevision,
  registerStandings,
};

/** Those that only look. */
const READING: ReadonlySet<OperationName> = new Set([
  ...(['stops', 'auditTrail', 'sightings'] as const),
  ...(['registerHistory', 'registerPage', 'registerRevision', 'registerStandings'] as const),
]);

/** Whether an operation has to reach the disk. */
export function isWriting(name: OperationName): boolean {
  return !READING.has(name);
}

type Known = typeof KNOWN;

export type OperationName = keyof Known;
/** What an operation takes, if anything; structured-cloneable. */
export type InputOf<Name extends OperationName> =
  Parameters<Known[Name]> extends [Statements, ...infer Input] ? Input : never;
/** What it resolves with. */
export type AnswerOf<Name extends OperationName> = Awaited<ReturnType<Known[Name]>>;

/** For whoever has a name and its input from elsewhere: the types were checked there. */
export const OPERATIONS: Readonly<
  Record<OperationName, (statements: Statements, input: never) => Promise<unknown>>
> = KNOWN;
