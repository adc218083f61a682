import { brusselsTime, validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { type AgeLimits, ageStateOf, lasts, listAgeMs } from '../verdict/freshness.ts';
import type { ListState } from './serving.ts';

const HOUR_MS = 3_600_000;

/** Whether the server is ready; `reasons` is empty if it is. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** What somebody should look into although the server still answers; absent = nothing. */
  readonly warnings?: readonly string[];
}

/** What readiness depends on. */
interface ReadinessFacts {
  readonly stopping: boolean;
  /** The lists being served; undefined before the first are loaded. */
  readonly lists: readonly ListState[] | undefined;
  /** Why no list is loaded, if that is known. */
  readonly waitsFor: string | undefined;
  /** Per list, in order: the name of its newest file in quarantine, if the newest file is there. */
  readonly refused: readonly (string | undefined)[];
  readonly ages: AgeLimits;
  readonly nowMs: number;
}

/** Whether the server can answer, why not, and what will stop it from answering if nobody acts. */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const { stopping, lists, waitsFor, nowMs } = facts;
  const reasons: string[] = [];
  if (stopping) reasons.push('stopping');
  if (lists === undefined) {
    reasons.push(waitsFor === undefined ? 'no list is loaded' : `no list is loaded: ${waitsFor}`);
  }
  for (const list of lists ?? []) reasons.push(...whyNot(list, nowMs));
  const warnings = (lists ?? []).flatMap((list, index) =>
    warningsOf(list, facts, facts.refused[index]),
  );
  const ready = reasons.length === 0;
  return warnings.length === 0 ? { ready, reasons } : { ready, reasons, warnings };
}

function whyNot({ name, snapshotDay, override, changedInPlace }: ListState, nowMs: number) {
  const reasons: string[] = [];
  if (changedInPlace) {
    reasons.push(
      `the file of the list ${name} was changed in place: rename a whole list file over it, ` +
        'never copy into it, then send SIGHUP',
    );
  }
  if (!(nowMs < validUntilMs(snapshotDay)) && !lasts(override, nowMs)) {
    reasons.push(`the list ${name} is stale`);
  }
  return reasons;
}

function warningsOf(
  { name, snapshotDay, override }: ListState,
  { ages, nowMs }: ReadinessFacts,
  refused: string | undefined,
): string[] {
  const warnings: string[] = [];
  const state = ageStateOf(snapshotDay, nowMs, ages);
  // No warning for a stale list: that is a reason, or is overridden.
  if (state === 'warning' || state === 'critical') {
    const hours = Math.floor(listAgeMs(snapshotDay, nowMs) / HOUR_MS);
    warnings.push(
      `${state}: the list ${name} of ${formatIsoDay(snapshotDay)} is ${hours} hours old, ` +
        `valid until ${brusselsTime(validUntilMs(snapshotDay))}`,
    );
  }
  if (override !== undefined && lasts(override, nowMs)) {
    const until = brusselsTime(override.untilUnix * 1000);
    warnings.push(
      `the freshness of the list ${name} is overridden until ${until} ` +
        `by ${override.by}: ${override.reason}`,
    );
  }
  if (refused !== undefined) {
    warnings.push(
      `a new list of ${name} was refused, the one of ${formatIsoDay(snapshotDay)} goes on: ` +
        `see quarantine/${refused} in its store`,
    );
  }
  return warnings;
}
