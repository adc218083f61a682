import { Counter, Gauge, type Registry } from 'prom-client';

/** What is read from a socket; both counts only grow, and stay readable after it is closed. */
export interface ObservedSocket {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  once(event: 'close', listener: () => void): unknown;
}

/** Connections of the gRPC port, and the bytes that went over them, headers and frames included. */
export class ConnectionMetrics {
  readonly #open = new Set<ObservedSocket>();
  /** Bytes of the connections that are closed. */
  #closedReceived = 0;
  #closedSent = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    const bytes = (name: string, help: string, sum: () => number): void => {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(sum());
        },
      });
    };
    const open = this.#open;
    new Gauge({
      name: 'tacet_connections',
      help: 'Connections of the gRPC port that are open.',
      registers,
      collect() {
        this.set(open.size);
      },
    });
    bytes('tacet_received_bytes_total', 'Bytes received on the gRPC port.', () =>
      [...open].reduce((sum, { bytesRead }) => sum + bytesRead, this.#closedReceived),
    );
    bytes('tacet_sent_bytes_total', 'Bytes sent from the gRPC port.', () =>
      [...open].reduce((sum, { bytesWritten }) => sum + bytesWritten, this.#closedSent),
    );
  }

  opened(socket: ObservedSocket): void {
    this.#open.add(socket);
    socket.once('close', () => {
      if (!this.#open.delete(socket)) return;
      this.#closedReceived += socket.bytesRead;
      this.#closedSent += socket.bytesWritten;
    });
  }
}
