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
  /** of verdicts 2 and 3, as DedupeResponse.matched_lists */
  matchedLists: number;
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
  /**
   * the lists to ask, by name, in any order, at most 64; the answer
   * names no others but the registers, which always apply. None =
   * all that are served. Not served: FAILED_PRECONDITION
   */
  lists: string[];
  /** ask for matched_lists; false = none are sent */
  matchedLists: boolean;
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

/** One list as loaded, or one register: enough to prove later what was consulted. */
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
  /**
   * of a register, which has nothing but this and its name, after the
   * lists; moves within a stream, as edits come into force
   */
  revision: number;
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
  /** an objection, or an opt-in */
  numbers: number;
  /** the objection no longer holds; the opt-in was withdrawn */
  callable: number;
  /** it never was one */
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

export interface EditRequestMessage {
  /** 1-64 of [A-Za-z0-9._-]: done once, however often it is sent */
  requestId: string;
  /** objections or opt-ins */
  register: string;
  /** whose; * = of everybody this server serves (objections only) */
  advertiser: string;
  op: number;
  /** as written, up to 10,000; national writing as of the server */
  phoneNumbers: string[];
  /**
   * of the act, YYYY-MM-DD, not after today; empty = today. For an
   * opt-in to add it is required; for a mistaken one, empty = the
   * latest
   */
  day: string;
  /** where it came from, up to 200 characters: a form, a call */
  source: string;
  /** the firm's own, likewise: a ticket, a recording */
  reference: string;
  /** who did it, likewise */
  by: string;
  /** why, likewise */
  reason: string;
  /**
   * instead of day, for acts of several days: one per number, days
   * since 1970-01-01
   */
  epochDays: number[];
}

export interface EditResponseMessage {
  /** of the registers with this edit */
  revision: number;
  counts?: EditCountsMessage | null;
  /** what was not done; everything else was */
  refused: RefusedNumberMessage[];
}

export interface EditCountsMessage {
  changed: number;
  /** it was so already */
  unchanged: number;
  refused: number;
}

export interface RefusedNumberMessage {
  /** in phone_numbers */
  index: number;
  /**
   * as printed: objection, of an opt-in against a standing one;
   * else why it is no phone number: too-short, several-numbers
   */
  reason: string;
}

export interface ImportResponseMessage {
  /** with the last edit */
  revision: number;
  /** of all edits */
  counts?: EditCountsMessage | null;
  /** the first 1,000 */
  refused: RefusedInImportMessage[];
}

export interface RefusedInImportMessage {
  /** which request of the stream, from 0 */
  request: number;
  index: number;
  reason: string;
}

export interface FindRequestMessage {
  phoneNumber: string;
}

export interface FindResponseMessage {
  /** +32475123456 */
  e164: string;
  /** for the firm and each advertiser that the caller may see */
  standing: RegisterEntryMessage[];
  /** oldest first */
  acts: RegisterActMessage[];
}

/** What stands of a number for one advertiser, or for the firm. */
export interface RegisterEntryMessage {
  /** * = the firm */
  advertiser: string;
  /** YYYY-MM-DD; empty = nobody objects */
  objectionDay: string;
  /** opt-ins up to this day have ended; empty = none has */
  endedDay: string;
  /** of the latest opt-in, ended or not; empty = there is none */
  optInDay: string;
}

/** One act on a number. */
export interface RegisterActMessage {
  revision: number;
  register: string;
  advertiser: string;
  op: number;
  /** empty = the latest opt-in, which was a mistake */
  day: string;
  source: string;
  reference: string;
  by: string;
  reason: string;
  /** when it was entered */
  atUnixMs: number;
}

export interface ExportRequestMessage {
  /** objections or opt-ins */
  register: string;
  /** empty = all that the caller may see */
  advertiser: string;
}

export interface ExportResponseMessage {
  entries: ExportedEntryMessage[];
}

export interface ExportedEntryMessage {
  e164: string;
  standing?: RegisterEntryMessage | null;
}
