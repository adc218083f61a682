import { type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, isErrorCode, TacetError } from '../errors.ts';
import { decodeErrorInfo, type ErrorInfo, STATUS_DETAILS } from '../wire/error-info.ts';

/** Of a status that says nothing more: whoever is between may have made it. */
const CODE_BY_STATUS: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'ERR_REQUEST',
  [status.RESOURCE_EXHAUSTED]: 'ERR_LIMIT',
  [status.FAILED_PRECONDITION]: 'ERR_LIST_STALE',
  [status.PERMISSION_DENIED]: 'ERR_DATES_NOT_DISCLOSED',
};

/** How grpc-js begins the text of a status it made up because a stream was reset. */
const WAS_RESET = /^Received RST_STREAM with code /;

/**
 * Whether a call that nobody here cancelled was ended by whoever is between it and a verdict, so
 * that it may be sent again. A server that stops says UNAVAILABLE, and so does grpc-js of a
 * connection that broke. A balancer that loses its server in the middle of a stream can only reset
 * it: nginx 1.22 with INTERNAL_ERROR, haproxy 2.6 with CANCEL, which arrive as INTERNAL and as
 * CANCELLED.
 */
export function wasLost({ code, details }: ServiceError): boolean {
  if (code === status.UNAVAILABLE || code === status.CANCELLED) return true;
  return code === status.INTERNAL && WAS_RESET.test(details);
}

/** What a status of the server means to the caller; the status itself is the cause. */
export function serverError(error: ServiceError): TacetError {
  const { code, details } = error;
  if (wasLost(error)) {
    return new TacetError('ERR_SERVER', {
      what: `the server is not available: ${details}`,
      fix: 'Check the address, and that tacet serve runs there',
      cause: error,
    });
  }
  const info = errorInfoOf(error);
  return new TacetError(codeOf(info) ?? CODE_BY_STATUS[code] ?? 'ERR_SERVER', {
    what: `the server answered ${status[code] ?? code}: ${details}`,
    ...(info !== undefined && { facts: info.metadata }),
    cause: error,
  });
}

/** What the server says of a failure besides its text. */
export function errorInfoOf({ metadata }: Pick<ServiceError, 'metadata'>): ErrorInfo | undefined {
  const [bytes] = metadata?.get(STATUS_DETAILS) ?? [];
  return bytes instanceof Buffer ? decodeErrorInfo(bytes) : undefined;
}

/**
 * The code of the error there. A defect of the server is none of this process, and a deadline may
 * as well pass here first, where no server tells of it.
 */
function codeOf(info: ErrorInfo | undefined): ErrorCode | undefined {
  if (info === undefined || !isErrorCode(info.reason)) return undefined;
  const { reason } = info;
  return reason === 'ERR_INTERNAL' || reason === 'ERR_DEADLINE' ? 'ERR_SERVER' : reason;
}

/** A call on a client that has been closed. */
export function clientClosed(cause?: ServiceError): TacetError {
  return new TacetError('ERR_CANCELLED', {
    what: 'the client was closed',
    ...(cause !== undefined && { cause }),
  });
}
