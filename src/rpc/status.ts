import type { OutgoingHttpHeaders } from 'node:http2';
import { type ErrorCode, TacetError } from '../errors.ts';
import type { EndStatus } from '../observe/call-events.ts';
import { ERROR_DOMAIN, encodeErrorInfo, STATUS_DETAILS } from '../wire/error-info.ts';
import { type StatusCode, status } from '../wire/grpc-status.ts';

/** A status to send. Every status except OK carries a stable error code for programs. */
export interface GrpcStatus extends EndStatus {
  readonly code: StatusCode;
}

export const OK: GrpcStatus = { code: status.OK, details: 'OK' };

/** The statuses of the errors that clients may see; everything else is INTERNAL. */
const STATUS_BY_CODE: Partial<Record<ErrorCode, StatusCode>> = {
  ERR_REQUEST: status.INVALID_ARGUMENT,
  ERR_WIRE: status.INVALID_ARGUMENT,
  ERR_LIMIT: status.RESOURCE_EXHAUSTED,
  ERR_LIST_NONE: status.FAILED_PRECONDITION,
  ERR_LIST_STALE: status.FAILED_PRECONDITION,
  ERR_LIST_CHANGED: status.FAILED_PRECONDITION,
  ERR_LIST_VERSION: status.FAILED_PRECONDITION,
  ERR_LIST_UNKNOWN: status.FAILED_PRECONDITION,
  ERR_DATES_NOT_DISCLOSED: status.PERMISSION_DENIED,
  ERR_UNAUTHENTICATED: status.UNAUTHENTICATED,
  ERR_ACCESS: status.PERMISSION_DENIED,
  ERR_ADVERTISER: status.PERMISSION_DENIED,
  ERR_LICENCE: status.PERMISSION_DENIED,
  ERR_LIST_SUPERSEDED: status.UNAVAILABLE,
  ERR_STATE_NONE: status.FAILED_PRECONDITION,
  ERR_STATE_STALE: status.UNAVAILABLE,
  ERR_STATE_UNAVAILABLE: status.UNAVAILABLE,
  ERR_LEDGER_WRITE: status.UNAVAILABLE,
  ERR_STOPPING: status.UNAVAILABLE,
  ERR_CANCELLED: status.CANCELLED,
};

/**
 * The status of an error. The messages of the errors above contain no phone number, path or stack.
 * For any other error the client gets a fixed text, and the error itself goes to the log.
 */
export function statusOf(error: unknown): GrpcStatus {
  const code = error instanceof TacetError ? STATUS_BY_CODE[error.code] : undefined;
  if (code === undefined || !(error instanceof TacetError)) {
    const details = 'internal error: the log of the server has the reason';
    return told(status.INTERNAL, 'ERR_INTERNAL', details);
  }
  return told(code, error.code, error.message, error.detail.facts);
}

/** A status with its error code alongside its text. */
export function told(
  code: StatusCode,
  reason: ErrorCode,
  details: string,
  facts: Readonly<Record<string, string>> = {},
): GrpcStatus {
  return { code, details, info: { reason, domain: ERROR_DOMAIN, metadata: facts } };
}

/** A status as headers, for the first headers of an answer or for its trailers. */
export function statusHeaders({ code, details, info }: GrpcStatus): OutgoingHttpHeaders {
  return {
    'grpc-status': String(code),
    // Via UTF-8, because half a surrogate pair has no percent-encoding.
    'grpc-message': encodeURI(Buffer.from(details).toString()),
    ...(info !== undefined && {
      [STATUS_DETAILS]: encodeErrorInfo(code, details, info).toString('base64'),
    }),
  };
}
