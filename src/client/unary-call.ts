import type { Client, ServiceError } from '@grpc/grpc-js';
import type { OpenCalls } from './open-calls.ts';
import { clientClosed, serverError, wasLost } from './server-error.ts';

/** What is needed to call a method. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  requestSerialize(request: Request): Buffer;
  responseDeserialize(bytes: Buffer): Response;
}

/** How calls are made; see `TacetClientOptions`. */
export interface UnaryOptions {
  readonly timeoutMs: number;
  readonly retriesMax: number;
  readonly calls: OpenCalls;
}

const RETRY_DELAY_MS = 100;
/** Spreads the retries of callers that failed together by up to this share. */
const JITTER = 0.2;

/**
 * Makes one call without side effects, and retries it if it is lost in transit: at most
 * `retriesMax` times, all within `timeoutMs`, with a pause that doubles.
 *
 * The `retryPolicy` of grpc-js 1.14 will not do. It never retries after the headers of an answer
 * have arrived, and the error page of a balancer has headers too; it knows only UNAVAILABLE; and it
 * keeps at most 1 MiB of a request. The retries that grpc-js makes of calls no server has seen stay
 * on.
 */
export async function callUnary<Request, Response>(
  client: Client,
  method: UnaryMethod<Request, Response>,
  request: Request,
  { timeoutMs, retriesMax, calls }: UnaryOptions,
): Promise<Response> {
  const deadline = Date.now() + timeoutMs;
  for (let retries = 0; ; retries++) {
    if (calls.closed) throw clientClosed();
    const ended = await callOnce(client, method, request, { deadline, calls });
    if (!('error' in ended)) return ended.response;
    if (calls.closed) throw clientClosed(ended.error);
    if (!wasLost(ended.error) || retries >= retriesMax) throw serverError(ended.error, calls.proxy);
    const delayMs = RETRY_DELAY_MS * 2 ** retries * (1 - JITTER * Math.random());
    if (Date.now() + delayMs >= deadline) throw serverError(ended.error, calls.proxy);
    await calls.pause(delayMs);
  }
}

type Ended<Response> = { readonly response: Response } | { readonly error: ServiceError };

function callOnce<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
  request: Request,
  { deadline, calls }: { deadline: number; calls: OpenCalls },
): Promise<Ended<Response>> {
  return new Promise((resolve) => {
    const cancel = (): void => call.cancel();
    const call = client.makeUnaryRequest<Request, Response>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      { deadline },
      (error, response) => {
        calls.delete(cancel);
        if (error !== null) resolve({ error });
        // grpc-js passes a response or an error.
        else resolve({ response: response as Response });
      },
    );
    calls.add(cancel);
  });
}
