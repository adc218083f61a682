import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { TacetError } from '../../errors.ts';
import type { CallMetadata } from '../../observe/call-identity.ts';
import { type GrpcStatus, statusOf } from '../../rpc/status.ts';
import type { Serving } from '../../serving/serving.ts';
import type { ServiceContext } from '../context.ts';

/**
 * A handler that answers with what `answer` returns, or with the status of what it throws. The
 * signal is made when asked for: it costs more than a look-up.
 */
export function answerUnary<Request, Response>(
  context: ServiceContext,
  answer: (
    request: Request,
    signal: () => AbortSignal,
    metadata: CallMetadata,
  ) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call, callback): Promise<void> => {
    const signal = (): AbortSignal => {
      const abort = new AbortController();
      // Also comes behind an answer; by then nobody listens to the signal.
      call.once('cancelled', () => abort.abort(gone()));
      return abort.signal;
    };
    try {
      const response = answer(call.request, signal, call.metadata);
      callback(null, response instanceof Promise ? await response : response);
    } catch (error) {
      callback(failureOf(error, context, call.metadata));
    }
  };
}

/** The status of an error; one whose reason is not sent is logged. */
export function failureOf(
  error: unknown,
  context: ServiceContext,
  metadata: CallMetadata,
): GrpcStatus {
  const failure = statusOf(error);
  if (failure.code === status.INTERNAL) context.logError(error, metadata);
  return failure;
}

function gone(): TacetError {
  return new TacetError('ERR_CANCELLED', { what: 'the call has ended' });
}

/** Runs `use` with the lists that serve now, held until it has ended. */
export function heldFor<Result>(
  context: ServiceContext,
  sha256: string,
  use: (served: Serving) => Result,
): Result {
  // A unary call is over before any limit on how long a version may be held.
  const user = { expire: (): void => undefined };
  const served = context.lists.acquire(user, sha256);
  const release = (): void => context.lists.release(user, served);
  let result: Result;
  try {
    result = use(served);
  } catch (error) {
    release();
    throw error;
  }
  // The promise is the caller's to handle; this branch only waits for its end.
  if (result instanceof Promise) result.then(release, release);
  else release();
  return result;
}
