import type { Socket } from 'node:net';
import { Counter, type Registry } from 'prom-client';
import { counter, gauge } from './scraped.ts';

/** Why a TLS handshake of the gRPC port failed. */
const HANDSHAKE_FAILURES = [
  'cipher', // the client has none that is safe
  'client-certificate', // it does not verify against --tls-client-ca
  'no-http2', // the client does not offer h2 by ALPN
  'plain-text', // what came is no TLS
  'refused-by-client', // the client does not take the server's certificate
  'version', // the client has nothing newer than TLS 1.1
  'other',
] as const;

export type HandshakeFailure = (typeof HANDSHAKE_FAILURES)[number];

/** Connections of the gRPC port, and the bytes that went over them, headers and frames included. */
export class ConnectionMetrics {
  /** Their counts of bytes only grow, and stay readable after they are closed. */
  readonly #open = new Set<Socket>();
  /** Bytes of the connections that are closed. */
  #closedReceived = 0;
  #closedSent = 0;
  #broken = 0;
  readonly #handshakes: Counter<'reason'>;

  constructor(registry: Registry) {
    const open = { name: 'tacet_connections', help: 'Connections of the gRPC port that are open.' };
    gauge(registry, open, () => this.#open.size);
    const received = {
      name: 'tacet_received_bytes_total',
      help: 'Bytes received on the gRPC port.',
    };
    counter(registry, received, () =>
      [...this.#open].reduce((sum, { bytesRead }) => sum + bytesRead, this.#closedReceived),
    );
    const sent = { name: 'tacet_sent_bytes_total', help: 'Bytes sent from the gRPC port.' };
    counter(registry, sent, () =>
      [...this.#open].reduce((sum, { bytesWritten }) => sum + bytesWritten, this.#closedSent),
    );
    const broken = {
      name: 'tacet_protocol_errors_total',
      help: 'Connections of the gRPC port closed because their client broke HTTP/2 or TLS.',
    };
    counter(registry, broken, () => this.#broken);
    this.#handshakes = new Counter({
      name: 'tacet_tls_handshake_failures_total',
      help: 'Connections of the gRPC port whose TLS handshake failed, by reason.',
      labelNames: ['reason'],
      registers: [registry],
    });
    for (const reason of HANDSHAKE_FAILURES) this.#handshakes.inc({ reason }, 0);
  }

  handshakeFailed(reason: HandshakeFailure): void {
    this.#handshakes.inc({ reason });
  }

  protocolBroken(): void {
    this.#broken++;
  }

  opened(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => {
      if (!this.#open.delete(socket)) return;
      this.#closedReceived += socket.bytesRead;
      this.#closedSent += socket.bytesWritten;
    });
  }
}
