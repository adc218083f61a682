import { status } from '@grpc/grpc-js';
import { type ErrorCode, TacetError } from '../errors.ts';

/** A status as grpc-js takes it. */
export interface GrpcStatus {
  readonly code: status;
  readonly details: string;
}

/** The statuses of errors a client may learn of; everything else is INTERNAL. */
const STATUS_BY_CODE: Partial<Record<ErrorCode, status>> = {
  ERR_REQUEST: status.INVALID_ARGUMENT,
  ERR_WIRE: status.INVALID_ARGUMENT,
  ERR_LIMIT: status.RESOURCE_EXHAUSTED,
  ERR_LIST_NONE: status.FAILED_PRECONDITION,
  ERR_LIST_STALE: status.FAILED_PRECONDITION,
  ERR_LIST_CHANGED: status.FAILED_PRECONDITION,
  ERR_LIST_VERSION: status.FAILED_PRECONDITION,
  ERR_DATES_NOT_DISCLOSED: status.PERMISSION_DENIED,
  ERR_STOPPING: status.UNAVAILABLE,
  ERR_CANCELLED: status.CANCELLED,
};

/**
 * The status of an error. Texts of the errors above carry no phone number, path or stack; of any
 * other error nothing is sent but a fixed text, and the whole goes to the log.
 */
export function statusOf(error: unknown): GrpcStatus {
  const code = error instanceof TacetError ? STATUS_BY_CODE[error.code] : undefined;
  if (code === undefined || !(error instanceof TacetError)) {
    return {
      code: status.INTERNAL,
      details: 'internal error: the log of the server has the reason',
    };
  }
  return { code, details: error.message };
}
