import type { Socket } from 'node:net';
import type { CallEvents, CallType, EndStatus } from './call-events.ts';
import type { CallMetadata } from './call-identity.ts';
import type { CallLog } from './call-log.ts';
import { refusalOf } from './metrics/clients.ts';
import type { HandshakeFailure } from './metrics/connections.ts';
import { type LimitReason, limitOf } from './metrics/limits.ts';
import type { CountedMetrics } from './metrics.ts';

/** Reports every call of a server to metrics and log, and counts the open ones of our services. */
export class ObservedCalls {
  readonly #metrics: CountedMetrics;
  readonly #log: CallLog;
  readonly #prefix: string;
  #open = 0;
  #onNoneOpen: (() => void) | undefined;

  /** @param proto the package whose calls are counted, `tacet.v1` */
  constructor(proto: string, told: { readonly metrics: CountedMetrics; readonly log: CallLog }) {
    this.#metrics = told.metrics;
    this.#log = told.log;
    this.#prefix = `/${proto}.`;
  }

  /** Resolves once no call of the package is open. */
  async noneOpen(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => {
      this.#onNoneOpen = resolve;
    });
  }

  /**
   * A call of `path` (`/package.Service/Method`), an existing method, began. Returns the receiver
   * of its further events. Nothing in the metadata has been checked.
   */
  started(path: string, type: CallType, metadata: CallMetadata): CallEvents {
    const events = this.#metrics.calls.started(path, type);
    const { startMs } = events;
    const { client } = metadata;
    const isCounted = path.startsWith(this.#prefix);
    if (isCounted) this.#open++;
    return {
      ...events,
      ended: (sent) => {
        const { code, details } = sent;
        const limit = limitOf(sent);
        const refusal = refusalOf(sent);
        events.ended(sent);
        this.#metrics.clients.ended(client, sent);
        if (limit !== undefined) this.#metrics.limits.count(limit);
        this.#log.ended({ path, metadata, startMs, code, details, limit, refusal });
        if (isCounted && --this.#open === 0) this.#onNoneOpen?.();
      },
    };
  }

  /** A call was refused before anybody looked whether there is such a method. */
  refused(sent: EndStatus, metadata: CallMetadata): void {
    this.#metrics.clients.ended(undefined, sent);
    this.#log.refused(refusalOf(sent) ?? '', metadata);
  }

  /** A call failed for a reason that its client is not told. */
  failed(metadata: CallMetadata, error: unknown): void {
    this.#log.failed(metadata, error);
  }

  /** A connection was opened; the socket counts its bytes. */
  connectionOpened(socket: Socket): void {
    this.#metrics.connections.opened(socket);
  }

  /**
   * A limit ended a connection or stream without a status; `metadata` is that of the call, if any.
   */
  limited(limit: LimitReason, metadata?: CallMetadata): void {
    this.#metrics.limits.count(limit);
    this.#log.limited(limit, metadata);
  }

  /** The TLS handshake of a connection failed; `code` is what OpenSSL calls it, if it does. */
  handshakeFailed(reason: HandshakeFailure, code?: string): void {
    this.#metrics.connections.handshakeFailed(reason);
    this.#log.handshakeFailed(reason, code);
  }

  /** A connection was closed because its client broke HTTP/2 or TLS. */
  protocolBroken(): void {
    this.#metrics.connections.protocolBroken();
    this.#log.protocolBroken();
  }
}
