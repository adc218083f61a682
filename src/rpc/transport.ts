import {
  type Http2Server,
  constants as http2,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Server, type ServerCredentials } from '@grpc/grpc-js';
import {
  type CallObserver,
  patchCalls,
  type Tuning,
  tunings,
  unknownGrpc,
} from './call-patches.ts';
import type { MessageBuffers } from './message-buffers.ts';
import { answerQuickly, isPlainCall, type QuickMethod } from './quick-call.ts';
import { StallWatch } from './stall-watch.ts';

/**
 * grpc-js as Tacet needs it: flow-control windows that fit the message size, limits on connections
 * and streams, and calls patched by call-patches.ts. What has no public option is reached in these two
 * modules only, checked at start-up, and limited to the servers made by this one; the version
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
  /** How long a client may leave the end of a call unread before its stream is reset. */
  readonly streamStallMaxMs: number;
}

/** The open connections of each server made here. */
const connectionsOf = new WeakMap<Server, Set<ServerHttp2Session>>();

/** What a server works with. */
export interface TransportParts {
  /** Is told of every call. */
  readonly observer: CallObserver;
  /** Messages come in these, and whoever has read one may give it back. */
  readonly buffers: MessageBuffers;
  /** Methods whose plain calls are answered without grpc-js. */
  readonly quickMethods: readonly QuickMethod[];
}

/** Makes a gRPC server with the limits in force. */
export function createServer(
  limits: TransportLimits,
  { observer, buffers, quickMethods }: TransportParts,
): Server {
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
  const tuning = {
    observer,
    buffers,
    stalls: new StallWatch(limits.streamStallMaxMs, (metadata) => observer.streamStalled(metadata)),
  };
  tuneSessions(server, limits, tuning);
  answerQuickMethods(server, limits, { tuning, quickMethods });
  return server;
}

/** Raises the windows and bounds the connections of each HTTP/2 server that `server` opens. */
function tuneSessions(server: Server, limits: TransportLimits, tuning: Tuning): void {
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
  const connections = new Set<ServerHttp2Session>();
  connectionsOf.set(server, connections);
  internals.createHttp2Server = (credentials): Http2Server => {
    const http2Server = create.call(server, credentials);
    http2Server.on('connection', (socket: Socket) => tuning.observer.connectionOpened(socket));
    http2Server.prependListener('session', (session) => {
      connections.add(session);
      session.once('close', () => connections.delete(session));
      if (connections.size > limits.connectionsMax) {
        tuning.observer.connectionRefused();
        // Not at once: grpc-js' own listener comes after this one and wants a live session. No
        // frame is read before.
        setImmediate(() => session.destroy(undefined, http2.NGHTTP2_ENHANCE_YOUR_CALM));
        return;
      }
      tunings.set(session, tuning);
      session.setLocalWindowSize(limits.connectionWindowBytes);
    });
    return http2Server;
  };
}

/** Takes the plain calls of some methods before grpc-js sees them. */
function answerQuickMethods(
  server: Server,
  { messageBytesMax }: TransportLimits,
  { tuning, quickMethods }: { tuning: Tuning; quickMethods: readonly QuickMethod[] },
): void {
  const internals = server as unknown as {
    _streamHandler?: StreamHandler;
    onStreamOpened?: (stream: ServerHttp2Stream) => void;
  };
  const handleStream = internals._streamHandler;
  const { onStreamOpened } = internals;
  if (handleStream === undefined || onStreamOpened === undefined) throw unknownGrpc();
  const methods = new Map(quickMethods.map((method) => [method.path, method]));
  internals._streamHandler = (interceptors, stream, headers): void => {
    const method = methods.get(headers[':path'] ?? '');
    if (method === undefined || !isPlainCall(headers)) {
      handleStream.call(server, interceptors, stream, headers);
      return;
    }
    // As grpc-js does: the error of a stream comes with its close, and an idle connection is not.
    stream.on('error', () => undefined);
    onStreamOpened.call(server, stream);
    answerQuickly({ stream, headers }, method, { tuning, messageBytesMax });
  };
}

type StreamHandler = (
  interceptors: unknown[],
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
) => void;

/**
 * Ends all connections of a server at once. grpc-js' own `forceShutdown` knows of none unless its
 * channelz is on; an open stream would keep the process alive.
 */
export function destroyConnections(server: Server): void {
  for (const session of connectionsOf.get(server) ?? []) {
    session.destroy(undefined, http2.NGHTTP2_CANCEL);
  }
}
