import type { Socket } from 'node:net';

/** A connection whose TLS handshake is under way: it makes no calls, and has to get on with it. */
export class Handshake {
  readonly hasCalled = false;
  readonly #socket: Socket;
  readonly #endsMs: number;

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#endsMs = performance.now() + timeoutMs;
  }

  /** Returns 'header-timeout' if it takes too long, however much was sent. */
  look(nowMs: number): 'header-timeout' | undefined {
    return nowMs >= this.#endsMs ? 'header-timeout' : undefined;
  }

  /** There is nothing to wait for. */
  close(): void {
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/**
 * Tells the connections of a port apart, encrypted or not: Node has a socket of its own for what is
 * encrypted, and does not say over which it goes.
 */
export function peerOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
