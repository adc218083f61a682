import { constants as http2, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { readAgain } from './http2-server.ts';

/** Limits of one connection. */
export interface SessionLimits {
  /** For its first bytes, the headers of its first call, and the answer to a ping before that. */
  readonly headerTimeoutMs: number;
  /** Without a call for this long it is closed. */
  readonly connectionIdleMs: number;
  /** How many calls may be cancelled within {@link RESETS_WITHIN_MS}. */
  readonly streamResetsMax: number;
}

/** Why a connection is to be closed. */
export type Ending = 'header-timeout' | 'idle' | 'protocol' | 'stream-resets';

/** nghttp2's own limit, which is the same in every version: 1,000, and 33 more a second. */
export const RESETS_WITHIN_MS = 30_000;
/** How the server itself resets a stream: after its status, and for a limit. */
const OWN_RESETS: ReadonlySet<number> = new Set([
  http2.NGHTTP2_NO_ERROR,
  http2.NGHTTP2_ENHANCE_YOUR_CALM,
]);

/** One connection: what it does, and whether that lets it stay. */
export class Connection {
  readonly #session: ServerHttp2Session;
  readonly #limits: SessionLimits;
  /** The client has sent its settings, the first thing it has to. */
  #isGreeted = false;
  #hasCalled = false;
  #streams = 0;
  /** When it was opened, or its last call ended; ms of the process' clock, as all here. */
  #idleSinceMs = performance.now();
  #bytesRead = 0;
  /** When a ping was sent that is not answered yet. */
  #pingedMs: number | undefined;
  #resetsLeft: number;
  #resetsAtMs = 0;

  constructor(session: ServerHttp2Session, limits: SessionLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#resetsLeft = limits.streamResetsMax;
    session.once('remoteSettings', () => {
      this.#isGreeted = true;
    });
  }

  /** Whether it has ever made a call. */
  get hasCalled(): boolean {
    return this.#hasCalled;
  }

  streamOpened(): void {
    this.#hasCalled = true;
    this.#streams++;
  }

  /** Returns 'stream-resets' if the client has cancelled too many calls. */
  streamClosed({ rstCode }: ServerHttp2Stream): Ending | undefined {
    const nowMs = performance.now();
    if (--this.#streams === 0) this.#idleSinceMs = nowMs;
    if (OWN_RESETS.has(rstCode)) return undefined;
    const { streamResetsMax } = this.#limits;
    const regained = ((nowMs - this.#resetsAtMs) / RESETS_WITHIN_MS) * streamResetsMax;
    this.#resetsLeft = Math.min(streamResetsMax, this.#resetsLeft + regained) - 1;
    this.#resetsAtMs = nowMs;
    return this.#resetsLeft < 0 ? 'stream-resets' : undefined;
  }

  /** Lets its calls end, and takes no more. */
  close(): void {
    this.#session.close();
  }

  /** Ends it and its calls, with a code of HTTP/2. */
  destroy(code: number): void {
    this.#session.destroy(undefined, code);
  }

  /** Called every so often; returns why it must not stay, if so. */
  look(nowMs: number): Ending | undefined {
    if (this.#session.destroyed) return undefined;
    const { headerTimeoutMs, connectionIdleMs } = this.#limits;
    const idleMs = this.#streams > 0 ? 0 : nowMs - this.#idleSinceMs;
    if (!this.#isGreeted) return idleMs >= headerTimeoutMs ? 'header-timeout' : undefined;
    if (idleMs >= connectionIdleMs) return 'idle';
    if (this.#pingedMs !== undefined) return this.#unanswered(nowMs, this.#pingedMs);
    this.#probe(nowMs);
    return undefined;
  }

  /** Pings a client that has sent something. */
  #probe(nowMs: number): void {
    const { bytesRead } = this.#session.socket;
    if (bytesRead === this.#bytesRead) return;
    this.#pingedMs = nowMs;
    this.#session.ping(() => {
      this.#pingedMs = undefined;
      // The answer itself is nothing to ping for.
      if (!this.#session.destroyed) this.#bytesRead = this.#session.socket.bytesRead;
    });
  }

  #unanswered(nowMs: number, pingedMs: number): Ending | undefined {
    const session = this.#session;
    // Node reads nothing more from a client that broke HTTP/2, so it would not see it leave.
    readAgain(session);
    // Nor does it send anything, the ping included.
    const isDead = this.#streams === 0 && (session.state.outboundQueueSize ?? 0) > 0;
    if (isDead) return 'protocol';
    const isLate = !this.#hasCalled && nowMs - pingedMs >= this.#limits.headerTimeoutMs;
    return isLate ? 'header-timeout' : undefined;
  }
}
