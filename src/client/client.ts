import { type ChannelCredentials, Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { TacetError } from '../errors.ts';
import type { Verdict } from '../verdict/verdict.ts';
import {
  encodeKeys,
  encodeOptInDays,
  encodePhoneNumbers,
  type Keys,
} from '../wire/request-writer.ts';
import { decodeResponse } from '../wire/response-reader.ts';
import {
  type CheckRequestMessage,
  dedupeService,
  encodeOptions,
  type GetListsResponseMessage,
  type ListVersionMessage,
} from '../wire/service.ts';
import { DedupeCall, type DedupeCallOptions } from './dedupe-call.ts';
import type { BatchVerdicts } from './reconciliation.ts';
import { serverError } from './server-error.ts';

/** How a client connects; each with its default. */
export interface TacetClientOptions {
  /** Default: without TLS, for a server on this machine or behind a proxy. */
  readonly credentials?: ChannelCredentials;
  /** HTTP/2 flow-control window, bytes. Default 4 MiB. */
  readonly windowBytes?: number;
  /** A unary call without an answer fails after this time, ms. Default 10 s. */
  readonly timeoutMs?: number;
}

/** One batch: phone numbers as text or as integers, and perhaps the day of each opt-in. */
export type Batch = (
  | { readonly phoneNumbers: readonly string[]; readonly keys?: undefined }
  | { readonly keys: Keys; readonly phoneNumbers?: undefined }
) & {
  /** Epoch days, 0 = none; one per number. */
  readonly optInDays?: readonly number[] | Uint32Array;
};

/** What is asked of one number. */
export interface Check {
  readonly phoneNumber: string;
  /** YYYY-MM-DD. */
  readonly optInDate?: string;
  readonly region?: string;
  readonly advertiser?: string;
}

export interface CheckResult {
  readonly verdict: Verdict;
  readonly e164: string;
  readonly registrationDate: string;
  readonly lists: readonly ListVersionMessage[];
}

/** A response holds at most one verdict and one day per number of the largest request. */
const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * A client of one Tacet server (or of several behind one name). Safe for any number of calls at
 * once; close it when done. Every error is a TacetError: ERR_SERVER if the server cannot be
 * reached, else what the server said.
 */
export class TacetClient {
  readonly #client: Client;
  readonly #timeoutMs: number;

  constructor(address: string, options: TacetClientOptions = {}) {
    const windowBytes = options.windowBytes ?? 4 * 1024 * 1024;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#client = new Client(address, options.credentials ?? credentials.createInsecure(), {
      'grpc-node.flow_control_window': windowBytes,
      'grpc.max_receive_message_length': RESPONSE_BYTES_MAX,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': 60_000,
      'grpc.keepalive_timeout_ms': 20_000,
    });
  }

  /** Resolves once the server is connected to. Errors: ERR_SERVER after `timeoutMs`. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + this.#timeoutMs, (error) => {
        if (error === undefined) return resolve();
        const details = 'no connection in time';
        reject(serverError({ ...error, code: 14, details } as ServiceError));
      });
    });
  }

  /** One number, just before a call. */
  async check(check: Check): Promise<CheckResult> {
    const request: CheckRequestMessage = {
      phone_number: check.phoneNumber,
      opt_in_date: check.optInDate ?? '',
      region: check.region ?? '',
      advertiser: check.advertiser ?? '',
    };
    const response = await this.#unary(dedupeService.Check, request);
    return {
      // decodeVerdict's range; a verdict of a later version must not pass for callable.
      verdict: knownVerdict(response.verdict),
      e164: response.e164,
      registrationDate: response.registration_date,
      lists: response.lists,
    };
  }

  /** A batch in one request, up to the server's `batch_check_numbers_max`. Safe to retry. */
  async batchCheck(
    batch: Batch,
    options: Pick<DedupeCallOptions, 'region' | 'registrationDates' | 'advertiser'> = {},
  ): Promise<BatchVerdicts & { readonly lists: readonly ListVersionMessage[] }> {
    const { request, count } = encodeBatch(batch);
    const head = encodeOptions({
      region: options.region ?? '',
      registration_dates: options.registrationDates ?? false,
      advertiser: options.advertiser ?? '',
    });
    const bytes = await this.#unary(dedupeService.BatchCheck, Buffer.concat([head, request]));
    const response = decodeResponse(bytes);
    if (response.verdicts.length !== count) throw miscounted(count, response.verdicts.length);
    return response;
  }

  /** What is served, and the limits. */
  getLists(): Promise<GetListsResponseMessage> {
    return this.#unary(dedupeService.GetLists, {});
  }

  /** Opens a stream for millions of numbers. */
  dedupe(options: DedupeCallOptions = {}): DedupeCall {
    return new DedupeCall(this.#client, options);
  }

  /**
   * Streams all of `phoneNumbers`, in batches of `batchNumbers` (default 8192), and yields each
   * batch with its verdicts, in order. The counts are reconciled before the generator ends.
   */
  async *verdicts(
    phoneNumbers: Iterable<string> | AsyncIterable<string>,
    options: DedupeCallOptions & { readonly batchNumbers?: number } = {},
  ): AsyncGenerator<{ readonly phoneNumbers: string[] } & BatchVerdicts, void> {
    const call = this.dedupe(options);
    const inFlight: Promise<{ phoneNumbers: string[] } & BatchVerdicts>[] = [];
    const send = (batch: string[]): void => {
      const { request, count } = encodeBatch({ phoneNumbers: batch });
      const answer = call.answer(request, count);
      const whole = answer.then((verdicts) => ({ phoneNumbers: batch, ...verdicts }));
      // Its turn comes later; until then a failure must not count as unhandled.
      whole.catch(() => undefined);
      inFlight.push(whole);
    };
    const inFlightMax = options.batchesInFlightMax ?? 16;
    try {
      let batch: string[] = [];
      for await (const phoneNumber of phoneNumbers) {
        if (batch.push(phoneNumber) < (options.batchNumbers ?? 8192)) continue;
        send(batch);
        batch = [];
        const oldest = inFlight.length >= inFlightMax ? inFlight.shift() : undefined;
        if (oldest !== undefined) yield await oldest;
      }
      if (batch.length > 0) send(batch);
      for (const answer of inFlight) yield await answer;
      await call.finish();
    } finally {
      call.cancel();
    }
  }

  /** Closes the connection; calls under way fail. */
  close(): void {
    this.#client.close();
  }

  #unary<Request, Response>(
    method: {
      path: string;
      requestSerialize(request: Request): Buffer;
      responseDeserialize(bytes: Buffer): Response;
    },
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<Request, Response>(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        { deadline: Date.now() + this.#timeoutMs },
        (error, response) => {
          if (error !== null) reject(serverError(error));
          // grpc-js gives a response or an error.
          else resolve(response as Response);
        },
      );
    });
  }
}

/** The wire bytes of a batch, without options. */
export function encodeBatch(batch: Batch): { request: Buffer; count: number } {
  const count = batch.keys?.length ?? batch.phoneNumbers?.length ?? 0;
  const numbers =
    batch.keys === undefined ? encodePhoneNumbers(batch.phoneNumbers) : encodeKeys(batch.keys);
  if (batch.optInDays === undefined) return { request: numbers, count };
  return { request: Buffer.concat([numbers, encodeOptInDays(batch.optInDays)]), count };
}

function knownVerdict(verdict: number): Verdict {
  if (verdict < 1 || verdict > 5) throw miscounted(1, 0);
  // In range, one line above.
  return verdict as Verdict;
}

function miscounted(expected: number, got: number): Error {
  return new TacetError('ERR_RECONCILE', {
    what: "the server's answer does not reconcile with the request",
    expected: `${expected} verdicts`,
    got: String(got),
  });
}
