import type { ErrorInfo } from '../wire/error-info.ts';

/** Receives what happens to a call, each event once. */
export interface CallEvents {
  messageReceived(): void;
  messageSent(): void;
  /** The final status, CANCELLED if the client went away before one was sent. */
  ended(status: EndStatus): void;
}

/** How a call ended. */
export interface EndStatus {
  readonly code: number;
  readonly details: string;
  /** The machine-readable part of the status. */
  readonly info?: ErrorInfo;
}

/** A kind of call, as metrics name it. */
export type CallType = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

/** The call type of a method. */
export function callTypeOf(method: {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}): CallType {
  if (method.requestStream) return method.responseStream ? 'bidi_stream' : 'client_stream';
  return method.responseStream ? 'server_stream' : 'unary';
}
