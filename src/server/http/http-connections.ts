import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { peerOf } from '../../rpc/connections/handshake.ts';

interface Limit {
  /** Connections at once. */
  readonly max: number;
  /** Whether the server speaks TLS, over TCP. */
  readonly isEncrypted: boolean;
  /** Called for every connection that is closed for the maximum. */
  onClosed(): void;
}

/**
 * Keeps a server at `max` connections: the oldest that asks nothing makes room for a new one. A
 * client that asks again before it has its answer is cut off: Node would begin all that it asks,
 * and keep the answers that it does not read.
 */
export function limitConnections(server: Server, { max, isEncrypted, onClosed }: Limit): void {
  // Of what is encrypted, a connection has one socket and its requests another.
  const keyOf = (socket: Socket): Socket | string => (isEncrypted ? peerOf(socket) : socket);
  /** Oldest first, and whether it is being answered. */
  const open = new Map<Socket | string, { readonly socket: Socket; isAnswered: boolean }>();
  server.on('connection', (socket) => {
    const key = keyOf(socket);
    open.set(key, { socket, isAnswered: false });
    socket.once('close', () => {
      if (open.get(key)?.socket === socket) open.delete(key);
    });
    if (open.size <= max) return;
    // The newest has asked nothing yet.
    for (const [oldest, { socket, isAnswered }] of open) {
      if (isAnswered) continue;
      socket.destroy();
      open.delete(oldest);
      return onClosed();
    }
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(keyOf(socket));
    if (connection?.isAnswered !== false) {
      socket.destroy();
      return;
    }
    connection.isAnswered = true;
    response.once('close', () => {
      connection.isAnswered = false;
    });
  });
}
