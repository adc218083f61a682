import { TacetError } from '../errors.ts';
import { VERDICT_BLOCKED, VERDICT_CALLABLE_OPT_IN } from '../verdict/verdict.ts';
import type { DedupeOptionsMessage, ListVersionMessage } from '../wire/gen/messages.ts';
import { isRegistry } from './answered-registers.ts';
import { type ApproachOptions, approachFields } from './approach.ts';

/** What a batch or a stream is asked for; every option has a default. */
export interface AskedOptions extends ApproachOptions {
  /** Region of numbers written nationally. Default: the server's. */
  readonly region?: string;
  /** Ask for registration dates. Default false. */
  readonly registrationDates?: boolean;
  /** Ask for the reason of each verdict. Default false. */
  readonly reasons?: boolean;
  /** Ask on which lists each listed number is, see `matchedNames`. Default false. */
  readonly matchedLists?: boolean;
  /** The lists to ask, by name. Default: all that are served. */
  readonly lists?: readonly string[];
  /** On whose behalf, echoed in the summary. Default none. */
  readonly advertiser?: string;
}

/** The fields of a request; what is not asked for stays unset. Errors: as `approachFields`. */
export function askedFields(asked: AskedOptions) {
  const { region, registrationDates, reasons, matchedLists, advertiser } = asked;
  const lists = asked.lists === undefined ? undefined : [...asked.lists];
  const fields = { region, registrationDates, reasons, matchedLists, lists, advertiser };
  return { ...fields, ...approachFields(asked) } satisfies {
    [Name in keyof DedupeOptionsMessage]?: DedupeOptionsMessage[Name] | undefined;
  };
}

/**
 * Errors: ERR_RECONCILE if lists were asked by name and others have answered: an older server asks
 * all that it has.
 */
export function assertAsked(
  { lists: names = [] }: AskedOptions,
  lists: readonly ListVersionMessage[],
): void {
  if (names.length === 0) return;
  const answered = new Set(lists.filter(isRegistry).map(({ name }) => name));
  if (answered.size === new Set(names).size && names.every((name) => answered.has(name))) return;
  throw new TacetError('ERR_RECONCILE', {
    what: 'the server did not answer from the lists that were asked for',
    ...{ expected: names.join(' and '), got: [...answered].join(' and ') },
    fix: 'Do not use the results; ask a server of the same version as this client',
  });
}

/** How many numbers have their lists beside them, if asked for: those with verdict 2 or 3. */
export function countListed(verdicts: Uint8Array): number {
  let count = 0;
  for (const verdict of verdicts) {
    count += Number(verdict === VERDICT_BLOCKED || verdict === VERDICT_CALLABLE_OPT_IN);
  }
  return count;
}

/**
 * The names of the lists that a number is on.
 *
 * @param set one of `matchedLists`, with the `lists` of the same answer
 */
export function matchedNames(set: number, lists: readonly ListVersionMessage[]): string[] {
  return lists.filter((_, at) => ((set >>> at) & 1) !== 0).map(({ name }) => name);
}
