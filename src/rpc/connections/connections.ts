import { constants as http2, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { ObservedCalls } from '../../observe/observed-calls.ts';
import { Connection, type Ending, type SessionLimits } from './connection.ts';
import { Handshake, peerOf } from './handshake.ts';

/** Limits of connections; bytes and milliseconds. */
export interface ConnectionLimits extends SessionLimits {
  readonly connectionsMax: number;
  readonly connectionWindowBytes: number;
}

/** What Node says of a client that breaks HTTP/2 or TLS, rather than of a broken line. */
const PROTOCOL_ERRORS = /^(ERR_HTTP2_ERROR|ERR_HTTP2_TOO_MANY_INVALID_FRAMES|ERR_SSL_\w+)$/;

/** How often each connection is looked at. */
const LOOK_MS = 500;

/**
 * The open connections of a server. Closes those that are idle, dead or break HTTP/2. At the
 * maximum the oldest that never made a call makes room for a new one; if all have, the new one is
 * refused.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #observer: ObservedCalls;
  /** Oldest first. A handshake by its peer, until it has a session. */
  readonly #open = new Map<ServerHttp2Session | string, Connection | Handshake>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: ConnectionLimits, observer: ObservedCalls) {
    this.#limits = limits;
    this.#observer = observer;
  }

  /** Registers a new connection, before grpc-js handles it. */
  opened(session: ServerHttp2Session): void {
    this.#hold(session, new Connection(session, this.#limits));
    session.once('close', () => this.#open.delete(session));
    const { connectionWindowBytes } = this.#limits;
    if (this.#open.has(session)) session.setLocalWindowSize(connectionWindowBytes);
  }

  /** A connection has to make its TLS handshake first. */
  handshakeBegan(socket: Socket): void {
    const peer = peerOf(socket);
    const handshake = new Handshake(socket, this.#limits.headerTimeoutMs);
    this.#hold(peer, handshake);
    socket.once('close', () => {
      if (this.#open.get(peer) === handshake) this.#open.delete(peer);
    });
  }

  /** It has made it, or failed. */
  handshakeEnded(socket: Socket): void {
    this.#open.delete(peerOf(socket));
  }

  #hold(key: ServerHttp2Session | string, connection: Connection | Handshake): void {
    this.#open.set(key, connection);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    if (this.#open.size > this.#limits.connectionsMax) {
      this.#end(this.#oldestWithoutCall(), 'connections');
    }
  }

  /** It may be the newest, which has made none yet. */
  #oldestWithoutCall(): ServerHttp2Session | string | undefined {
    for (const [key, { hasCalled }] of this.#open) if (!hasCalled) return key;
    return undefined;
  }

  /** A stream of any service was opened. */
  streamOpened(stream: ServerHttp2Stream): void {
    // The session of a server's stream is a server's.
    const session = stream.session as ServerHttp2Session | undefined;
    const connection = session && this.#open.get(session);
    if (!(connection instanceof Connection)) return;
    connection.streamOpened();
    stream.once('close', () => this.#end(session, connection.streamClosed(stream)));
  }

  /** A connection was ended by Node because of what came over it. */
  broke(error: Error & { readonly code?: string }): void {
    if (PROTOCOL_ERRORS.test(error.code ?? '')) this.#observer.protocolBroken();
  }

  #end(
    key: ServerHttp2Session | string | undefined,
    ending: Ending | 'connections' | undefined,
  ): void {
    if (key === undefined || ending === undefined) return;
    const connection = this.#open.get(key);
    if (connection === undefined) return;
    if (ending === 'idle') return connection.close();
    // From now on it does not count.
    this.#open.delete(key);
    if (ending === 'protocol') this.#observer.protocolBroken();
    else this.#observer.limited(ending);
    // Not at once: grpc-js' own listener runs after `opened` and needs a live session, and Node
    // 20.20 writes without end if a session is destroyed while nghttp2 reads.
    setImmediate(() => connection.destroy(http2.NGHTTP2_ENHANCE_YOUR_CALM));
  }

  #look(): void {
    const nowMs = performance.now();
    for (const [key, connection] of this.#open) this.#end(key, connection.look(nowMs));
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends the handshakes under way: what comes of them would be taken by nobody. */
  dropHandshakes(): void {
    for (const [key, connection] of this.#open) {
      if (!(connection instanceof Handshake)) continue;
      this.#open.delete(key);
      connection.destroy();
    }
  }

  /** Destroys all connections at once: an open stream would keep the process alive. */
  destroy(): void {
    clearInterval(this.#timer);
    for (const connection of this.#open.values()) connection.destroy(http2.NGHTTP2_CANCEL);
  }
}
