// Made from proto/tacet/v1/dedupe.proto by `make gen`; never edited.

export interface CheckRequestMessage {
  /** as written, at most 64 bytes of UTF-8; unreadable is a verdict, no error */
  phoneNumber: string;
  /**
   * YYYY-MM-DD, day of this advertiser's opt-in; empty = none.
   * Malformed: INVALID_ARGUMENT. In the future: counts for nothing
   */
  optInDate: string;
  /**
   * ISO 3166-1 alpha-2 of numbers written nationally; empty = the server's.
   * Unknown: INVALID_ARGUMENT
   */
  region: string;
  /**
   * on whose behalf, at most 256 bytes; never logged. A server that knows
   * its clients: the id of a party there, else PERMISSION_DENIED; others
   * do not interpret it
   */
  advertiser: string;
  /** unspecified = direct marketing. Unknown: INVALID_ARGUMENT */
  purpose: number;
  /** unspecified = by a person. Unknown: INVALID_ARGUMENT */
  channel: number;
}

export interface CheckResponseMessage {
  verdict: number;
  /** +32475123456; empty if the verdict is unreadable */
  e164: string;
  /**
   * YYYY-MM-DD for verdicts 2 and 3 of a server that discloses dates;
   * empty = not on the list, unknown, or not disclosed
   */
  registrationDate: string;
  lists: ListVersionMessage[];
  /** why the verdict is what it is; always there */
  reason: number;
  /** as DedupeResponse.notices */
  notices: string[];
  /** as applied, never unspecified */
  purpose: number;
  /** as applied, never unspecified */
  channel: number;
}

export interface DedupeOptionsMessage {
  /** as CheckRequest.region */
  region: string;
  /**
   * ask for registered_epoch_days. PERMISSION_DENIED without
   * --disclose-dates: they are licensed data
   */
  registrationDates: boolean;
  /**
   * 1-64 of [A-Za-z0-9._-], else INVALID_ARGUMENT; echoed, never
   * interpreted; empty = none
   */
  jobId: string;
  /** as CheckRequest.advertiser; echoed */
  advertiser: string;
  /**
   * answer from this version only, else FAILED_PRECONDITION; 64
   * lower-case hex digits; empty = whichever serves
   */
  listSha256: string;
  /** ask for reasons; false = none are sent */
  reasons: boolean;
  /** as CheckRequest.purpose */
  purpose: number;
  /** as CheckRequest.channel */
  channel: number;
}

export interface GetListsResponseMessage {
  lists: ListVersionMessage[];
  limits?: LimitsMessage | null;
}

export interface LimitsMessage {
  /** numbers in one Dedupe request, 131,072 by default */
  numbersPerMessageMax: number;
  /** bytes of one request, 2 MiB by default */
  messageBytesMax: number;
  /** whether this server discloses registration dates */
  registrationDates: boolean;
  /** numbers in one BatchCheck request, 10,000 by default */
  batchCheckNumbersMax: number;
}

/** One list as loaded: enough to prove later what was consulted. */
export interface ListVersionMessage {
  /** dncm */
  name: string;
  /** the version: 64 hex digits over name, snapshot, numbers and days */
  sha256: string;
  /** YYYY-MM-DD, the day at whose end the source was built */
  snapshotDate: string;
  /** unique numbers on the list */
  entries: number;
  /**
   * seconds since 1970-01-01 UTC: from then on nothing is answered,
   * unless an override is in force
   */
  validUntilUnix: number;
  /** 64 hex digits over the decompressed txt as delivered */
  sourceSha256: string;
  /** the operator's decision that is in force; unset = none, as usual */
  override?: OverrideMessage | null;
}

/**
 * An operator's decision to let a list be consulted past its valid_until, 24 hours at most. Shown
 * from the moment it is in force, so also with answers given before valid_until.
 */
export interface OverrideMessage {
  /** who decided, 1 to 200 printable characters of the operator */
  by: string;
  /** why, likewise */
  reason: string;
  /** when, seconds since 1970-01-01 UTC */
  atUnix: number;
  /** from then on nothing is answered past valid_until */
  untilUnix: number;
}

/**
 * What a stream was answered in all; the seven counts reconcile: numbers is the sum of the rest.
 */
export interface SummaryMessage {
  numbers: number;
  callable: number;
  blocked: number;
  callableOptIn: number;
  notCovered: number;
  unreadable: number;
  /** as in the options */
  jobId: string;
  /** as in the options */
  advertiser: string;
  /** when the stream began, milliseconds since 1970-01-01 UTC */
  startedUnixMs: number;
  /** when the last verdict was given */
  finishedUnixMs: number;
  /** verdicts 6 */
  notApplicable: number;
}
