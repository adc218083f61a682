import type { ChannelOptions, Client, ServiceError } from '@grpc/grpc-js';
import { type Reason, VERDICT_OF_REASON } from '../verdict/reason.ts';
import { VERDICT_NAMES, type Verdict } from '../verdict/verdict.ts';
import type { LimitsMessage, ListVersionMessage } from '../wire/gen/messages.ts';
import { type BatchVerdicts, decodeBatchResponse } from '../wire/response-reader.ts';
import { dedupeService, encodeOptions } from '../wire/service.ts';
import {
  type AnsweredFor,
  type ApproachOptions,
  type AskedOptions,
  answeredFor,
  approachFields,
  askedFields,
  assertAsked,
  countListed,
  refuseNotApplicable,
} from './approach.ts';
import { assertCount, assertText } from './arguments.ts';
import { type Batch, type Contact, type ContactBatch, encodeBatch } from './batch.ts';
import { type ConnectionOptions, openChannel } from './channel/channel.ts';
import { epochDay } from './dates.ts';
import { DedupeCall, type DedupeCallOptions } from './dedupe-call.ts';
import type { OpenCalls } from './open-calls.ts';
import { mismatch } from './reconciliation.ts';
import { RegisterClient } from './registers/register-client.ts';
import { clientClosed, serverError } from './server-error.ts';
import { callUnary, type UnaryMethod, type UnaryOptions } from './unary-call.ts';
import {
  type Batches,
  type Contacts,
  type PhoneNumbers,
  type RestartOptions,
  type VerdictBatches,
  type VerdictSource,
  type VerdictsOptions,
  verdictBatches,
} from './verdict-batches.ts';

/** How a client connects; every option has a default. */
export interface TacetClientOptions extends ConnectionOptions {
  /** HTTP/2 flow-control window, bytes. Default 4 MiB. */
  readonly windowBytes?: number;
  /** A unary call without an answer fails after this time, retries included, ms. Default 10 s. */
  readonly timeoutMs?: number;
  /**
   * How often a unary call that was lost in transit is sent again, within `timeoutMs`; the pause
   * between attempts starts at 0.1 s and doubles. Default 5, 0 = never.
   */
  readonly retriesMax?: number;
  /**
   * Which of several servers to ask: the first that accepts a connection, or each in turn. A
   * balancer chooses by itself, so with one `pick_first` is just as good. Default `pick_first`.
   */
  readonly loadBalancing?: 'pick_first' | 'round_robin';
  /**
   * How long a connection with calls under way may be silent before the other side is pinged, ms.
   * Default 10 s: nginx 1.22 reports a broken stream only with the next frame it sends.
   */
  readonly keepaliveMs?: number;
  /** Longest pause between two attempts to connect to a server that is down, ms. Default 5 s. */
  readonly reconnectMaxMs?: number;
  /**
   * Shortest time between two look-ups of a name, ms. The name is looked up again whenever a
   * connection ends: see `--connection-age` of the server. Default 5 s.
   */
  readonly resolveMinMs?: number;
}

/** What to ask about one number. */
export interface Check extends Contact, ApproachOptions {
  /** Region of a number written nationally, such as BE. Default: the server's. */
  readonly region?: string | undefined;
  /** On whose behalf: where the server has `--access`, an id of a party there. Default none. */
  readonly advertiser?: string | undefined;
}

/** The answer for one number. */
export interface CheckResult extends AnsweredFor {
  /** See `mayCall`, and `VERDICT_NAMES` for its text. */
  readonly verdict: Verdict;
  /** Why, see `REASON_NAMES`; 0 = the server is too old to give reasons. */
  readonly reason: Reason | 0;
  /** `+32475123456`; empty if the number cannot be read. */
  readonly e164: string;
  /**
   * When a listed number was registered, YYYY-MM-DD; empty if it is not on the list, if the day is
   * unknown, if the server does not disclose dates, or for service calls.
   */
  readonly registrationDate: string;
  /** The lists that a number with verdict 2 or 3 is on: see `matchedNames`. */
  readonly matchedLists: number;
  /** The versions of the lists that were consulted. */
  readonly lists: readonly ListVersionMessage[];
}

/** The answer for a batch. */
export interface BatchAnswer extends BatchVerdicts, AnsweredFor {
  /** The versions of the lists that were consulted. */
  readonly lists: readonly ListVersionMessage[];
}

/** What a server serves, and its limits. */
export interface ServedLists {
  readonly lists: readonly ListVersionMessage[];
  readonly limits: LimitsMessage;
}

/** A response holds at most one verdict and one day per number of the largest request. */
const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

/** The options that are whole numbers. */
const WHOLE_OPTIONS = [
  'timeoutMs',
  'retriesMax',
  'windowBytes',
  'keepaliveMs',
  'reconnectMaxMs',
  'resolveMinMs',
] as const;

/** First pause between two attempts to connect. */
const RECONNECT_MS = 200;

/**
 * A client of one or several Tacet servers. Safe for any number of calls at once; close it when
 * done. Every error is a TacetError: ERR_SERVER if the server cannot be reached, otherwise what the
 * server said.
 *
 * `address` is a gRPC address:
 *   `host:port`                         one server, a balancer, or a name of several servers
 *   `dns:///name:port`                  the same; `dns://server/name:port` asks that name server
 *   `ipv4:10.0.0.1:50051,10.0.0.2:50051`  several servers; `ipv6:[::1]:50051,...`
 *   `unix:/run/socket`
 */
export class TacetClient {
  /** What the server keeps besides its lists: objections and opt-ins. */
  readonly registers: RegisterClient;
  readonly #client: Client;
  readonly #calls: OpenCalls;
  readonly #unaryOptions: UnaryOptions;

  /** Errors: ERR_REQUEST for an address or option that cannot be used. */
  constructor(address: string, options: TacetClientOptions = {}) {
    const { timeoutMs = 10_000, retriesMax = 5 } = options;
    for (const name of WHOLE_OPTIONS)
      assertCount(options[name], name, name === 'retriesMax' ? 0 : 1);
    const { client, calls } = openChannel(address, options, channelOptions(options));
    this.#client = client;
    this.#calls = calls;
    this.#unaryOptions = { timeoutMs, retriesMax, calls };
    this.registers = new RegisterClient(client, this.#unaryOptions);
  }

  /** Resolves once the client is connected to the server. Errors: ERR_SERVER after `timeoutMs`. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#calls.closed) return reject(clientClosed());
      this.#client.waitForReady(Date.now() + this.#unaryOptions.timeoutMs, (error) => {
        if (error === undefined) return resolve();
        const details = 'no connection in time';
        reject(serverError({ ...error, code: 14, details } as ServiceError, this.#calls.proxy));
      });
    });
  }

  /** Checks one number, just before it is called. */
  async check(check: Check): Promise<CheckResult> {
    assertText(Object(check).phoneNumber, 'phoneNumber');
    if (check.optInDate) epochDay(check.optInDate, 'optInDate');
    const { phoneNumber, optInDate = '', region = '', advertiser = '' } = check;
    const { purpose = 0, channel = 0 } = approachFields(check);
    const request = { phoneNumber, optInDate, region, advertiser, purpose, channel };
    const response = await this.#unary(dedupeService.Check, request);
    const answered = answeredFor(check, response);
    refuseNotApplicable(check, Uint8Array.of(response.verdict));
    return {
      // A verdict that only a later version knows must not pass for callable.
      verdict: knownVerdict(response.verdict),
      reason: knownReason(response.reason, response.verdict),
      e164: response.e164,
      registrationDate: response.registrationDate,
      matchedLists: response.matchedLists,
      lists: response.lists,
      ...answered,
    };
  }

  /** Checks a batch in one request, up to the server's `batch_check_numbers_max`. Safe to retry. */
  async batchCheck(batch: Batch, options: AskedOptions = {}): Promise<BatchAnswer> {
    const { request, count } = encodeBatch(batch);
    const head = encodeOptions(askedFields(options));
    const bytes = await this.#unary(dedupeService.BatchCheck, Buffer.concat([head, request]));
    const response = decodeBatchResponse(bytes);
    const { verdicts, registeredDays, reasons, matchedLists, lists } = response;
    const answered = answeredFor(options, response);
    refuseNotApplicable(options, verdicts);
    assertAsked(options, lists);
    if (verdicts.length !== count) throw mismatch('verdicts', count, verdicts.length);
    if (options.reasons === true && reasons.length !== count) {
      throw mismatch('reasons', count, reasons.length);
    }
    const listed = options.matchedLists === true ? countListed(verdicts) : 0;
    if (matchedLists.length !== listed) throw mismatch('lists', listed, matchedLists.length);
    return { verdicts, registeredDays, reasons, matchedLists, lists, ...answered };
  }

  /** The lists being served, and the limits. */
  async getLists(): Promise<ServedLists> {
    const { lists, limits } = await this.#unary(dedupeService.GetLists, {});
    if (limits == null) throw mismatch('limits', 1, 0);
    return { lists, limits };
  }

  /** Opens a stream for millions of numbers. */
  dedupe(options: DedupeCallOptions = {}): DedupeCall {
    return new DedupeCall(this.#client, options, this.#calls);
  }

  /**
   * Streams phone numbers or contacts in batches of `batchNumbers`, or batches as given, and yields
   * each batch with its verdicts, in order. Takes at most `batchesInFlightMax` batches ahead of
   * those yielded. The counts are reconciled before the generator returns their summary.
   *
   * A broken stream is resumed with the same list version. If no server has that version any more,
   * the stream ends with ERR_LIST_VERSION or, with `onVersionGone: 'record'`, continues with
   * another version (see `versions` of the summary). Given a function that opens the phone numbers,
   * it starts over instead, and calls `onRestart`.
   */
  verdicts(phoneNumbers: PhoneNumbers, options?: VerdictsOptions): VerdictBatches;
  verdicts(open: () => PhoneNumbers, options: RestartOptions): VerdictBatches;
  verdicts<Item extends Contact>(
    contacts: Contacts<Item>,
    options?: VerdictsOptions,
  ): VerdictBatches<ContactBatch<Item>>;
  verdicts<Item extends Contact>(
    open: () => Contacts<Item>,
    options: RestartOptions,
  ): VerdictBatches<ContactBatch<Item>>;
  verdicts<Sent extends Batch>(
    batches: Batches<Sent>,
    options?: VerdictsOptions,
  ): VerdictBatches<Sent>;
  verdicts<Sent extends Batch>(
    open: () => Batches<Sent>,
    options: RestartOptions,
  ): VerdictBatches<Sent>;
  verdicts(
    source: VerdictSource | (() => VerdictSource),
    options: VerdictsOptions | RestartOptions = {},
  ): VerdictBatches<Batch> {
    return verdictBatches((callOptions) => this.dedupe(callOptions), source, options);
  }

  /** Closes the connection; calls under way fail. */
  close(): void {
    this.#calls.close();
    this.#client.close();
  }

  #unary<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return callUnary(this.#client, method, request, this.#unaryOptions);
  }
}

function channelOptions(options: TacetClientOptions): ChannelOptions {
  const policy = options.loadBalancing ?? 'pick_first';
  // So that the clients of a name do not all connect to its first address.
  const config = policy === 'pick_first' ? { shuffleAddressList: true } : {};
  return {
    'grpc-node.flow_control_window': options.windowBytes ?? 4 * 1024 * 1024,
    'grpc.max_receive_message_length': RESPONSE_BYTES_MAX,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': options.keepaliveMs ?? 10_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [policy]: config }] }),
    // A TXT record of the name must not change that.
    'grpc.service_config_disable_resolution': 1,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS,
    'grpc.max_reconnect_backoff_ms': options.reconnectMaxMs ?? 5000,
    'grpc.dns_min_time_between_resolutions_ms': options.resolveMinMs ?? 5000,
  };
}

function knownVerdict(verdict: number): Verdict {
  if (!(verdict >= 1 && verdict < VERDICT_NAMES.length)) throw mismatch('verdicts', 1, 0);
  // Its range was checked one line above.
  return verdict as Verdict;
}

/** An unknown reason, or one that belongs to another verdict, makes the verdict doubtful too. */
function knownReason(reason: number, verdict: number): Reason | 0 {
  if (reason !== 0 && VERDICT_OF_REASON[reason] !== verdict) throw mismatch('reasons', 1, 0);
  // Checked one line above.
  return reason as Reason | 0;
}
