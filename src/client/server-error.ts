import { type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, TacetError } from '../errors.ts';

const CODE_BY_STATUS: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'ERR_REQUEST',
  [status.RESOURCE_EXHAUSTED]: 'ERR_LIMIT',
  [status.FAILED_PRECONDITION]: 'ERR_LIST_STALE',
  [status.PERMISSION_DENIED]: 'ERR_DATES_NOT_DISCLOSED',
  [status.CANCELLED]: 'ERR_CANCELLED',
};

/** What a status of the server means to the caller; the status itself is the cause. */
export function serverError(error: ServiceError): TacetError {
  const { code, details } = error;
  if (code === status.UNAVAILABLE) {
    return new TacetError('ERR_SERVER', {
      what: `the server is not available: ${details}`,
      fix: 'Check the address, and that tacet serve runs there',
      cause: error,
    });
  }
  return new TacetError(CODE_BY_STATUS[code] ?? 'ERR_SERVER', {
    what: `the server answered ${status[code] ?? code}: ${details}`,
    cause: error,
  });
}
