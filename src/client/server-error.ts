import { type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, isErrorCode, TacetError } from '../errors.ts';
import { decodeErrorInfo, type ErrorInfo, STATUS_DETAILS } from '../wire/error-info.ts';

/** Codes for a status without details, which a proxy in between may have made. */
const CODE_BY_STATUS: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'ERR_REQUEST',
  [status.RESOURCE_EXHAUSTED]: 'ERR_LIMIT',
  [status.FAILED_PRECONDITION]: 'ERR_LIST_STALE',
  [status.PERMISSION_DENIED]: 'ERR_ACCESS',
  [status.UNAUTHENTICATED]: 'ERR_UNAUTHENTICATED',
};

/** What grpc-js adds although it knows nothing. */
const EMPTY_NOTES = /\. Last error: undefined|\. Resolution note: (?=\.|$)/g;

/** How grpc-js begins the text of a status it made up because a stream was reset. */
const WAS_RESET = /^Received RST_STREAM with code /;

/**
 * Whether a call that was not cancelled here was lost in transit or ended by a stopping server, so
 * that it may be sent again. A stopping server says UNAVAILABLE, and so does grpc-js if a
 * connection broke. A balancer that loses its server in the middle of a stream can only reset it:
 * nginx 1.22 with INTERNAL_ERROR, haproxy 2.6 with CANCEL, which arrive as INTERNAL and as
 * CANCELLED.
 */
export function wasLost({ code, details }: ServiceError): boolean {
  if (code === status.UNAVAILABLE || code === status.CANCELLED) return true;
  return code === status.INTERNAL && WAS_RESET.test(details);
}

/**
 * The error that a status of the server means to the caller; the status itself is the cause.
 *
 * @param proxy that the call went through
 */
export function serverError(error: ServiceError, proxy?: string): TacetError {
  const { code, details } = error;
  const info = errorInfoOf(error);
  // A server that says why it is not available is there.
  if (wasLost(error) && info === undefined) {
    return new TacetError('ERR_SERVER', {
      what: `the server is not available: ${details.replace(EMPTY_NOTES, '')}`,
      ...(proxy !== undefined && { where: `through ${proxy}` }),
      fix: `Check the address, whether it wants TLS, and that tacet serve runs there${
        proxy === undefined ? '' : '; the proxy must allow CONNECT to it, or no_proxy except it'
      }`,
      cause: error,
    });
  }
  return new TacetError(codeOf(info) ?? CODE_BY_STATUS[code] ?? 'ERR_SERVER', {
    what: `the server answered ${status[code] ?? code}: ${details}`,
    ...(info !== undefined && { facts: info.metadata }),
    cause: error,
  });
}

/** The machine-readable details that the server sent with a failure. */
export function errorInfoOf({ metadata }: Pick<ServiceError, 'metadata'>): ErrorInfo | undefined {
  const [bytes] = metadata?.get(STATUS_DETAILS) ?? [];
  return bytes instanceof Buffer ? decodeErrorInfo(bytes) : undefined;
}

/**
 * The code of the server's error. ERR_INTERNAL becomes ERR_SERVER, because the bug is not in this
 * process. So does ERR_DEADLINE, because a deadline may pass here first, with no word from a
 * server.
 */
function codeOf(info: ErrorInfo | undefined): ErrorCode | undefined {
  if (info === undefined || !isErrorCode(info.reason)) return undefined;
  const { reason } = info;
  return reason === 'ERR_INTERNAL' || reason === 'ERR_DEADLINE' ? 'ERR_SERVER' : reason;
}

/** The error of a call on a closed client. */
export function clientClosed(cause?: ServiceError): TacetError {
  return new TacetError('ERR_CANCELLED', {
    what: 'the client was closed',
    ...(cause !== undefined && { cause }),
  });
}
