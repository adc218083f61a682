import type { Socket } from 'node:net';
import type { ErrorInfo } from '../wire/error-info.ts';
import type { CallMetadata } from './call-identity.ts';

/** Receives what happens to calls, each event once. */
export interface CallObserver {
  /**
   * A call of `path` (`/package.Service/Method`), an existing method, began. Returns the receiver
   * of its further events. Nothing in the metadata has been checked.
   */
  started(path: string, type: CallType, metadata: CallMetadata): CallEvents;
  /** A call failed for a reason that its client is not told. */
  failed(metadata: CallMetadata, error: unknown): void;
  /** A connection was opened; the socket counts its bytes. */
  connectionOpened(socket: Socket): void;
  /** A connection was refused because there are `connectionsMax` already. */
  connectionRefused(): void;
  /** A stream was reset because its client read nothing for `streamStallMaxMs`. */
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
