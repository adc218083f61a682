import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { counter, gauge } from './scraped.ts';

/** Connections of the gRPC port, and the bytes that went over them, headers and frames included. */
export class ConnectionMetrics {
  /** Their counts of bytes only grow, and stay readable after they are closed. */
  readonly #open = new Set<Socket>();
  /** Bytes of the connections that are closed. */
  #closedReceived = 0;
  #closedSent = 0;
  #broken = 0;

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
      help: 'Connections of the gRPC port that were closed because their client broke HTTP/2.',
    };
    counter(registry, broken, () => this.#broken);
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
