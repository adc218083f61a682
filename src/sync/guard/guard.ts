/** Whether a new version may serve: a pure function from facts and bounds to refusals. */
import { brusselsTime } from '../../calendar/brussels.ts';
import { formatIsoDay } from '../../calendar/day.ts';
import type { ListDifference } from '../../store/diff.ts';
import type { GuardBounds } from './bounds.ts';

/**
 * The rules, under the names that records, logs and metrics use. A person may accept a version that
 * only looks unlikely, but never one that is broken, truncated, stale or not found by the engine.
 */
export const GUARD_RULES = {
  /** The last line is complete. */
  whole: { acceptable: false },
  /** The source can be read with the pinned layout, and all dates are before the snapshot's end. */
  format: { acceptable: false },
  /** The file is still valid when it arrives. */
  stale: { acceptable: false },
  /** `tacet verify` of the packed file passes. */
  verify: { acceptable: false },
  /** The engine that answers finds lines of the source. */
  sample: { acceptable: false },
  /** How many numbers there are. */
  entries: { acceptable: true },
  added: { acceptable: true },
  removed: { acceptable: true },
  redated: { acceptable: true },
  /** The snapshot is not older than the one that serves. */
  snapshot: { acceptable: true },
  /** The operator's known numbers are found. */
  canaries: { acceptable: true },
} as const;

type GuardRule = keyof typeof GUARD_RULES;

/** Why a version may not serve. Holds no phone number. */
export interface Refusal {
  readonly rule: GuardRule;
  /** One sentence with the figures, without a full stop. */
  readonly text: string;
  /** Whether a person may accept the version despite it. */
  readonly acceptable: boolean;
}

/** What is wrong, in one line. */
export function refusalsText(refusals: readonly Refusal[]): string {
  return refusals.map(({ rule, text }) => `${rule}: ${text}`).join('; ');
}

/** The result of looking up known numbers or lines of the source. */
export interface Finds {
  readonly count: number;
  /** Where the missing ones are: 1-based lines of canaries.txt, or byte offsets in the source. */
  readonly missing: readonly number[];
  /** The same for those found with another date. */
  readonly redated: readonly number[];
}

/** What is known about a new version before it serves. */
export interface GuardFacts {
  /** Whether the text ends in a line end. */
  readonly endsInLineEnd: boolean;
  readonly entries: number;
  readonly snapshotDay: number;
  /** From this time on the version answers nothing. */
  readonly validUntilMs: number;
  readonly nowMs: number;
  /** What serves now, and the changes from it; null for the first version. */
  readonly serving: { readonly entries: number; readonly snapshotDay: number } | null;
  readonly changes: ListDifference | null;
  readonly canaries: Finds;
  readonly sample: Finds & { readonly seed: number };
  /** The error from `tacet verify`; null if it passes. */
  readonly verifyFailure: string | null;
}

/** Why `rule` is violated, as a refusal. */
export function refusal(rule: GuardRule, text: string): Refusal {
  return { rule, text, acceptable: GUARD_RULES[rule].acceptable };
}

/** All violated rules, not only the first; none means that the version may serve. */
export function judge(facts: GuardFacts, bounds: GuardBounds): Refusal[] {
  const refusals: Refusal[] = [];
  const refuse = (rule: GuardRule, text: string | null): void => {
    if (text !== null) refusals.push(refusal(rule, text));
  };
  refuse('whole', wholeText(facts, bounds));
  refuse('stale', staleText(facts));
  refuse('verify', facts.verifyFailure);
  refuse('sample', sampleText(facts));
  refuse('entries', entriesText(facts, bounds));
  refuse('added', addedText(facts, bounds));
  refuse('removed', shareText(facts, bounds, 'removed'));
  refuse('redated', shareText(facts, bounds, 'redated'));
  refuse('snapshot', snapshotText(facts));
  refuse('canaries', canariesText(facts));
  return refusals;
}

/** Why a text may be incomplete; null if it is complete or the check is off. */
export function wholeText(
  { endsInLineEnd }: Pick<GuardFacts, 'endsInLineEnd'>,
  bounds: GuardBounds,
): string | null {
  if (endsInLineEnd || bounds.last_line_end === 'optional') return null;
  return (
    'the last line has no line end: the file may be cut short (if the file never has one, set ' +
    'last_line_end to optional in guard.json)'
  );
}

function staleText({ snapshotDay, validUntilMs, nowMs }: GuardFacts): string | null {
  if (nowMs < validUntilMs) return null;
  return (
    `the file is of ${formatIsoDay(snapshotDay)} and was valid until ` +
    `${brusselsTime(validUntilMs)}: it is cut short, or no longer updated at its origin`
  );
}

function sampleText({ sample }: GuardFacts): string | null {
  const { count, missing, redated, seed } = sample;
  const wrong = missing.length + redated.length;
  if (wrong === 0) return null;
  return (
    `of ${count} random lines of the source ${missing.length} are not found by the engine and ` +
    `${redated.length} have another date ` +
    `(seed ${seed}, at bytes ${shown([...missing, ...redated])})`
  );
}

function entriesText({ entries }: GuardFacts, bounds: GuardBounds): string | null {
  if (entries < bounds.entries_min) {
    return `${commas(entries)} numbers are fewer than entries_min, ${commas(bounds.entries_min)}`;
  }
  if (entries <= bounds.entries_max) return null;
  return `${commas(entries)} numbers are more than entries_max, ${commas(bounds.entries_max)}`;
}

function addedText(facts: GuardFacts, bounds: GuardBounds): string | null {
  const { serving, changes } = facts;
  if (serving === null || changes === null) return null;
  const passed = facts.snapshotDay - serving.snapshotDay;
  const days = Math.max(1, Math.min(passed, bounds.added_days_max));
  const share = Math.floor(serving.entries * bounds.added_share_per_day_max);
  const limit = days * Math.max(bounds.added_per_day_max, share);
  if (changes.added <= limit) return null;
  return (
    `${commas(changes.added)} numbers were added to ${commas(serving.entries)}, more than the ` +
    `${commas(limit)} that ${days === 1 ? 'a day' : `${days} days`} may bring ` +
    '(added_per_day_max, added_share_per_day_max)'
  );
}

function shareText(
  { serving, changes }: GuardFacts,
  bounds: GuardBounds,
  rule: 'removed' | 'redated',
): string | null {
  if (serving === null || changes === null) return null;
  const share = bounds[`${rule}_share_max` as const];
  const limit = Math.floor(serving.entries * share);
  if (changes[rule] <= limit) return null;
  return (
    `${commas(changes[rule])} of ${commas(serving.entries)} numbers ` +
    `${rule === 'removed' ? 'are gone' : 'have another date'}, more than ${commas(limit)} ` +
    `(${rule}_share_max ${share})`
  );
}

function snapshotText({ serving, snapshotDay }: GuardFacts): string | null {
  if (serving === null || snapshotDay >= serving.snapshotDay) return null;
  return (
    `the file is of ${formatIsoDay(snapshotDay)}, older than the version that serves, of ` +
    formatIsoDay(serving.snapshotDay)
  );
}

function canariesText({ canaries }: GuardFacts): string | null {
  const { count, missing, redated } = canaries;
  if (missing.length + redated.length === 0) return null;
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`${missing.length} not found (lines ${shown(missing)})`);
  if (redated.length > 0)
    parts.push(`${redated.length} with another date (lines ${shown(redated)})`);
  return `of ${count} known numbers of canaries.txt ${parts.join(' and ')}`;
}

const SHOWN_MAX = 5;

function shown(places: readonly number[]): string {
  const more = places.length > SHOWN_MAX ? ', ...' : '';
  return `${places.slice(0, SHOWN_MAX).join(', ')}${more}`;
}

function commas(count: number): string {
  return count.toLocaleString('en-US');
}
