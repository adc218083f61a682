import { constants as http2, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { ObservedCalls } from '../../observe/observed-calls.ts';
import { Connection, type Ending, type SessionLimits } from './connection.ts';

/** Limits of connections; bytes and milliseconds. */
export interface ConnectionLimits extends SessionLimits {
  readonly connectionsMax: number;
  readonly connectionWindowBytes: number;
}

/** What Node says of a client that breaks HTTP/2, rather than of a broken line. */
const PROTOCOL_ERRORS: ReadonlySet<string | undefined> = new Set([
  'ERR_HTTP2_ERROR',
  'ERR_HTTP2_TOO_MANY_INVALID_FRAMES',
]);

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
  readonly #open = new Map<ServerHttp2Session, Connection>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: ConnectionLimits, observer: ObservedCalls) {
    this.#limits = limits;
    this.#observer = observer;
  }

  /** Registers a new connection, before grpc-js handles it. */
  opened(session: ServerHttp2Session): void {
    const { connectionsMax, connectionWindowBytes } = this.#limits;
    this.#open.set(session, new Connection(session, this.#limits));
    session.once('close', () => this.#open.delete(session));
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    if (this.#open.size > connectionsMax) this.#end(this.#oldestWithoutCall(), 'connections');
    if (this.#open.has(session)) session.setLocalWindowSize(connectionWindowBytes);
  }

  /** It may be the newest, which has made none yet. */
  #oldestWithoutCall(): ServerHttp2Session | undefined {
    for (const [session, { hasCalled }] of this.#open) if (!hasCalled) return session;
    return undefined;
  }

  /** A stream of any service was opened. */
  streamOpened(stream: ServerHttp2Stream): void {
    // The session of a server's stream is a server's.
    const session = stream.session as ServerHttp2Session | undefined;
    const connection = session && this.#open.get(session);
    if (connection === undefined) return;
    connection.streamOpened();
    stream.once('close', () => this.#end(session, connection.streamClosed(stream)));
  }

  /** A connection was ended by Node because of what came over it. */
  broke(error: Error & { readonly code?: string }): void {
    if (PROTOCOL_ERRORS.has(error.code)) this.#observer.protocolBroken();
  }

  #end(session: ServerHttp2Session | undefined, ending: Ending | 'connections' | undefined): void {
    if (session === undefined || ending === undefined) return;
    if (ending === 'idle') return session.close();
    // From now on it does not count.
    if (!this.#open.delete(session)) return;
    if (ending === 'protocol') this.#observer.protocolBroken();
    else this.#observer.limited(ending);
    // Not at once: grpc-js' own listener runs after `opened` and needs a live session, and Node
    // 20.20 writes without end if a session is destroyed while nghttp2 reads.
    setImmediate(() => session.destroy(undefined, http2.NGHTTP2_ENHANCE_YOUR_CALM));
  }

  #look(): void {
    const nowMs = performance.now();
    for (const [session, connection] of this.#open) {
      if (!session.destroyed) this.#end(session, connection.look(nowMs));
    }
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Destroys all connections at once: an open stream would keep the process alive. */
  destroy(): void {
    clearInterval(this.#timer);
    for (const session of this.#open.keys()) session.destroy(undefined, http2.NGHTTP2_CANCEL);
  }
}
