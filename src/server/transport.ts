import { type Http2Server, constants as http2, type ServerHttp2Session } from 'node:http2';
import { Server, type ServerCredentials, status } from '@grpc/grpc-js';
import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { TacetError } from '../errors.ts';

/**
 * grpc-js as Tacet needs it: flow-control windows that fit the message size, limits on connections
 * and streams, and the holes closed that it leaves open. What has no public option is reached here
 * and only here, checked at start-up, and limited to the servers made by this module; the version
 * of grpc-js is pinned for it.
 */

/** Limits of the transport; bytes and milliseconds. */
export interface TransportLimits {
  readonly messageBytesMax: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly streamsPerConnectionMax: number;
  readonly connectionsMax: number;
  readonly connectionIdleMs: number;
  /** 0 = connections may grow as old as they like. */
  readonly connectionAgeMs: number;
  readonly connectionAgeGraceMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

/** What happens to calls, told once each; for metrics. */
export interface CallObserver {
  /** A call of `path` (`/package.Service/Method`) began; returns who is told the rest. */
  started(path: string, type: string): CallEvents;
  /** A connection was refused because there are `connectionsMax` already. */
  connectionRefused(): void;
}

export interface CallEvents {
  messageReceived(): void;
  messageSent(): void;
  /** The final status, CANCELLED if the client went away before one was sent. */
  ended(code: number): void;
}

/** The parts of grpc-js' call that are used; private there. */
interface BaseCall {
  readonly stream: {
    readonly session?: ServerHttp2Session;
    readonly closed: boolean;
    once(event: 'wantTrailers', listener: () => void): void;
    close(code: number): void;
  };
  readonly handler: { readonly path: string; readonly type: string };
  readonly metadataSent: boolean;
  readonly receivedHalfClose: boolean;
  callEventTracker: object | null;
  start(listener: object): void;
  sendStatus(status: { code: number; details: string; metadata?: unknown }): void;
  handleTimeoutHeader(header: string): void;
  decompressMessage(message: Buffer, encoding: string): unknown;
}

/** The sessions of servers made here, each with the observer of its server. */
const observers = new WeakMap<ServerHttp2Session, CallObserver>();

/** Longer timers fire at once: setTimeout counts in 32 bits. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const DEADLINE_UNIT_MS: Record<string, number> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Makes a gRPC server with the limits in force; `observer` is told of every call. */
export function createServer(limits: TransportLimits, observer: CallObserver): Server {
  patchCalls();
  const server = new Server({
    'grpc.max_receive_message_length': limits.messageBytesMax,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.streamsPerConnectionMax,
    'grpc.max_connection_idle_ms': limits.connectionIdleMs,
    ...(limits.connectionAgeMs > 0 && {
      'grpc.max_connection_age_ms': limits.connectionAgeMs,
      'grpc.max_connection_age_grace_ms': limits.connectionAgeGraceMs,
    }),
    'grpc.keepalive_time_ms': limits.keepaliveTimeMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.enable_channelz': 0,
  });
  tuneSessions(server, limits, observer);
  return server;
}

/** Raises the windows and bounds the connections of each HTTP/2 server that `server` opens. */
function tuneSessions(server: Server, limits: TransportLimits, observer: CallObserver): void {
  const internals = server as unknown as {
    commonServerOptions?: { settings?: Record<string, number> };
    createHttp2Server?: (credentials: ServerCredentials) => Http2Server;
  };
  const { commonServerOptions } = internals;
  const create = internals.createHttp2Server;
  if (commonServerOptions === undefined || create === undefined) throw unknownGrpc();
  commonServerOptions.settings = {
    ...commonServerOptions.settings,
    initialWindowSize: limits.streamWindowBytes,
  };
  let connections = 0;
  internals.createHttp2Server = (credentials): Http2Server => {
    const http2Server = create.call(server, credentials);
    http2Server.prependListener('session', (session) => {
      connections++;
      session.once('close', () => connections--);
      if (connections > limits.connectionsMax) {
        observer.connectionRefused();
        session.destroy(undefined, http2.NGHTTP2_ENHANCE_YOUR_CALM);
        return;
      }
      observers.set(session, observer);
      session.setLocalWindowSize(limits.connectionWindowBytes);
    });
    return http2Server;
  };
}

/**
 * Ends the stream of a call at once, without a status. For a client that does not take what it is
 * sent: a status would wait behind it for ever.
 */
export function resetCall(call: object): void {
  // Interceptors wrap the call; the innermost owns the stream.
  let inner = (call as { call?: object }).call as
    | { nextCall?: object; stream?: object }
    | undefined;
  while (inner?.nextCall !== undefined) inner = inner.nextCall as typeof inner;
  if (inner?.stream === undefined) throw unknownGrpc();
  (inner.stream as BaseCall['stream']).close(http2.NGHTTP2_ENHANCE_YOUR_CALM);
}

let patched = false;

function patchCalls(): void {
  if (patched) return;
  const prototype = BaseServerInterceptingCall.prototype as unknown as BaseCall;
  for (const name of ['start', 'sendStatus', 'handleTimeoutHeader', 'decompressMessage'] as const) {
    if (typeof prototype[name] !== 'function') throw unknownGrpc();
  }
  observeCalls(prototype);
  endStreamsOfEndedCalls(prototype);
  ignoreDistantDeadlines(prototype);
  refuseCompression(prototype);
  patched = true;
}

function observerOf(call: BaseCall): CallObserver | undefined {
  const { session } = call.stream;
  return session === undefined ? undefined : observers.get(session);
}

/** grpc-js tells its channelz tracker all that RED metrics need, its own statuses included. */
function observeCalls(prototype: BaseCall): void {
  const start = prototype.start;
  prototype.start = function (this: BaseCall, listener): void {
    const events = observerOf(this)?.started(this.handler.path, this.handler.type);
    if (events !== undefined) {
      this.callEventTracker = {
        addMessageReceived: () => events.messageReceived(),
        addMessageSent: () => events.messageSent(),
        onStreamEnd: () => undefined,
        onCallEnd: ({ code }: { code: number }) => events.ended(code),
      };
    }
    start.call(this, listener);
  };
}

/**
 * After a status, grpc-js drops what the client goes on sending, without telling it to stop. A
 * client that does not look would push for ever: its stream is closed behind the trailers.
 */
function endStreamsOfEndedCalls(prototype: BaseCall): void {
  const sendStatus = prototype.sendStatus;
  prototype.sendStatus = function (this: BaseCall, statusObject): void {
    const closeStream = (): void => {
      if (!this.receivedHalfClose && !this.stream.closed) {
        this.stream.close(http2.NGHTTP2_NO_ERROR);
      }
    };
    const ours = observerOf(this) !== undefined;
    if (ours && this.metadataSent) {
      // grpc-js registers its own listener, which sends the trailers, after this one.
      this.stream.once('wantTrailers', () => setImmediate(closeStream));
    }
    const trailersOnly = !this.metadataSent;
    sendStatus.call(this, statusObject);
    if (ours && trailersOnly) setImmediate(closeStream);
  };
}

/** A deadline beyond what a timer can count fails at once in grpc-js; here it is no deadline. */
function ignoreDistantDeadlines(prototype: BaseCall): void {
  const handleTimeoutHeader = prototype.handleTimeoutHeader;
  prototype.handleTimeoutHeader = function (this: BaseCall, header): void {
    const match = /^(\d{1,8})\s*([HMSmun])$/.exec(header.toString());
    const timeoutMs = Number(match?.[1]) * (DEADLINE_UNIT_MS[match?.[2] ?? ''] ?? 0);
    if (timeoutMs > TIMER_MS_MAX) return;
    handleTimeoutHeader.call(this, header);
  };
}

/**
 * Refuses compressed requests: a few tiny ones inflate to gigabytes, and numbers hardly compress.
 */
function refuseCompression(prototype: BaseCall): void {
  const decompressMessage = prototype.decompressMessage;
  prototype.decompressMessage = function (this: BaseCall, message, encoding): unknown {
    if (encoding === 'identity' || observerOf(this) === undefined) {
      return decompressMessage.call(this, message, encoding);
    }
    return Promise.reject({
      code: status.UNIMPLEMENTED,
      details: 'compressed requests are not accepted: send with grpc-encoding identity',
    });
  };
}

function unknownGrpc(): TacetError {
  return new TacetError('ERR_INTERNAL', {
    what: '@grpc/grpc-js is not the version this server was written for',
    fix: 'Install the pinned version: npm ci',
  });
}
