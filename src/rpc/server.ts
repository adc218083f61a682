import { lookup } from 'node:dns/promises';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import { Server } from '@grpc/grpc-js';
import type { ObservedCalls } from '../observe/observed-calls.ts';
import type { Address } from '../options/values.ts';
import type { Authentication } from './authentication.ts';
import { HeaderMetadata, type Incoming, type Method } from './call.ts';
import { RESETS_WITHIN_MS } from './connections/connection.ts';
import { type ConnectionLimits, Connections } from './connections/connections.ts';
import { openHttp2Server } from './connections/http2-server.ts';
import { listenAt, listenOn } from './connections/listen.ts';
import { tlsFront } from './connections/tls-front.ts';
import { DeadlineWatch } from './deadline.ts';
import { FOREIGN_MESSAGE_BYTES_MAX, ForeignCalls } from './foreign-calls.ts';
import type { MessageBuffers } from './message-buffers.ts';
import { MetadataCheck, type MetadataLimits } from './metadata-check.ts';
import { Router, refuse } from './router.ts';
import { StallWatch } from './stall-watch.ts';
import { statusOf } from './status.ts';
import type { ServerCertificate } from './tls/server-certificate.ts';

/** Limits of the server; bytes and milliseconds. */
interface RpcLimits extends ConnectionLimits, MetadataLimits {
  readonly messageBytesMax: number;
  readonly streamWindowBytes: number;
  readonly streamsPerConnectionMax: number;
  /** Other servers may listen on the same port. */
  readonly reusePort: boolean;
  /** Permission bits of a socket of the file system. */
  readonly listenMode: number;
  /** 0 = no maximum age. */
  readonly connectionAgeMs: number;
  readonly connectionAgeGraceMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  /** How long a client may leave an answer unread before its stream is reset. */
  readonly streamStallMaxMs: number;
}

/** What a server is built from. */
interface RpcParts {
  /** Tells who calls; undefined if anybody may. */
  readonly authentication?: Authentication | undefined;
  /** Loads the service of a call that grpc-js is to answer; undefined if it is there. */
  readonly load?: ((path: string) => Promise<void> | undefined) | undefined;
  /** Notified of every call. */
  readonly observer: ObservedCalls;
  /** Messages are read into these; a method may give one back once it has been read. */
  readonly buffers: MessageBuffers;
  readonly methods: readonly Method[];
}

/** What the event 'stream' gives. */
type OpenedStream = [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
];

/** The default of 16 KiB splits a message of 64 KiB, each part with costs of its own. */
const FRAME_BYTES_MAX = 1024 * 1024;
/** nghttp2 itself cuts off what is this many times our own limit. */
const HARD_LIMIT = 4;

/**
 * A gRPC server. It answers calls of `methods` itself; grpc-js manages the sessions, their pings
 * and their age, and answers the services added to `grpc`.
 */
export class RpcServer {
  /** For the services that come from packages: health and reflection. */
  readonly grpc: Server;
  readonly #limits: RpcLimits;
  readonly #observer: ObservedCalls;
  readonly #connections: Connections;
  readonly #foreign: ForeignCalls;
  readonly #router: Router;
  readonly #metadata: MetadataCheck;
  readonly #authentication: Authentication | undefined;
  readonly #load: NonNullable<RpcParts['load']>;
  /** What listens in front of an HTTP/2 server that does not; grpc-js does not close these. */
  readonly #fronts: NetServer[] = [];

  constructor(limits: RpcLimits, parts: RpcParts) {
    const { observer, buffers, methods, load, authentication } = parts;
    const { messageBytesMax } = limits;
    const stalls = new StallWatch(limits.streamStallMaxMs, (metadata) =>
      observer.limited('stream-stall', metadata),
    );
    const deadlines = new DeadlineWatch();
    this.#limits = limits;
    this.#authentication = authentication;
    this.#load = load ?? (() => undefined);
    this.#observer = observer;
    this.#connections = new Connections(limits, observer);
    this.#metadata = new MetadataCheck(limits);
    this.#foreign = new ForeignCalls({ observer, stalls });
    this.#router = new Router(methods, { observer, buffers, stalls, deadlines, messageBytesMax });
    this.grpc = new Server({
      'grpc.max_receive_message_length': FOREIGN_MESSAGE_BYTES_MAX,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': limits.streamsPerConnectionMax,
      ...(limits.connectionAgeMs > 0 && {
        'grpc.max_connection_age_ms': limits.connectionAgeMs,
        'grpc.max_connection_age_grace_ms': limits.connectionAgeGraceMs,
      }),
      'grpc.keepalive_time_ms': limits.keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
      'grpc.enable_channelz': 0,
      interceptors: [this.#foreign.interceptor],
    });
  }

  /**
   * Listens on every address of a host, or at a path; port 0 is any free one. Resolves with the
   * port if at least one address works, otherwise rejects with the system's error.
   *
   * @param certificate encrypts ports; a socket of the file system stays plain. Default none
   */
  async listen(address: Address, certificate?: ServerCertificate): Promise<number> {
    const { reusePort, listenMode } = this.#limits;
    if ('path' in address) {
      await listenAt(this.#openPort(), address.path, listenMode);
      return 0;
    }
    const { host, port } = address;
    let bound: number | undefined;
    let failure: unknown;
    for (const { address } of await lookup(host, { all: true })) {
      try {
        const wanted = { host: address, port: bound ?? port, reusePort };
        bound = await listenOn(this.#openPort(certificate), wanted);
      } catch (error) {
        failure ??= error;
      }
    }
    if (bound === undefined) throw failure;
    return bound;
  }

  /** What is to listen. */
  #openPort(certificate?: ServerCertificate): NetServer {
    const http2 = this.#open();
    if (certificate === undefined) {
      http2.on('connection', (socket: Socket) => this.#observer.connectionOpened(socket));
      return http2;
    }
    const [connections, observer] = [this.#connections, this.#observer];
    const front = tlsFront(http2, { certificate, connections, observer });
    this.#fronts.push(front);
    return front;
  }

  #open(): Http2Server {
    const { metadataEntriesMax, streamResetsMax } = this.#limits;
    const { server, handOver } = openHttp2Server(this.grpc, {
      // What is more than the limit, but not this much, is refused with a status.
      maxHeaderListPairs: metadataEntriesMax * HARD_LIMIT,
      // Later than our own limit, which is told of. Ignored by Node before 22.10.
      streamResetBurst: streamResetsMax * HARD_LIMIT,
      streamResetRate: Math.ceil((streamResetsMax * HARD_LIMIT * 1000) / RESETS_WITHIN_MS),
    });
    server.updateSettings({
      initialWindowSize: this.#limits.streamWindowBytes,
      maxFrameSize: FRAME_BYTES_MAX,
      maxHeaderListSize: this.#limits.metadataBytesMax * HARD_LIMIT,
    });
    server.prependListener('session', (session) => this.#connections.opened(session));
    server.on('sessionError', (error) => this.#connections.broke(error));
    const opened = (...[stream, headers, flags, rawHeaders]: OpenedStream): void => {
      this.#connections.streamOpened(stream);
      if (stream.closed) {
        // Opened and reset in one packet: there is nobody to answer.
        stream.on('error', () => undefined);
        return;
      }
      const excess = this.#metadata.excessOf(rawHeaders);
      if (excess !== undefined) {
        this.#observer.limited('metadata', new HeaderMetadata(headers));
        return refuse(stream, excess);
      }
      const incoming = this.#identified({ stream, headers });
      const { refusal } = incoming;
      if (refusal !== undefined && !this.#router.has(headers[':path'] ?? '')) {
        this.#observer.refused(refusal, new HeaderMetadata(headers));
        return refuse(stream, refusal);
      }
      if (this.#router.take(incoming)) return;
      const take = (): void => this.#foreign.take(incoming, () => handOver(stream, headers, flags));
      const loaded = this.#load(headers[':path'] ?? '');
      if (loaded === undefined) take();
      else loaded.then(take, (error) => refuse(stream, statusOf(error)));
    };
    server.on('stream', opened);
    return server;
  }

  /** Finds out who calls, where that is asked. */
  #identified(incoming: Incoming): Incoming {
    const authentication = this.#authentication;
    const { stream, headers } = incoming;
    if (authentication?.isOpen(headers[':path'] ?? '') !== false) return incoming;
    try {
      return { ...incoming, caller: authentication.callerOf(stream, headers) };
    } catch (error) {
      return { ...incoming, refusal: statusOf(error) };
    }
  }

  /** Ends the calls answered by grpc-js whose callers are no longer known. */
  reconsider(): void {
    const authentication = this.#authentication;
    if (authentication !== undefined) {
      this.#foreign.reconsider((caller) => authentication.again(caller));
    }
  }

  /** Serves a connection that was accepted elsewhere. */
  adopt(socket: Socket): void {
    this.#open().emit('connection', socket);
  }

  /**
   * Stops taking calls. Resolves once those under way have ended and all connections are closed.
   */
  drain(): Promise<void> {
    this.#closeFronts();
    return new Promise((resolve) => this.grpc.tryShutdown(() => resolve()));
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#closeFronts();
    this.grpc.forceShutdown();
    this.#connections.destroy();
  }

  #closeFronts(): void {
    for (const front of this.#fronts.splice(0)) front.close();
    this.#connections.dropHandshakes();
  }
}
