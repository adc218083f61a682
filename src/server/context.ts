import type { Caller, Permission } from '../access/access.ts';
import { TacetError } from '../errors.ts';
import type { CallMetadata } from '../observe/call-identity.ts';
import type { ServeOptions } from '../options/serve/table.ts';
import { isRegion } from '../phone/regions.ts';
import type { ListRequest, ServedLists } from '../serving/lists.ts';
import type { MatchPool } from '../threads/pool.ts';
import type { AnsweredKeys } from '../threads/slots.ts';
import type { Approach } from '../verdict/approach.ts';
import { decodeApproach } from '../wire/approach.ts';
import type { DedupeOptionsMessage } from '../wire/gen/messages.ts';
import { ADVERTISER_BYTES_MAX, JOB_ID, JOB_ID_RULE } from '../wire/identity.ts';
import { findOptions } from '../wire/request.ts';
import { decodeOptions } from '../wire/service.ts';
import type { Admission } from './admission.ts';
import type { Charging } from './charge.ts';
import type { ServedRegisters } from './registers.ts';

/** The lists that calls are answered from. */
export type HeldLists = Pick<ServedLists, 'acquire' | 'current' | 'release'>;

/** A stream, as the server sees it. */
export interface OpenStream {
  /** Ends it after its pending answers. */
  expire(error: TacetError): void;
  /** Ends it likewise if its caller may no longer go on. */
  reconsider(): void;
}

/** What the calls of the service need from the server. */
export interface ServiceContext {
  readonly options: ServeOptions;
  readonly pool: MatchPool;
  readonly lists: HeldLists;
  /** The open streams, so that a stopping server can end them. */
  readonly streams: Set<OpenStream>;
  readonly admission: Admission;
  readonly registers: ServedRegisters;
  /** The caller by the access file of now. Throws ERR_UNAUTHENTICATED. */
  again(caller: Caller | undefined): Caller | undefined;
  /** Asked before a question is looked up, and before its answers are given. */
  readonly charging: Charging;
  /** Looks at what a caller asked, before its answers are out; undefined = nobody does. */
  witnessOf(
    caller: Caller | undefined,
    approach: Approach,
  ): ((answered: AnsweredKeys) => void) | undefined;
  /** Takes back the buffer of a stream's request once it has been read. */
  giveBack(request: Buffer): void;
  /** Counts answers of a call; `counts` is indexed by verdict. */
  countVerdicts(counts: readonly number[], metadata: CallMetadata): void;
  /** Counts one answer of a call. */
  countVerdict(verdict: number, metadata: CallMetadata): void;
}

/** The only region for which national notation is understood. */
export const BELGIUM = 'BE';

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * The options of a request, checked; unset ones are empty. Errors: ERR_WIRE, ERR_REQUEST,
 * ERR_DATES_NOT_DISCLOSED.
 */
export function optionsOf(
  request: Uint8Array,
  context: ServiceContext,
  caller: Caller | undefined,
): DedupeOptionsMessage {
  const options = decodeOptions(findOptions(request) ?? new Uint8Array(0));
  regionOf(options.region, context);
  checkAdvertiser(options.advertiser);
  if (options.jobId !== '' && !JOB_ID.test(options.jobId)) {
    throw invalid('malformed job_id', JOB_ID_RULE);
  }
  if (options.listSha256 !== '' && !SHA256.test(options.listSha256)) {
    throw invalid('malformed list_sha256', '64 lower-case hex digits');
  }
  if (options.registrationDates && !mayHaveDates(context, caller)) {
    throw new TacetError('ERR_DATES_NOT_DISCLOSED', {
      what: 'registration dates are not disclosed to this client',
      fix:
        'Leave registration_dates out, or have the server started with --disclose-dates and the ' +
        'client allowed `dates`, if there is an access file',
    });
  }
  return options;
}

/** Which lists a call with these options asks. */
export function listsOf({ listSha256, lists }: DedupeOptionsMessage): ListRequest {
  return { sha256: listSha256, names: lists };
}

/** What a call of a method with these options must be allowed. */
export function permissionsOf(
  method: Permission,
  { registrationDates }: DedupeOptionsMessage,
): readonly Permission[] {
  return registrationDates ? [method, 'dates'] : [method];
}

/** Whether a caller is told registration dates: licensed data. */
export function mayHaveDates({ options }: ServiceContext, caller: Caller | undefined): boolean {
  return options.discloseDates && caller?.client.allows('dates') !== false;
}

/** The region for numbers in national notation: the one asked for, otherwise the server's. */
export function regionOf(region: string, context: ServiceContext): string {
  if (region === '') return context.options.region;
  if (!isRegion(region)) {
    throw invalid('unknown region', 'an ISO 3166-1 alpha-2 code in capitals, such as BE');
  }
  return region;
}

/** Why and how people are approached. Errors: ERR_REQUEST for an unknown value. */
export function approachOf(asked: Pick<DedupeOptionsMessage, 'purpose' | 'channel'>): Approach {
  const { purpose, channel } = decodeApproach(asked);
  if (purpose === undefined) throw invalid('unknown purpose', 'a value of tacet.v1.Purpose');
  if (channel === undefined) throw invalid('unknown channel', 'a value of tacet.v1.Channel');
  return { purpose, channel };
}

export function checkAdvertiser(advertiser: string): void {
  if (Buffer.byteLength(advertiser) > ADVERTISER_BYTES_MAX) {
    throw invalid('advertiser is too long', `at most ${ADVERTISER_BYTES_MAX} bytes`);
  }
}

/** The error for an invalid request. */
export function invalid(what: string, expected: string): TacetError {
  return new TacetError('ERR_REQUEST', { what, expected });
}
