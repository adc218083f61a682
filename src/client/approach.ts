import { TacetError } from '../errors.ts';
import {
  type Approach,
  CHANNELS,
  type Channel,
  PURPOSES,
  type Purpose,
  USUAL_APPROACH,
} from '../verdict/approach.ts';
import {
  VERDICT_BLOCKED,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NOT_APPLICABLE,
} from '../verdict/verdict.ts';
import { decodeApproach, encodeApproach } from '../wire/approach.ts';
import type { DedupeOptionsMessage, ListVersionMessage } from '../wire/gen/messages.ts';
import { isRegistry } from './answered-registers.ts';

/** Why and how people are approached. */
export interface ApproachOptions {
  /**
   * `service` for an appointment, a product fault, a delivery or technical help: the list does not
   * apply, on your word, and verdicts are for `mayCall(verdict, 'service')`. Default
   * `direct-marketing`.
   */
  readonly purpose?: Purpose | undefined;
  /** By machine, SMS and fax, direct marketing needs an opt-in. Default `person`. */
  readonly channel?: Channel | undefined;
}

/** What was answered, and what those who use the answers must know. */
export interface AnsweredFor extends Approach {
  /** Each a sentence to show as it stands: a licence that is missing, for one. */
  readonly notices: readonly string[];
}

/** What is asked for, whole. Errors: ERR_REQUEST for words that are none. */
export function approachOf({ purpose, channel }: ApproachOptions): Approach {
  assertWord(purpose, 'purpose', PURPOSES);
  assertWord(channel, 'channel', CHANNELS);
  const usual = USUAL_APPROACH;
  return { purpose: purpose ?? usual.purpose, channel: channel ?? usual.channel };
}

function assertWord(word: unknown, where: string, words: readonly string[]): void {
  if (word === undefined || words.some((known) => known === word)) return;
  throw new TacetError('ERR_REQUEST', {
    what: 'the option cannot be used',
    where,
    expected: words.join(' or '),
  });
}

/** The fields of a request; what is not asked for stays unset. Errors: as {@link approachOf}. */
export function approachFields(asked: ApproachOptions) {
  const { purpose, channel } = encodeApproach(approachOf(asked));
  return {
    purpose: asked.purpose === undefined ? undefined : purpose,
    channel: asked.channel === undefined ? undefined : channel,
  };
}

/**
 * What an answer says that it is for. Errors: ERR_RECONCILE if that is not what was asked for: an
 * older server ignores it, and its verdicts are for calls by people.
 */
export function answeredFor(
  asked: ApproachOptions,
  answer: {
    readonly purpose: number;
    readonly channel: number;
    readonly notices: readonly string[];
  },
): AnsweredFor {
  const wanted = approachOf(asked);
  const applied = decodeApproach(answer);
  for (const name of ['purpose', 'channel'] as const) {
    const isSaid = answer[name] !== 0 || asked[name] === undefined;
    if (isSaid && applied[name] === wanted[name]) continue;
    const got = answer[name] === 0 ? 'none, as of an older server' : applied[name];
    throw notApplied(name, wanted[name], got ?? 'one this client does not know');
  }
  return { ...wanted, notices: answer.notices };
}

/** Errors: ERR_RECONCILE for a verdict of service calls, which nobody asked for. */
export function refuseNotApplicable(asked: ApproachOptions, verdicts: Uint8Array): void {
  if (asked.purpose === 'service' || !verdicts.includes(VERDICT_NOT_APPLICABLE)) return;
  throw notApplied('purpose', approachOf(asked).purpose, 'a verdict of service calls');
}

function notApplied(name: keyof Approach, expected: string, got: string): TacetError {
  return new TacetError('ERR_RECONCILE', {
    what: `the server did not apply the ${name} that was asked for`,
    ...{ expected, got },
    fix: 'Do not use the results; ask a server of the same version as this client',
  });
}

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
