import type { Socket } from 'node:net';
import type { ErrorInfo } from '../wire/error-info.ts';
import type { CallMetadata } from './call-identity.ts';

/** What happens to calls, told once each. */
export interface CallObserver {
  /**
   * A call of `path` (`/package.Service/Method`), a method that is served, began; returns who is
   * told the rest. Nothing of the metadata has been looked at.
   */
  started(path: string, type: CallType, metadata: CallMetadata): CallEvents;
  /** A call fails for a reason that its client is not told. */
  failed(metadata: CallMetadata, error: unknown): void;
  /** A connection was opened; its bytes are read from the socket. */
  connectionOpened(socket: Socket): void;
  /** A connection was refused because there are `connectionsMax` already. */
  connectionRefused(): void;
  /** A stream was reset because its client took nothing for `streamStallMaxMs`. */
  streamStalled(metadata: CallMetadata): void;
}

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
  /** What the status says to programs. */
  readonly info?: ErrorInfo;
}

/** A kind of call, as metrics name it. */
export type CallType = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

/** The kind of the calls of a method. */
export function callTypeOf(method: {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}): CallType {
  if (method.requestStream) return method.responseStream ? 'bidi_stream' : 'client_stream';
  return method.responseStream ? 'server_stream' : 'unary';
}
