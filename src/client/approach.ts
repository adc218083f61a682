import { TacetError } from '../errors.ts';
import {
  type Approach,
  CHANNELS,
  type Channel,
  PURPOSES,
  type Purpose,
  USUAL_APPROACH,
} from '../verdict/approach.ts';
import { VERDICT_NOT_APPLICABLE } from '../verdict/verdict.ts';
import { decodeApproach, encodeApproach } from '../wire/approach.ts';

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
