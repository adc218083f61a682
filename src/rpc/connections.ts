import {
  type Http2Session,
  constants as http2,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { ObservedCalls } from '../observe/observed-calls.ts';

/** Limits of connections; bytes and milliseconds. */
export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly connectionWindowBytes: number;
  /** A connection without a call for this long is closed. */
  readonly connectionIdleMs: number;
}

/** The open connections of a server: refuses those beyond the maximum and closes idle ones. */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #observer: ObservedCalls;
  readonly #open = new Map<Http2Session, Connection>();

  constructor(limits: ConnectionLimits, observer: ObservedCalls) {
    this.#limits = limits;
    this.#observer = observer;
  }

  /** Registers a new connection, before grpc-js handles it. */
  opened(session: ServerHttp2Session): void {
    const { connectionsMax, connectionWindowBytes, connectionIdleMs } = this.#limits;
    const connection = new Connection(session, connectionIdleMs);
    this.#open.set(session, connection);
    session.once('close', () => {
      connection.ended();
      this.#open.delete(session);
    });
    if (this.#open.size <= connectionsMax) {
      session.setLocalWindowSize(connectionWindowBytes);
      return;
    }
    this.#observer.connectionRefused();
    // Not at once: grpc-js' own listener runs after this one and needs a live session. No frame is
    // read before then.
    setImmediate(() => session.destroy(undefined, http2.NGHTTP2_ENHANCE_YOUR_CALM));
  }

  /** A stream of any service was opened. */
  streamOpened(stream: ServerHttp2Stream): void {
    const { session } = stream;
    if (session !== undefined) this.#open.get(session)?.streamOpened(stream);
  }

  /** Destroys all connections at once: an open stream would keep the process alive. */
  destroy(): void {
    for (const session of this.#open.keys()) session.destroy(undefined, http2.NGHTTP2_CANCEL);
  }
}

/** One connection, closed once it has had no stream for `idleMaxMs`. */
class Connection {
  readonly #session: ServerHttp2Session;
  readonly #idleMaxMs: number;
  #streams = 0;
  #idleSinceMs = performance.now();
  #timer: NodeJS.Timeout;
  readonly #streamClosed = (): void => {
    if (--this.#streams === 0) this.#idleSinceMs = performance.now();
  };

  constructor(session: ServerHttp2Session, idleMaxMs: number) {
    this.#session = session;
    this.#idleMaxMs = idleMaxMs;
    this.#timer = this.#lookIn(idleMaxMs);
  }

  streamOpened(stream: ServerHttp2Stream): void {
    this.#streams++;
    stream.once('close', this.#streamClosed);
  }

  ended(): void {
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    const idleMs = this.#streams > 0 ? 0 : performance.now() - this.#idleSinceMs;
    if (idleMs >= this.#idleMaxMs) this.#session.close();
    else this.#timer = this.#lookIn(this.#idleMaxMs - idleMs);
  }
}
