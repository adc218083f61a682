/** What an answer says of itself, as a leaf says it. */
import type { ListVersionMessage } from '../../wire/gen/messages.ts';
import type { AskedLeaf } from './leaf.ts';
import { printable } from './text.ts';

/** The lists that answered. */
export function leafLists(
  lists: readonly Omit<ListVersionMessage, 'revision'>[],
): AskedLeaf['lists'] {
  return lists.map(({ name, sha256, snapshotDate, entries, validUntilUnix, ...list }) => {
    const { override } = list;
    return {
      name: printable(name),
      sha256,
      source_sha256: list.sourceSha256 === '' ? null : list.sourceSha256,
      snapshot_date: snapshotDate,
      entries,
      valid_until: leafTime(validUntilUnix),
      override: override
        ? {
            by: printable(override.by),
            reason: printable(override.reason),
            until: leafTime(override.untilUnix),
          }
        : null,
    };
  });
}

/** `2026-11-30T23:00:00Z`. */
function leafTime(unix: number): string {
  return new Date(unix * 1000).toISOString().replace('.000Z', 'Z');
}

/** How many numbers got which verdict, as in `tacet.v1.Summary`. */
interface VerdictCounts {
  readonly numbers: number;
  readonly callable: number;
  readonly blocked: number;
  readonly callableOptIn: number;
  readonly notCovered: number;
  readonly unreadable: number;
  readonly notApplicable: number;
}

export function leafCounts(counts: VerdictCounts, optInUnreadable: number): AskedLeaf['counts'] {
  const { numbers, callable, blocked, callableOptIn, notCovered, unreadable } = counts;
  return {
    numbers,
    callable,
    blocked,
    callable_opt_in: callableOptIn,
    not_covered: notCovered,
    unreadable,
    not_applicable: counts.notApplicable,
    opt_in_unreadable: optInUnreadable,
  };
}
